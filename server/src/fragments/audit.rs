//! Audit log view.

use super::PageContext;
use super::settings_tab::AuditLogQuery;
use crate::audit::{AuditTarget, Entry, Filter};
use watchglass_pages::settings::{AuditLog, AuditRow};

/// Entries per page.
const PAGE_SIZE: usize = 50;

/// Requested page of the audit log.
pub(super) fn audit(context: &PageContext, question: &AuditLogQuery) -> AuditLog {
    let AuditLogQuery { who, what, page } = question;
    let filter = Filter { who: who.clone(), what: *what };
    let skip = page.saturating_sub(1).saturating_mul(PAGE_SIZE);
    let (entries, has_more, problem) = match context.state.audit.read(&filter, skip, PAGE_SIZE) {
        Ok((entries, has_more)) => (entries, has_more, None),
        Err(error) => {
            tracing::error!(%error, "audit log read failed");
            (Vec::new(), false, Some("Cannot read the audit log. See the server log.".to_owned()))
        }
    };
    AuditLog {
        rows: entries.into_iter().map(row).collect(),
        who: who.clone(),
        what: what.map(AuditTarget::name).unwrap_or_default().to_owned(),
        kinds: AuditTarget::ALL.map(AuditTarget::name).to_vec(),
        page: *page,
        has_more,
        problem,
    }
}

fn row(entry: Entry) -> AuditRow {
    AuditRow {
        time: entry.time,
        actor: entry.who,
        credential: entry.by.name(),
        address: entry.address,
        kind: entry.what.name(),
        action: entry.action,
        subject: entry.subject,
        before: entry.from.map(|value| value.to_string()),
        after: entry.to.map(|value| value.to_string()),
    }
}
