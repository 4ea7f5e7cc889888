//! `GET /api/admin/system/alerts/`.

use crate::app_state::AppState;
use crate::http::{ApiError, Envelope, Parameters, bad_request, flag, next_link};
use crate::notifications::Notifications;
use crate::query::alerts;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use watchglass_dispatch::Acknowledgement;
use watchglass_model::{Labels, Timestamp};
use watchglass_reports::{format_rfc3339, format_with_offset, parse_time};
use watchglass_rules::{Alert, AlertKey, PendingAlert, Phase};

/// Limit of alerts in a response.
const MAX_ALERTS: usize = 1000;
/// Limit of `skip`.
const MAX_SKIPPED: usize = 1_000_000;

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertQuery {
    /// Resolved alerts, instead of active ones.
    #[serde(default, deserialize_with = "flag")]
    history: bool,
    /// Pending alerts of this server, instead of active ones.
    #[serde(default, deserialize_with = "flag")]
    pending: bool,
    /// Number of alerts, from 1 to 1000, newest first.
    #[serde(default = "usual_limit")]
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: usize,
    /// Number of alerts to skip, up to 1000000.
    #[serde(default)]
    #[param(default = 0, minimum = 0, maximum = 1_000_000)]
    skip: usize,
    /// With `history`: only alerts that resolved until this time, in RFC 3339 or seconds since 1970. The alerts that
    /// resolve while you read the pages then move none of them.
    #[param(example = "2026-11-22T02:00:00Z")]
    end: Option<String>,
}

fn usual_limit() -> usize {
    100
}

/// A list of alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alerts {
    /// `active`, `pending` or `history`.
    r#type: &'static str,
    /// Number of alerts in this response.
    count: usize,
    /// Number of alerts of this type.
    total: usize,
    /// Number of alerts whose condition holds, but not yet for the duration of their rule, on this server.
    pending: usize,
    /// Query string of the next alerts, also as the header `Link`; `null` if there are no more.
    next: Option<String>,
    /// Alerts, newest first.
    alerts: Vec<AlertRow>,
    /// Time of the data, in RFC 3339; `null` before the first tick.
    timestamp: Option<String>,
}

/// Alert.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertRow {
    /// `pending`, `firing`, `no_data` or `resolved`. A firing alert whose series gives no data is in the state `no_data`.
    state: &'static str,
    /// Component.
    component: String,
    /// Instance of the component, such as a mount point; empty if there is only one.
    subject: String,
    /// `info`, `warning` or `critical`: the highest so far.
    severity: &'static str,
    /// Message, with value and threshold.
    message: String,
    /// Start, in RFC 3339.
    timestamp: String,
    /// When a pending alert will fire if its condition holds, in RFC 3339; missing if not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    fires_at: Option<String>,
    /// Time of resolution, in RFC 3339; `null` while active.
    resolved_at: Option<String>,
    /// Duration until now, or until it resolved.
    duration_seconds: i64,
    /// Rule id.
    rule: String,
    /// Labels of the series; rule and labels identify an alert.
    #[schema(value_type = Object)]
    labels: Labels,
    /// Incident level 1, 2 or 3; 1 is the most severe.
    incident_level: u8,
    /// Since when its series gives no data, in RFC 3339; `null` unless the state is `no_data`. If the series will not come
    /// back, resolve the alert with `POST /api/admin/alerts/resolve`.
    no_data_since: Option<String>,
    /// Whether it is flapping; then not every change is notified.
    flapping: bool,
    /// User who acknowledged it, if any.
    acknowledged_by: Option<String>,
    /// Id of the silence that mutes it, if any.
    silenced_by: Option<String>,
    /// Rule id of the alert that inhibits it, if any.
    inhibited_by: Option<String>,
    /// Deprecated: the same as `inhibited_by`.
    #[schema(deprecated)]
    because_of: Option<String>,
}

impl AlertRow {
    fn new(
        alert: Alert,
        now: Timestamp,
        notifications: &Notifications,
        acknowledged: &[Acknowledgement],
        without_data: &BTreeMap<AlertKey, Timestamp>,
    ) -> Self {
        let is_active = alert.phase == Phase::Firing;
        let by = acknowledged.iter().find(|note| is_active && note.key == alert.key);
        let (silence, inhibited_by) =
            if is_active { notifications.suppressed_by(&alert, now) } else { (None, None) };
        let no_data_since = without_data.get(&alert.key).filter(|_| is_active).copied();
        Self {
            state: match alert.phase {
                Phase::Pending => "pending",
                Phase::Firing if no_data_since.is_some() => "no_data",
                Phase::Firing => "firing",
                Phase::Resolved => "resolved",
            },
            fires_at: None,
            incident_level: alert.severity.incident_level(),
            no_data_since: no_data_since.map(format_with_offset),
            flapping: alert.flapping,
            acknowledged_by: by.map(|note| note.who.clone()),
            silenced_by: silence,
            because_of: inhibited_by.clone(),
            inhibited_by,
            rule: alert.key.rule.clone(),
            labels: alert.key.labels.clone(),
            timestamp: format_with_offset(alert.since),
            resolved_at: alert.resolved.map(format_with_offset),
            duration_seconds: alert.duration_seconds(now),
            severity: alert.severity.as_str(),
            component: alert.component,
            subject: alert.subject,
            message: alert.message,
        }
    }
}

