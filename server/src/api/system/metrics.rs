//! `GET /api/admin/system/metrics/`.

use crate::app_state::AppState;
use crate::http::{ApiError, Envelope, run_blocking};
use crate::query::system;
use axum::Json;
use axum::extract::State;
use watchglass_reports::SystemMetrics;

/// Returns the newest values.
#[utoipa::path(
    get,
    path = "/api/admin/system/metrics/",
    tag = "system",
    responses((status = 200, description = "Newest values; `null` without data", body = Envelope<SystemMetrics>))
)]
pub(crate) async fn system_metrics(
    State(state): State<AppState>,
) -> Result<Json<Envelope<SystemMetrics>>, ApiError> {
    run_blocking(move || Envelope::of(system::system_metrics(&state.metrics, &state.rules))).await
}
