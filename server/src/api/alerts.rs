//! `/api/admin/alerts/resolve`: manual changes of alerts.

use crate::audit::Actor;
use crate::http::{ApiError, BodyErrors, Done, Envelope, Failure, body, run_blocking};
use crate::services::AlertService;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;
use watchglass_model::Labels;
use watchglass_rules::AlertKey;

/// Body size limit, in bytes.
const MAX_BODY_BYTES: usize = 64 << 10;

/// Alert to resolve.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveBody {
    /// Rule id of the alert.
    rule: String,
    /// Labels of the alert, as in the list of alerts.
    #[schema(value_type = Object)]
    labels: Labels,
}

/// Resolves a firing alert without data, whose series will not come back.
#[utoipa::path(
    post,
    path = "/api/admin/alerts/resolve",
    tag = "alerts",
    request_body = ResolveBody,
    responses(
        (status = 200, description = "The alert is resolved", body = Envelope<Done>),
        (status = 404, description = "Unknown alert, or not firing on this server", body = Failure),
        (status = 409, description = "The alert has data", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn resolve(
    State(alerts): State<AlertService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let request: ResolveBody = body::read(&headers, body, MAX_BODY_BYTES, "Invalid request").await?;
    let key = AlertKey { rule: request.rule, labels: request.labels };
    run_blocking(move || alerts.resolve(&actor, &key)).await??;
    Ok(Envelope::of(Done::default()))
}
