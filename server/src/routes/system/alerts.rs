//! `GET /api/admin/system/alerts/`.

use crate::core::Core;
use crate::routes::{ApiError, Envelope, Parameters, Shared, bad};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use watchglass_alerts::telling::Acknowledgement;
use watchglass_alerts::{Alert, Phase};
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
    /// What is wrong on this server, but not yet for as long as its rule asks, instead of what is active.
    #[serde(default)]
    pending: bool,
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
    /// `active`, `pending` or `history`.
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
    /// `pending`, `firing` or `resolved`.
    state: &'static str,
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
    /// When one that is pending fires if it stays so, in RFC 3339; only there where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    fires_at: Option<String>,
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
        let is_active = alert.phase == Phase::Firing;
        let by = acknowledged.iter().find(|note| is_active && note.key == alert.key);
        let (silence, because_of) = if is_active { core.telling().quiet(&alert, now) } else { (None, None) };
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

/// What is wrong now, or what was, on all servers that share their alerts; or what is about to be an alert of this one.
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
    let Question { history, pending, limit } = question;
    if history && pending {
        return Err(
            bad("history and pending are asked for at once: only one of them can be true".to_owned()),
        );
    }
    if !(1..=MOST).contains(&limit) {
        return Err(bad(format!("limit is {limit}: it must be from 1 to {MOST}")));
    }
    let time = shared.core.newest();
    let now = time.unwrap_or_default();
    let core = &shared.core;
    let acknowledged = core.telling().acknowledgements();
    let row = |alert| AlertRow::new(alert, now, core, &acknowledged);
    let alerts: Vec<AlertRow> = match (history, pending) {
        (true, _) => core.all_past_alerts().into_iter().take(limit).map(row).collect(),
        (_, true) => {
            let pending = core.pending_alerts().into_iter().take(limit);
            pending.map(|one| AlertRow { fires_at: one.fires.map(written), ..row(one.alert) }).collect()
        }
        _ => core.all_active_alerts().into_iter().take(limit).map(row).collect(),
    };
    Ok(Envelope::of(Alerts {
        r#type: match (history, pending) {
            (true, _) => "history",
            (_, true) => "pending",
            _ => "active",
        },
        count: alerts.len(),
        alerts,
        timestamp: time.map(written),
    }))
}
