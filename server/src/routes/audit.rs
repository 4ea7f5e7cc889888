//! `GET /api/admin/audit`: who has changed what, for administrators and their programs.

use super::{ApiError, Envelope, Failure, Parameters, Shared, bad};
use crate::audit::{Entry, Filter, What};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use watchglass_export::written;

/// How many entries are answered with unless another number is asked for.
const USUAL: usize = 1000;
/// The most entries of an answer.
const MOST: usize = 10_000;
/// The most entries that are left out before the first: more than there are.
const MOST_SKIPPED: usize = 1_000_000;
/// The longest part of a name, in characters.
const MOST_WHO: usize = 100;

/// What can be asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// `json`, `csv`, or `jsonl`: the lines as they are kept.
    format: Option<LogFormat>,
    /// Part of the name of who did it, in whatever case.
    who: Option<String>,
    /// What was changed: `rule`, `silence`, `acknowledgement`, `channel`, `delivery`, `user`, `token`, `session`, `setting`,
    /// `annotation`, `other`.
    what: Option<String>,
    /// How many entries at most, from 1 to 10000.
    #[param(minimum = 1, maximum = 10000, default = 1000)]
    limit: Option<usize>,
    /// How many of the newest are left out, up to 1000000.
    #[param(minimum = 0, maximum = 1_000_000, default = 0)]
    skip: Option<usize>,
}

/// How the answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// JSON in the usual form.
    #[default]
    Json,
    /// Comma-separated values.
    Csv,
    /// A line of JSON for each entry.
    Jsonl,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditRow {
    /// When, in RFC 3339.
    time: String,
    /// By what: `user`, `token`, `command`, `link` or `nobody`.
    by: &'static str,
    /// The name; empty for nobody who is known.
    who: String,
    /// From where, if that is known.
    address: Option<String>,
    /// What was changed.
    what: &'static str,
    /// In a word: `added`.
    deed: String,
    /// The name or the id of what was changed.
    subject: String,
    /// What it was before, as far as it is another now.
    #[schema(value_type = Option<Object>)]
    from: Option<Value>,
    /// What it is now.
    #[schema(value_type = Option<Object>)]
    to: Option<Value>,
}

/// What was done, the newest first.
#[utoipa::path(
    get,
    path = "/api/admin/audit",
    tag = "access",
    params(Question),
    responses(
        (status = 200, description = "The entries",
            content((Envelope<Vec<AuditRow>> = "application/json"), (String = "text/csv"), (String = "application/jsonl"))),
        (status = 400, description = "A parameter that cannot be used", body = Failure)
    )
)]
pub(crate) async fn audit(
    State(shared): State<Shared>,
    Parameters(question): Parameters<Question>,
) -> Result<Response, ApiError> {
    let within = |name: &str, value: Option<usize>, usual: usize, least: usize, most: usize| match value {
        Some(value) if !(least..=most).contains(&value) => {
            Err(bad(format!("{name} is {value}: it must be from {least} to {most}")))
        }
        value => Ok(value.unwrap_or(usual)),
    };
    let limit = within("limit", question.limit, USUAL, 1, MOST)?;
    let skip = within("skip", question.skip, 0, 0, MOST_SKIPPED)?;
    let who = question.who.unwrap_or_default();
    if who.chars().count() > MOST_WHO {
        return Err(bad(format!("who is too long: at most {MOST_WHO} characters can be")));
    }
    let what = question.what.filter(|what| !what.is_empty()).map(|what| what.parse::<What>());
    let filter = Filter { who, what: what.transpose().map_err(bad)? };
    let audit = Arc::clone(&shared.audit);
    let read = shared.ask(move |_| audit.read(&filter, skip, limit)).await?;
    let (entries, _) = read.map_err(|error| {
        tracing::error!(%error, "the audit log cannot be read");
        ApiError::internal()
    })?;
    Ok(match question.format.unwrap_or_default() {
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
        time: written(entry.time),
        by: entry.by.word(),
        who: entry.who,
        address: entry.address,
        what: entry.what.word(),
        deed: entry.deed,
        subject: entry.subject,
        from: entry.from,
        to: entry.to,
    }
}

/// [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180), every field in quotes. One that a spreadsheet would take for a formula is
/// led by an apostrophe, as [OWASP](https://owasp.org/www-community/attacks/CSV_Injection) recommends.
fn csv(entries: Vec<Entry>) -> String {
    let mut text = "time,by,who,address,what,deed,subject,from,to\r\n".to_owned();
    for entry in entries {
        let row = row(entry);
        let value = |value: Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
        let (address, from, to) = (row.address.unwrap_or_default(), value(row.from), value(row.to));
        let fields: [&str; 9] =
            [&row.time, row.by, &row.who, &address, row.what, &row.deed, &row.subject, &from, &to];
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
    use crate::audit::By;
    use serde_json::json;
    use watchglass_model::Timestamp;

    #[test]
    fn csv_has_a_line_for_each_entry_and_no_formulas() {
        let entry = Entry::new(
            Timestamp::from_millis(1_700_000_000_000),
            (By::User, "=1+1", Some("::1".to_owned())),
            (What::Rule, "changed", "a \"b\", c"),
            (None, Some(json!({ "warning": 90 }))),
        );
        let expected = "time,by,who,address,what,deed,subject,from,to\r\n\
            \"2023-11-14T22:13:20.000Z\",\"user\",\"'=1+1\",\"::1\",\"rule\",\"changed\",\"a \"\"b\"\", c\",\"\",\
            \"{\"\"warning\"\":90}\"\r\n";
        assert_eq!(csv(vec![entry]), expected);
    }
}
