//! `/api/admin/silences` and `/api/admin/alerts/acknowledge`: silences and acknowledgements.

use crate::audit::Actor;
use crate::http::{
    ApiError, BodyErrors, Done, Envelope, Failure, bad_request, body, optional, required, run_blocking,
};
use crate::notifications::Notifications;
use crate::services::{AcknowledgementService, NewSilence, SilenceEnd, SilenceService};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use watchglass_dispatch::{Silence, TimeInterval};
use watchglass_model::Labels;
use watchglass_reports::{format_rfc3339, parse_time};
use watchglass_rules::{AlertKey, Matcher};

/// Body size limit, in bytes.
const MAX_BODY_BYTES: usize = 64 << 10;

/// Silence to create or replace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilenceBody {
    /// Id; generated if missing. The id of an existing silence replaces it.
    #[serde(default)]
    id: Option<String>,
    /// Name.
    #[serde(default)]
    name: String,
    /// Matchers of the alerts: `label` is `rule`, `severity`, `component`, `subject` or a label; `operator` is `=`, `!=`, `=~` or `!~`.
    #[schema(value_type = Vec<Object>)]
    matchers: Vec<Matcher>,
    /// Start, in RFC 3339; defaults to now.
    #[serde(default)]
    start: Option<String>,
    /// End, in RFC 3339; defaults to two hours after the start, or to no end with a weekly schedule.
    #[serde(default)]
    end: Option<String>,
    /// Weekly schedule: `days`, `from`, `to`, `zone`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    weekly: Option<TimeInterval>,
    /// User who creates it.
    author: String,
    /// Comment.
    reason: String,
}

/// A silence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SilenceRow {
    /// Id.
    id: String,
    /// Name.
    name: String,
    /// Matchers of the alerts.
    #[schema(value_type = Vec<Object>)]
    matchers: Vec<Matcher>,
    /// Start, in RFC 3339.
    start: String,
    /// End, in RFC 3339; `null` for a weekly schedule without an end.
    end: Option<String>,
    /// Weekly schedule.
    #[schema(value_type = Option<Object>)]
    weekly: Option<TimeInterval>,
    /// User who created it.
    author: String,
    /// Comment.
    reason: String,
}

impl From<Silence> for SilenceRow {
    fn from(silence: Silence) -> Self {
        Self {
            start: format_rfc3339(silence.start),
            end: silence.end.map(format_rfc3339),
            id: silence.id,
            name: silence.name,
            matchers: silence.matchers,
            weekly: silence.weekly,
            author: silence.author,
            reason: silence.reason,
        }
    }
}

/// Acknowledgement of an alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcknowledgeBody {
    /// Rule id of the alert.
    rule: String,
    /// Labels of the alert, as in the list of alerts.
    #[schema(value_type = Object)]
    labels: Labels,
    /// User who acknowledges. Required, unless `who` is set.
    author: Option<String>,
    /// Comment.
    comment: Option<String>,
    /// Deprecated: use `author`.
    #[schema(deprecated)]
    who: Option<String>,
    /// Deprecated: use `comment`.
    #[schema(deprecated)]
    why: Option<String>,
}

/// Alert to unacknowledge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WithdrawBody)]
pub(crate) struct UnacknowledgeBody {
    /// Rule id of the alert.
    rule: String,
    /// Labels of the alert, as in the list of alerts.
    #[schema(value_type = Object)]
    labels: Labels,
}

/// Lists all silences: active, pending, and expired within seven days.
#[utoipa::path(
    get,
    path = "/api/admin/silences",
    tag = "alerts",
    responses((status = 200, description = "The silences", body = Envelope<Vec<SilenceRow>>))
)]
pub(crate) async fn silences(
    State(notifications): State<Arc<Notifications>>,
) -> Json<Envelope<Vec<SilenceRow>>> {
    Envelope::of(notifications.silences().into_iter().map(SilenceRow::from).collect())
}

