//! `GET /api/admin/audit`: the audit log, for admins.

mod csv;

use crate::audit::{AuditLog, AuditTarget, Entry, Filter};
use crate::http::{
    ApiError, Envelope, Failure, Parameters, attachment, bad_request, next_link, run_blocking,
};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use csv::csv;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};
use watchglass_reports::{format_rfc3339, parse_time};

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
    /// Kind of the changed object: `rule`, `silence`, `acknowledgement`, `alert`, `channel`, `delivery`, `user`, `token`, `session`, `setting`,
    /// `annotation`, `heartbeat`, `other`.
    what: Option<String>,
    /// Number of entries, from 1 to 10000.
    #[param(minimum = 1, maximum = 10000, default = 1000)]
    limit: Option<usize>,
    /// Number of newest entries to skip, up to 1000000.
    #[param(minimum = 0, maximum = 1_000_000, default = 0)]
    skip: Option<usize>,
    /// Only entries until this time, in RFC 3339 or seconds since 1970. The header `Link` of a response has the query of the
    /// next entries: new entries then move none of them.
    #[param(example = "2026-11-22T02:00:00Z")]
    end: Option<String>,
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

impl LogFormat {
    const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
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
    let end = query.end.as_deref().map(parse_time).transpose();
    let end = end.map_err(|error| bad_request(format!("end: {error}")))?;
    let filter = Filter { who, what: what.transpose().map_err(bad_request)?, end };
    let format = query.format.unwrap_or_default();
    let asked = filter.clone();
    let read = run_blocking(move || audit.read(&filter, skip, limit)).await?;
    let (entries, has_more) = read.map_err(|error| {
        tracing::error!(%error, "cannot read the audit log");
        ApiError::internal()
    })?;
    let next = if has_more { next_entries(&asked, format, &entries, skip, limit) } else { None };
    let link = next.as_deref().map(next_link);
    Ok(match format {
        LogFormat::Json => {
            let rows: Vec<AuditRow> = entries.into_iter().map(row).collect();
            (link, Envelope::of(rows)).into_response()
        }
        LogFormat::Csv => {
            let kind = [(CONTENT_TYPE, "text/csv; charset=utf-8")];
            (link, attachment("watchglass-audit.csv"), kind, csv(entries)).into_response()
        }
        LogFormat::Jsonl => {
            let lines: String = entries.iter().map(Entry::line).collect();
            let kind = [(CONTENT_TYPE, "application/jsonl")];
            (link, attachment("watchglass-audit.jsonl"), kind, lines).into_response()
        }
    })
}

/// Query string of the entries after these: from the time of the last one on, without those that were already listed.
fn next_entries(
    filter: &Filter,
    format: LogFormat,
    entries: &[Entry],
    skip: usize,
    limit: usize,
) -> Option<String> {
    let last = entries.last()?.time;
    let same = entries.iter().rev().take_while(|entry| entry.time == last).count();
    // If all have the same time, those that were skipped may have it as well.
    let (end, skip) =
        if same == entries.len() { (filter.end, skip.checked_add(same)?) } else { (Some(last), same) };
    let mut next = form_urlencoded::Serializer::new(String::new());
    let what = filter.what.map(|what| what.name()).unwrap_or_default();
    for (name, value) in [("format", format.name()), ("who", &filter.who), ("what", what)] {
        if !value.is_empty() {
            next.append_pair(name, value);
        }
    }
    next.append_pair("limit", &limit.to_string()).append_pair("skip", &skip.to_string());
    if let Some(end) = end {
        next.append_pair("end", &format_rfc3339(end));
    }
    Some(format!("?{}", next.finish()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::ActorKind;
    use watchglass_model::Timestamp;

    #[test]
    fn next_entries_start_at_the_time_of_the_last_one() {
        let entry = |second: i64| {
            let time = Timestamp::from_millis(second * 1000);
            Entry::new(time, (ActorKind::User, "a", None), (AuditTarget::Rule, "changed", "r"), (None, None))
        };
        let next = |filter: Filter, seconds: &[i64], skip| {
            let entries: Vec<Entry> = seconds.iter().copied().map(entry).collect();
            next_entries(&filter, LogFormat::Json, &entries, skip, 3).unwrap()
        };
        let by = |end: Option<i64>| Filter {
            who: "a b".to_owned(),
            what: Some(AuditTarget::Rule),
            end: end.map(|second| Timestamp::from_millis(second * 1000)),
        };
        assert_eq!(
            next(by(None), &[9, 8, 8], 5),
            "?format=json&who=a+b&what=rule&limit=3&skip=2&end=1970-01-01T00%3A00%3A08.000Z"
        );
        assert!(next(by(Some(8)), &[8, 8, 8], 2).ends_with("&skip=5&end=1970-01-01T00%3A00%3A08.000Z"));
        assert!(next(by(None), &[8, 8, 8], 2).ends_with("&skip=5"));
        assert_eq!(next_entries(&by(None), LogFormat::Csv, &[], 0, 3), None);
    }
}
