//! `GET /api/admin/audit`: the audit log, for admins.

use crate::audit::{AuditLog, AuditTarget, Entry, Filter};
use crate::http::{ApiError, Envelope, Failure, Parameters, bad_request, run_blocking};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use watchglass_reports::format_rfc3339;

/// Default number of entries.
const DEFAULT_ENTRIES: usize = 1000;
const MAX_ENTRIES: usize = 10_000;
/// Limit of `skip`, above the number of stored entries.
const MAX_SKIPPED: usize = 1_000_000;
/// Length limit of `who`, in characters.
const MAX_WHO_CHARS: usize = 100;

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// `json`, `csv`, or `jsonl`: the lines as stored.
    format: Option<LogFormat>,
    /// Part of the name of who made the change, case-insensitive.
    who: Option<String>,
    /// Kind of the changed object: `rule`, `silence`, `acknowledgement`, `channel`, `delivery`, `user`, `token`, `session`, `setting`,
    /// `annotation`, `other`.
    what: Option<String>,
    /// Number of entries, from 1 to 10000.
    #[param(minimum = 1, maximum = 10000, default = 1000)]
    limit: Option<usize>,
    /// Number of newest entries to skip, up to 1000000.
    #[param(minimum = 0, maximum = 1_000_000, default = 0)]
    skip: Option<usize>,
}

/// Response format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// JSON envelope.
    #[default]
    Json,
    /// Comma-separated values.
    Csv,
    /// JSON Lines, one entry per line.
    Jsonl,
}

/// Audit log entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditRow {
    /// Time, in RFC 3339.
    time: String,
    /// Kind of the actor: `user`, `token`, `command`, `link` or `nobody`.
    by: &'static str,
    /// Name of the actor; empty if unknown.
    actor: String,
    /// Deprecated: the same as `actor`.
    #[schema(deprecated)]
    who: String,
    /// IP address, if known.
    address: Option<String>,
    /// Kind of the changed object.
    what: &'static str,
    /// Action, such as `added`.
    action: String,
    /// Deprecated: the same as `action`.
    #[serde(rename = "deed")]
    #[schema(deprecated)]
    former_action: String,
    /// Name or id of the changed object.
    subject: String,
    /// Changed fields before the change.
    #[schema(value_type = Option<Object>)]
    from: Option<Value>,
    /// Changed fields after the change.
    #[schema(value_type = Option<Object>)]
    to: Option<Value>,
}

/// Lists audit log entries, newest first.
#[utoipa::path(
    get,
    path = "/api/admin/audit",
    tag = "access",
    params(AuditQuery),
    responses(
        (status = 200, description = "The entries",
            content((Envelope<Vec<AuditRow>> = "application/json"), (String = "text/csv"), (String = "application/jsonl"))),
        (status = 400, description = "Invalid parameter", body = Failure)
    )
)]
pub(crate) async fn audit(
    State(audit): State<Arc<AuditLog>>,
    Parameters(query): Parameters<AuditQuery>,
) -> Result<Response, ApiError> {
    let in_range = |name: &str, value: Option<usize>, default: usize, min: usize, max: usize| match value {
        Some(value) if !(min..=max).contains(&value) => {
            Err(bad_request(format!("{name} is {value}: must be from {min} to {max}")))
        }
        value => Ok(value.unwrap_or(default)),
    };
    let limit = in_range("limit", query.limit, DEFAULT_ENTRIES, 1, MAX_ENTRIES)?;
    let skip = in_range("skip", query.skip, 0, 0, MAX_SKIPPED)?;
    let who = query.who.unwrap_or_default();
    if who.chars().count() > MAX_WHO_CHARS {
        return Err(bad_request(format!("who is too long: at most {MAX_WHO_CHARS} characters")));
    }
    let what = query.what.filter(|what| !what.is_empty()).map(|what| what.parse::<AuditTarget>());
    let filter = Filter { who, what: what.transpose().map_err(bad_request)? };
    let read = run_blocking(move || audit.read(&filter, skip, limit)).await?;
    let (entries, _) = read.map_err(|error| {
        tracing::error!(%error, "cannot read the audit log");
        ApiError::internal()
    })?;
    Ok(match query.format.unwrap_or_default() {
        LogFormat::Json => {
            Envelope::of(entries.into_iter().map(row).collect::<Vec<AuditRow>>()).into_response()
        }
        LogFormat::Csv => ([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv(entries)).into_response(),
        LogFormat::Jsonl => {
            let lines: String = entries.iter().map(Entry::line).collect();
            ([(CONTENT_TYPE, "application/jsonl")], lines).into_response()
        }
    })
}

fn row(entry: Entry) -> AuditRow {
    AuditRow {
        time: format_rfc3339(entry.time),
        by: entry.by.name(),
        actor: entry.who.clone(),
        who: entry.who,
        address: entry.address,
        what: entry.what.name(),
        action: entry.action.clone(),
        former_action: entry.action,
        subject: entry.subject,
        from: entry.from,
        to: entry.to,
    }
}

/// CSV after [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180), all fields quoted. A field that a spreadsheet would take for a
/// formula gets a leading apostrophe, as [OWASP](https://owasp.org/www-community/attacks/CSV_Injection) recommends.
fn csv(entries: Vec<Entry>) -> String {
    let mut text = "time,by,who,address,what,deed,subject,from,to,actor,action\r\n".to_owned();
    for entry in entries {
        let row = row(entry);
        let value = |value: Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
        let (address, from, to) = (row.address.unwrap_or_default(), value(row.from), value(row.to));
        // Columns keep their place, so the present names of `who` and `deed` are at the end.
        let fields: [&str; 11] = [
            &row.time,
            row.by,
            &row.who,
            &address,
            row.what,
            &row.former_action,
            &row.subject,
            &from,
            &to,
            &row.actor,
            &row.action,
        ];
        let quoted = fields.map(|field: &str| {
            let mark = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
            format!("\"{mark}{}\"", field.replace('"', "\"\""))
        });
        text.push_str(&quoted.join(","));
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::ActorKind;
    use serde_json::json;
    use watchglass_model::Timestamp;

    #[test]
    fn csv_has_one_line_per_entry_and_no_formulas() {
        let entry = Entry::new(
            Timestamp::from_millis(1_700_000_000_000),
            (ActorKind::User, "=1+1", Some("::1".to_owned())),
            (AuditTarget::Rule, "changed", "a \"b\", c"),
            (None, Some(json!({ "warning": 90 }))),
        );
        let expected = "time,by,who,address,what,deed,subject,from,to,actor,action\r\n\
            \"2023-11-14T22:13:20.000Z\",\"user\",\"'=1+1\",\"::1\",\"rule\",\"changed\",\"a \"\"b\"\", c\",\"\",\
            \"{\"\"warning\"\":90}\",\"'=1+1\",\"changed\"\r\n";
        assert_eq!(csv(vec![entry]), expected);
    }
}