/// Creates a silence: matching alerts are recorded without notifications.
#[utoipa::path(
    post,
    path = "/api/admin/silences",
    tag = "alerts",
    request_body = SilenceBody,
    responses(
        (status = 200, description = "The silence", body = Envelope<SilenceRow>),
        (status = 400, description = "Invalid field", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn add_silence(
    State(silences): State<SilenceService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<SilenceRow>>, ApiError> {
    let request: SilenceBody = body::read(&headers, body, MAX_BODY_BYTES, "Invalid silence").await?;
    let time = |field: &str, text: Option<&str>| {
        let parsed =
            text.map(|text| parse_time(text).map_err(|error| bad_request(format!("{field}: {error}"))));
        parsed.transpose()
    };
    let new = NewSilence {
        start: time("start", request.start.as_deref())?,
        end: time("end", request.end.as_deref())?.map_or(SilenceEnd::Default, SilenceEnd::At),
        id: request.id,
        name: request.name,
        matchers: request.matchers,
        weekly: request.weekly,
        author: request.author,
        comment: request.reason,
    };
    let created = run_blocking(move || silences.create(&actor, new)).await??;
    Ok(Envelope::of(created.into()))
}

/// Expires a silence; one that has not started is removed.
#[utoipa::path(
    delete,
    path = "/api/admin/silences/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the silence")),
    responses(
        (status = 200, description = "The silence is expired", body = Envelope<Done>),
        (status = 404, description = "Unknown id, or already expired", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure)
    )
)]
pub(crate) async fn end_silence(
    State(silences): State<SilenceService>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    run_blocking(move || silences.expire(&actor, &id)).await??;
    Ok(Envelope::of(Done::default()))
}

/// Acknowledges an alert: no repeats or escalations until it resolves.
#[utoipa::path(
    post,
    path = "/api/admin/alerts/acknowledge",
    tag = "alerts",
    request_body = AcknowledgeBody,
    responses(
        (status = 200, description = "The alert is acknowledged", body = Envelope<Done>),
        (status = 400, description = "Invalid field", body = Failure),
        (status = 404, description = "Unknown alert, or not firing", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn acknowledge(
    State(acknowledgements): State<AcknowledgementService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let request: AcknowledgeBody =
        body::read(&headers, body, MAX_BODY_BYTES, "Invalid acknowledgement").await?;
    let author = required(("author", request.author), ("who", request.who))?;
    let comment = optional(("comment", request.comment), ("why", request.why))?.unwrap_or_default();
    let key = AlertKey { rule: request.rule, labels: request.labels };
    run_blocking(move || acknowledgements.add(&actor, &key, (&author, &comment))).await??;
    Ok(Envelope::of(Done::default()))
}

/// Removes an acknowledgement: repeats and escalations start again from now.
#[utoipa::path(
    delete,
    path = "/api/admin/alerts/acknowledge",
    tag = "alerts",
    request_body = UnacknowledgeBody,
    responses(
        (status = 200, description = "The acknowledgement is removed", body = Envelope<Done>),
        (status = 400, description = "Invalid field", body = Failure),
        (status = 404, description = "Unknown alert, not firing, or not acknowledged", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn unacknowledge(
    State(acknowledgements): State<AcknowledgementService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let request: UnacknowledgeBody = body::read(&headers, body, MAX_BODY_BYTES, "Invalid request").await?;
    let key = AlertKey { rule: request.rule, labels: request.labels };
    run_blocking(move || acknowledgements.remove(&actor, &key)).await??;
    Ok(Envelope::of(Done::default()))
}

/// Removes an acknowledgement. Use `DELETE /api/admin/alerts/acknowledge` instead.
#[utoipa::path(
    post,
    path = "/api/admin/alerts/acknowledge/withdraw",
    tag = "alerts",
    request_body = UnacknowledgeBody,
    responses(
        (status = 200, description = "The acknowledgement is removed", body = Envelope<Done>),
        (status = 400, description = "Invalid field", body = Failure),
        (status = 404, description = "Unknown alert, not firing, or not acknowledged", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn withdraw(
    acknowledgements: State<AcknowledgementService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Done>>, ApiError> {
    unacknowledge(acknowledgements, actor, headers, body).await
}
