//! Audit log view, and its query.

use crate::audit::{AuditTarget, Entry, Filter};
use crate::web::PageContext;
use watchglass_pages::settings::{AuditLog, AuditRow};
use watchglass_pages::ui::{UrlError, parse_query_string};

/// Entries per page.
const PAGE_SIZE: usize = 50;
/// Last page of the audit log.
const MAX_PAGE: usize = 100_000;
/// Maximum length of the name filter, in characters.
const MAX_WHO_CHARS: usize = 100;

/// Filter and page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditLogQuery {
    /// Part of a user name.
    pub(crate) who: String,
    /// Kind of object.
    pub(crate) what: Option<AuditTarget>,
    /// Page number, from 1.
    pub(crate) page: usize,
}

impl Default for AuditLogQuery {
    fn default() -> Self {
        Self { who: String::new(), what: None, page: 1 }
    }
}

impl AuditLogQuery {
    /// Parses the query string.
    ///
    /// # Errors
    /// Invalid parameter.
    pub(crate) fn parse(query: &str) -> Result<Self, UrlError> {
        let fields = parse_query_string(query)?;
        let given = |name: &str| {
            let field = fields.iter().find(|(known, _)| known == name);
            field.map(|(_, value)| value.as_str()).filter(|text| !text.is_empty())
        };
        let what =
            given("what").map(str::parse::<AuditTarget>).transpose().map_err(UrlError::InvalidParameter)?;
        let who = given("who").unwrap_or_default();
        if who.chars().count() > MAX_WHO_CHARS {
            let message = format!("who is too long: at most {MAX_WHO_CHARS} characters are allowed");
            return Err(UrlError::InvalidParameter(message));
        }
        let page = match given("page") {
            None => Some(1),
            Some(text) => text.parse().ok().filter(|page| (1..=MAX_PAGE).contains(page)),
        };
        let page = page.ok_or_else(|| {
            UrlError::InvalidParameter(format!("page must be a whole number from 1 to {MAX_PAGE}"))
        })?;
        Ok(Self { who: who.to_owned(), what, page })
    }
}

/// Requested page of the audit log.
pub(crate) fn audit(context: &PageContext, question: &AuditLogQuery) -> AuditLog {
    let AuditLogQuery { who, what, page } = question;
    let filter = Filter { who: who.clone(), what: *what, end: None };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_is_parsed_and_errors_name_the_invalid_parameter() {
        let query = AuditLogQuery::parse("view=audit&who=Ada&what=rule&page=3").unwrap();
        assert_eq!(query, AuditLogQuery { who: "Ada".to_owned(), what: Some(AuditTarget::Rule), page: 3 });
        assert_eq!(AuditLogQuery::parse("view=audit&what=").unwrap(), AuditLogQuery::default());
        for (query, expected) in [
            ("view=audit&what=weather".to_owned(), "must be one of rule, silence"),
            ("view=audit&page=0".to_owned(), "from 1 to"),
            (format!("view=audit&who={}", "x".repeat(101)), "who is too long"),
        ] {
            let error = AuditLogQuery::parse(&query).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