/// Lists the active or resolved alerts of all servers in the cluster, or the pending alerts of this server.
#[utoipa::path(
    get,
    path = "/api/admin/system/alerts/",
    tag = "system",
    params(AlertQuery),
    responses(
        (status = 200, description = "The alerts", body = Envelope<Alerts>),
        (status = 400, description = "Invalid parameter", body = crate::http::Failure)
    )
)]
pub(crate) async fn system_alerts(
    State(state): State<AppState>,
    Parameters(query): Parameters<AlertQuery>,
) -> Result<Response, ApiError> {
    let kind = kind(&query)?;
    if !(1..=MAX_ALERTS).contains(&query.limit) {
        return Err(bad_request(format!("limit is {}: must be from 1 to {MAX_ALERTS}", query.limit)));
    }
    if query.skip > MAX_SKIPPED {
        return Err(bad_request(format!("skip is {}: must be from 0 to {MAX_SKIPPED}", query.skip)));
    }
    let end = query.end.as_deref().map(parse_time).transpose();
    let end = end.map_err(|error| bad_request(format!("end: {error}")))?;
    if end.is_some() && kind != HISTORY {
        return Err(bad_request("end needs history: only resolved alerts have an end".to_owned()));
    }
    let time = state.metrics.newest_time();
    let now = time.unwrap_or_default();
    let acknowledged = state.notifications.acknowledgements();
    let without_data = state.rules.without_data();
    let row = |alert| AlertRow::new(alert, now, &state.notifications, &acknowledged, &without_data);
    let (total, next, alerts) = match kind {
        HISTORY => {
            let all = alerts::all_resolved(&state.rules, &state.notifications);
            let is_shown = |alert: &&Alert| end.is_none_or(|end| alert.resolved <= Some(end));
            let shown: Vec<&Alert> = all.iter().filter(is_shown).collect();
            let next = next_resolved(&shown, query.skip, query.limit);
            let page = shown.into_iter().skip(query.skip).take(query.limit).cloned().map(row);
            (all.len(), next, page.collect::<Vec<AlertRow>>())
        }
        PENDING => {
            let all = state.rules.pending();
            let (total, next) = (all.len(), next_unresolved(PENDING, all.len(), &query));
            let page = all.into_iter().skip(query.skip).take(query.limit);
            let row = |one: PendingAlert| AlertRow {
                fires_at: one.fires_at.map(format_with_offset),
                ..row(one.alert)
            };
            (total, next, page.map(row).collect())
        }
        _ => {
            let all = alerts::all_active(&state.rules, &state.notifications);
            let (total, next) = (all.len(), next_unresolved(ACTIVE, all.len(), &query));
            let page = all.into_iter().skip(query.skip).take(query.limit);
            (total, next, page.map(row).collect())
        }
    };
    let link = next.as_deref().map(next_link);
    let pending = state.rules.pending().len();
    let timestamp = time.map(format_with_offset);
    let list = Alerts { r#type: kind, count: alerts.len(), total, pending, next, alerts, timestamp };
    Ok((link, Envelope::of(list)).into_response())
}

const ACTIVE: &str = "active";
const PENDING: &str = "pending";
const HISTORY: &str = "history";

/// The type of the listed alerts.
fn kind(query: &AlertQuery) -> Result<&'static str, ApiError> {
    match (query.history, query.pending) {
        (true, true) => Err(bad_request(
            "history and pending exclude each other: only one of them can be true".to_owned(),
        )),
        (true, false) => Ok(HISTORY),
        (false, true) => Ok(PENDING),
        (false, false) => Ok(ACTIVE),
    }
}

/// Query string of the resolved alerts after those of a page, the newest first: it starts at the time of the last one,
/// so that alerts that resolve in between move nothing.
fn next_resolved(shown: &[&Alert], skip: usize, limit: usize) -> Option<String> {
    let after = skip.checked_add(limit)?;
    let (page, rest) = shown.split_at_checked(after)?;
    let last = page.last().filter(|_| !rest.is_empty())?.resolved?;
    let same = page.iter().rev().take_while(|alert| alert.resolved == Some(last)).count();
    Some(format!("?history=true&limit={limit}&skip={same}&end={}", format_rfc3339(last)))
}

/// Query string of the alerts after those of a page, if there are any.
fn next_unresolved(kind: &str, total: usize, query: &AlertQuery) -> Option<String> {
    let after = query.skip.saturating_add(query.limit);
    let pending = if kind == PENDING { "pending=true&" } else { "" };
    (after < total).then(|| format!("?{pending}limit={}&skip={after}", query.limit))
}

#[cfg(test)]
#[path = "alerts_tests.rs"]
mod tests;
