//! `GET /api/admin/system/alerts/`.

use crate::app_state::AppState;
use crate::http::{ApiError, Envelope, Parameters, bad_request};
use crate::notifications::Notifications;
use crate::query::alerts;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use watchglass_dispatch::Acknowledgement;
use watchglass_model::{Labels, Timestamp};
use watchglass_reports::format_rfc3339;
use watchglass_rules::{Alert, Phase};

/// Limit of alerts in a response.
const MAX_ALERTS: usize = 1000;

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertQuery {
    /// Resolved alerts, instead of active ones.
    #[serde(default)]
    history: bool,
    /// Pending alerts of this server, instead of active ones.
    #[serde(default)]
    pending: bool,
    /// Number of alerts, from 1 to 1000, newest first.
    #[serde(default = "usual_limit")]
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: usize,
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
    /// Alerts, newest first.
    alerts: Vec<AlertRow>,
    /// Time of the data, in RFC 3339; `null` before the first tick.
    timestamp: Option<String>,
}

/// Alert.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertRow {
    /// `pending`, `firing` or `resolved`.
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
    ) -> Self {
        let is_active = alert.phase == Phase::Firing;
        let by = acknowledged.iter().find(|note| is_active && note.key == alert.key);
        let (silence, inhibited_by) =
            if is_active { notifications.suppressed_by(&alert, now) } else { (None, None) };
        Self {
            state: match alert.phase {
                Phase::Pending => "pending",
                Phase::Firing => "firing",
                Phase::Resolved => "resolved",
            },
            fires_at: None,
            incident_level: alert.severity.incident_level(),
            flapping: alert.flapping,
            acknowledged_by: by.map(|note| note.who.clone()),
            silenced_by: silence,
            because_of: inhibited_by.clone(),
            inhibited_by,
            rule: alert.key.rule.clone(),
            labels: alert.key.labels.clone(),
            timestamp: format_rfc3339(alert.since),
            resolved_at: alert.resolved.map(format_rfc3339),
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
) -> Result<Json<Envelope<Alerts>>, ApiError> {
    let AlertQuery { history, pending, limit } = query;
    if history && pending {
        return Err(bad_request(
            "history and pending exclude each other: only one of them can be true".to_owned(),
        ));
    }
    if !(1..=MAX_ALERTS).contains(&limit) {
        return Err(bad_request(format!("limit is {limit}: must be from 1 to {MAX_ALERTS}")));
    }
    let time = state.metrics.newest_time();
    let now = time.unwrap_or_default();
    let acknowledged = state.notifications.acknowledgements();
    let row = |alert| AlertRow::new(alert, now, &state.notifications, &acknowledged);
    let alerts: Vec<AlertRow> = match (history, pending) {
        (true, _) => alerts::all_resolved(&state.rules, &state.notifications)
            .into_iter()
            .take(limit)
            .map(row)
            .collect(),
        (_, true) => {
            let pending = state.rules.pending().into_iter().take(limit);
            pending
                .map(|one| AlertRow { fires_at: one.fires_at.map(format_rfc3339), ..row(one.alert) })
                .collect()
        }
        _ => {
            alerts::all_active(&state.rules, &state.notifications).into_iter().take(limit).map(row).collect()
        }
    };
    Ok(Envelope::of(Alerts {
        r#type: match (history, pending) {
            (true, _) => "history",
            (_, true) => "pending",
            _ => "active",
        },
        count: alerts.len(),
        alerts,
        timestamp: time.map(format_rfc3339),
    }))
}
