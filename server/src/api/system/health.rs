//! `GET /api/admin/system/health/`.

use crate::app_state::AppState;
use crate::http::{ApiError, Envelope, Parameters, flag, run_blocking};
use crate::query::system::{components, system_metrics};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use watchglass_reports::{SystemMetrics, format_with_offset, system};
use watchglass_rules::{Colour, overall_health};

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HealthQuery {
    /// Include the newest values.
    #[serde(default, deserialize_with = "flag")]
    detailed: bool,
}

/// Health of each component: `healthy`, `warning`, `critical`, `unknown` or `not_configured`.
pub(crate) type ComponentStates = BTreeMap<&'static str, &'static str>;

/// Health of the system.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemHealth {
    /// `green`, `yellow` or `red`: the status of the worst component.
    status: &'static str,
    /// Collection time of the values, in RFC 3339; `null` before the first tick.
    timestamp: Option<String>,
    /// Health score from 0 to 100; 100 while every component is below 70 % of its threshold.
    health_score: u8,
    /// Health of each component: `healthy`, `warning`, `critical`, `unknown` or `not_configured`.
    #[schema(value_type = BTreeMap<String, String>)]
    components: ComponentStates,
    /// Number of active alerts.
    active_alerts: usize,
    /// Number of alerts whose condition holds, but not yet for the duration of their rule.
    pending_alerts: usize,
    /// Newest values, if `detailed` is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<SystemMetrics>,
}

/// Returns the health of the system: status, score, and the health of each component.
#[utoipa::path(
    get,
    path = "/api/admin/system/health/",
    tag = "system",
    params(HealthQuery),
    responses(
        (status = 200, description = "The health", body = Envelope<SystemHealth>),
        (status = 400, description = "Invalid parameter", body = crate::http::Failure)
    )
)]
pub(crate) async fn system_health(
    State(state): State<AppState>,
    Parameters(query): Parameters<HealthQuery>,
) -> Result<Json<Envelope<SystemHealth>>, ApiError> {
    run_blocking(move || Envelope::of(answer(&state, query.detailed))).await
}

fn answer(state: &AppState, detailed: bool) -> SystemHealth {
    let components = components(&state.metrics, &state.rules);
    let health = overall_health(components.iter().map(|component| component.load));
    SystemHealth {
        status: match health.colour {
            Colour::Green => "green",
            Colour::Yellow => "yellow",
            Colour::Red => "red",
        },
        timestamp: state.metrics.last_collected().map(format_with_offset),
        health_score: health.score,
        components: components
            .iter()
            .map(|component| (component.name, system::condition_name(component.condition)))
            .collect(),
        active_alerts: state.rules.active().len(),
        pending_alerts: state.rules.pending().len(),
        metrics: detailed.then(|| system_metrics(&state.metrics, &state.rules)),
    }
}
