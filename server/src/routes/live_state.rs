//! `GET /api/live`: whether the server answers.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether the server answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Live {
    /// True.
    live: bool,
}

/// 200 once the server answers.
#[utoipa::path(
    get,
    path = "/api/live",
    tag = "server",
    responses((status = 200, description = "The server answers", body = super::Envelope<Live>))
)]
pub(crate) async fn live() -> Json<super::Envelope<Live>> {
    super::Envelope::of(Live { live: true })
}
