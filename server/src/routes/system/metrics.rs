//! `GET /api/admin/system/metrics/`.

use crate::routes::{ApiError, Envelope, Shared};
use axum::Json;
use axum::extract::State;
use watchglass_export::SystemMetrics;

/// The newest values.
#[utoipa::path(
    get,
    path = "/api/admin/system/metrics/",
    tag = "system",
    responses((status = 200, description = "The newest values; `null` where there is none", body = Envelope<SystemMetrics>))
)]
pub(crate) async fn system_metrics(
    State(shared): State<Shared>,
) -> Result<Json<Envelope<SystemMetrics>>, ApiError> {
    shared.ask(|core| Envelope::of(core.system_metrics())).await
}
