//! `GET /api/admin/system/metrics/`.

use crate::http::{ApiError, Envelope};
use crate::routes::ApiState;
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
    State(state): State<ApiState>,
) -> Result<Json<Envelope<SystemMetrics>>, ApiError> {
    state.run_blocking(|core| Envelope::of(core.system_metrics())).await
}
