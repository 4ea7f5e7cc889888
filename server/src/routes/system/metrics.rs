//! `GET /api/admin/system/metrics/`.

use crate::routes::{Envelope, Shared};
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
pub(crate) async fn system_metrics(State(shared): State<Shared>) -> Json<Envelope<SystemMetrics>> {
    Envelope::of(shared.core.system_metrics())
}
