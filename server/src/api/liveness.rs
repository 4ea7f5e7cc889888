//! `GET /api/live`: liveness check.

use crate::http::Envelope;
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// Liveness.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Live {
    /// Always true.
    live: bool,
}

/// Liveness check: 200 once the server runs.
#[utoipa::path(
    get,
    path = "/api/live",
    tag = "server",
    responses((status = 200, description = "The server is running", body = Envelope<Live>))
)]
pub(crate) async fn live() -> Json<Envelope<Live>> {
    Envelope::of(Live { live: true })
}
