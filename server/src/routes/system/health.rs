//! `GET /api/admin/system/health/`.

use crate::core::Core;
use crate::routes::{ApiError, Envelope, Parameters, Shared};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use watchglass_alerts::{Colour, judge};
use watchglass_export::{SystemMetrics, system, written};

/// What can be asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Whether the newest values are part of the answer.
    #[serde(default)]
    detailed: bool,
}

/// The condition of each component: `healthy`, `warning`, `critical`, `unknown` or `not_configured`.
pub(crate) type ComponentStates = BTreeMap<&'static str, &'static str>;

/// How well it goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemHealth {
    /// `green`, `yellow` or `red`: that of the worst component.
    status: &'static str,
    /// When the values were measured that this is about, in RFC 3339; `null` before the first tick.
    timestamp: Option<String>,
    /// 0 to 100: 100 while every component uses less than 70 % of what it can bear.
    health_score: u8,
    /// The condition of each component: `healthy`, `warning`, `critical`, `unknown` or `not_configured`.
    #[schema(value_type = BTreeMap<String, String>)]
    components: ComponentStates,
    /// Alerts that are active now.
    active_alerts: usize,
    /// The newest values, where `detailed` was true.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<SystemMetrics>,
}

/// How well it goes, in one word, in one number, and for each component.
#[utoipa::path(
    get,
    path = "/api/admin/system/health/",
    tag = "system",
    params(Question),
    responses(
        (status = 200, description = "The health", body = Envelope<SystemHealth>),
        (status = 400, description = "A parameter that cannot be understood", body = crate::routes::Failure)
    )
)]
pub(crate) async fn system_health(
    State(shared): State<Shared>,
    Parameters(question): Parameters<Question>,
) -> Result<Json<Envelope<SystemHealth>>, ApiError> {
    shared.ask(move |core| Envelope::of(answer(core, question.detailed))).await
}

fn answer(core: &Core, detailed: bool) -> SystemHealth {
    let components = core.components();
    let health = judge(components.iter().map(|component| component.load));
    SystemHealth {
        status: match health.colour {
            Colour::Green => "green",
            Colour::Yellow => "yellow",
            Colour::Red => "red",
        },
        timestamp: core.measured().map(written),
        health_score: health.score,
        components: components
            .iter()
            .map(|component| (component.name, system::word(component.condition)))
            .collect(),
        active_alerts: core.active_alerts().len(),
        metrics: detailed.then(|| core.system_metrics()),
    }
}
