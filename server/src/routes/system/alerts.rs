//! `GET /api/admin/system/alerts/`.

use crate::core::Core;
use crate::routes::{ApiError, Envelope, Parameters, Shared, bad};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use watchglass_alerts::Alert;
use watchglass_alerts::telling::Acknowledgement;
use watchglass_export::written;
use watchglass_model::{Labels, Timestamp};

/// The most alerts that one answer has.
const MOST: usize = 1000;

/// What can be asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Alerts that are over, instead of those that are active.
    #[serde(default)]
    history: bool,
    /// How many at most, from 1 to 1000; the latest come first.
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
    /// `active` or `history`.
    r#type: &'static str,
    /// How many there are in this answer.
    count: usize,
    /// The alerts, the latest first.
    alerts: Vec<AlertRow>,
    /// When this was true, in RFC 3339; `null` before the first tick.
    timestamp: Option<String>,
}

/// What is or was wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertRow {
    /// The component.
    component: String,
    /// Which of several: a mount point, an instance; empty where there is one.
    subject: String,
    /// `info`, `warning` or `critical`: the worst it has been.
    severity: &'static str,
    /// What is wrong, with the value and its threshold.
    message: String,
    /// Since when, in RFC 3339.
    timestamp: String,
    /// When it was over; `null` while it is active.
    resolved_at: Option<String>,
    /// How long it has lasted, or lasted until it was over.
    duration_seconds: i64,
    /// Id of its rule.
    rule: String,
    /// Labels of its series; with the rule they say which alert it is.
    #[schema(value_type = Object)]
    labels: Labels,
    /// 1, 2 or 3: 1 is the worst.
    incident_level: u8,
    /// Whether it comes and goes too often to be told each time.
    flapping: bool,
    /// Who looks after it, if somebody does.
    acknowledged_by: Option<String>,
    /// The silence that keeps it quiet, if one does.
    silenced_by: Option<String>,
    /// The rule of the alert that it is because of, if it is.
    because_of: Option<String>,
}

impl AlertRow {
    fn new(alert: Alert, now: Timestamp, core: &Core, acknowledged: &[Acknowledgement]) -> Self {
        let is_active = alert.resolved.is_none();
        let by = acknowledged.iter().find(|note| is_active && note.key == alert.key);
        let (silence, because_of) = if is_active { core.telling().quiet(&alert, now) } else { (None, None) };
        Self {
            incident_level: alert.severity.incident_level(),
            flapping: alert.flapping,
            acknowledged_by: by.map(|note| note.who.clone()),
            silenced_by: silence,
            because_of,
            rule: alert.key.rule.clone(),
            labels: alert.key.labels.clone(),
            timestamp: written(alert.since),
            resolved_at: alert.resolved.map(written),
            duration_seconds: alert.seconds(now),
            severity: alert.severity.word(),
            component: alert.component,
            subject: alert.subject,
            message: alert.message,
        }
    }
}

/// What is wrong now, or what was, on all servers that share their alerts.
#[utoipa::path(
    get,
    path = "/api/admin/system/alerts/",
    tag = "system",
    params(Question),
    responses(
        (status = 200, description = "The alerts", body = Envelope<Alerts>),
        (status = 400, description = "A parameter that cannot be understood", body = crate::routes::Failure)
    )
)]
pub(crate) async fn system_alerts(
    State(shared): State<Shared>,
    Parameters(question): Parameters<Question>,
) -> Result<Json<Envelope<Alerts>>, ApiError> {
    let Question { history, limit } = question;
    if !(1..=MOST).contains(&limit) {
        return Err(bad(format!("limit is {limit}: it must be from 1 to {MOST}")));
    }
    let time = shared.core.newest();
    let now = time.unwrap_or_default();
    let mut found = if history { shared.core.all_past_alerts() } else { shared.core.all_active_alerts() };
    found.truncate(limit);
    let acknowledged = shared.core.telling().acknowledgements();
    let row = |alert| AlertRow::new(alert, now, &shared.core, &acknowledged);
    let alerts: Vec<AlertRow> = found.into_iter().map(row).collect();
    Ok(Envelope::of(Alerts {
        r#type: if history { "history" } else { "active" },
        count: alerts.len(),
        alerts,
        timestamp: time.map(written),
    }))
}
