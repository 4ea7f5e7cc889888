//! The audit log, page by page.

use super::Visit;
use super::place::LogQuestion;
use crate::audit::{Entry, Filter, What};
use app::fragments::{AuditLog, AuditRow};

/// Entries on a page.
const ON_A_PAGE: usize = 50;

/// The page that is asked for.
pub(super) fn audit(visit: &Visit, question: &LogQuestion) -> AuditLog {
    let LogQuestion { who, what, page } = question;
    let filter = Filter { who: who.clone(), what: *what };
    let skip = page.saturating_sub(1).saturating_mul(ON_A_PAGE);
    let (entries, has_more, problem) = match visit.audit.read(&filter, skip, ON_A_PAGE) {
        Ok((entries, has_more)) => (entries, has_more, None),
        Err(error) => {
            tracing::error!(%error, "the audit log cannot be read");
            (Vec::new(), false, Some("The audit log cannot be read; the server's log says more.".to_owned()))
        }
    };
    AuditLog {
        rows: entries.into_iter().map(row).collect(),
        who: who.clone(),
        what: what.map(What::word).unwrap_or_default().to_owned(),
        kinds: What::ALL.map(What::word).to_vec(),
        page: *page,
        has_more,
        problem,
    }
}

fn row(entry: Entry) -> AuditRow {
    AuditRow {
        time: entry.time,
        who: entry.who,
        by: entry.by.word(),
        address: entry.address,
        what: entry.what.word(),
        deed: entry.deed,
        subject: entry.subject,
        from: entry.from.map(|value| value.to_string()),
        to: entry.to.map(|value| value.to_string()),
    }
}
