//! `/api/admin/silences` and `/api/admin/alerts/acknowledge`: silences and acknowledgements.

use crate::app_state::AppState;
use crate::audit::{AuditContext, edit_silence, record_acknowledgement};
use crate::http::{ApiError, Done, Envelope, Failure, bad_request, body};
use crate::notifications::DEFAULT_SILENCE_DURATION;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchglass_dispatch::{AcknowledgeError, Silence, TimeInterval};
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
    /// User who acknowledges.
    who: String,
    /// Comment.
    #[serde(default)]
    why: String,
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
pub(crate) async fn silences(State(state): State<AppState>) -> Json<Envelope<Vec<SilenceRow>>> {
    Envelope::of(state.notifications.silences().into_iter().map(SilenceRow::from).collect())
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
        (status = 408, description = "The body did not arrive within 10 s", body = Failure),
        (status = 413, description = "The body is longer than 64 KiB", body = Failure),
        (status = 415, description = "Content-Type is not application/json", body = Failure)
    )
)]
pub(crate) async fn add_silence(
    State(state): State<AppState>,
    actor: AuditContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<SilenceRow>>, ApiError> {
    let request: SilenceBody = body::read(&headers, body, MAX_BODY_BYTES, "Invalid silence").await?;
    let now = state.metrics.newest_time().unwrap_or_default();
    let time =
        |field: &str, text: &str| parse_time(text).map_err(|error| bad_request(format!("{field}: {error}")));
    let start = request.start.as_deref().map_or(Ok(now), |text| time("start", text))?;
    let end = match request.end.as_deref() {
        Some(text) => Some(time("end", text)?),
        None if request.weekly.is_some() => None,
        None => Some(start + DEFAULT_SILENCE_DURATION),
    };
    let silence = Silence {
        id: request.id.unwrap_or_else(|| state.notifications.free_silence_id(now)),
        name: request.name,
        matchers: request.matchers,
        start,
        end,
        weekly: request.weekly,
        author: request.author,
        reason: request.reason,
    };
    let added = silence.clone();
    edit_silence(&state.notifications, &actor, &silence.id, || state.notifications.put_silence(added, now))
        .map_err(|error| bad_request(error.to_string()))?;
    tracing::info!(id = silence.id, author = silence.author, "silence created");
    Ok(Envelope::of(silence.into()))
}

/// Expires a silence; one that has not started is removed.
#[utoipa::path(
    delete,
    path = "/api/admin/silences/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the silence")),
    responses(
        (status = 200, description = "The silence is expired", body = Envelope<Done>),
        (status = 404, description = "Unknown id, or already expired", body = Failure)
    )
)]
pub(crate) async fn end_silence(
    State(state): State<AppState>,
    actor: AuditContext,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let now = state.metrics.newest_time().unwrap_or_default();
    let end = || state.notifications.expire_silence(&id, now).then_some(()).ok_or(());
    if edit_silence(&state.notifications, &actor, &id, end).is_err() {
        return Err(ApiError::not_found(&format!("/api/admin/silences/{id}")));
    }
    tracing::info!(id, "silence expired");
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
        (status = 408, description = "The body did not arrive within 10 s", body = Failure),
        (status = 413, description = "The body is longer than 64 KiB", body = Failure),
        (status = 415, description = "Content-Type is not application/json", body = Failure)
    )
)]
pub(crate) async fn acknowledge(
    State(state): State<AppState>,
    actor: AuditContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let request: AcknowledgeBody =
        body::read(&headers, body, MAX_BODY_BYTES, "Invalid acknowledgement").await?;
    let now = state.metrics.newest_time().unwrap_or_default();
    let key = AlertKey { rule: request.rule, labels: request.labels };
    let (who, why) = (&request.who, &request.why);
    state.notifications.acknowledge(&key, (who, why), now).map_err(|error| acknowledge_error(&error))?;
    record_acknowledgement(&actor, &key, Some((who, why)));
    tracing::info!(rule = key.rule, who, "alert acknowledged");
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
        (status = 408, description = "The body did not arrive within 10 s", body = Failure),
        (status = 413, description = "The body is longer than 64 KiB", body = Failure),
        (status = 415, description = "Content-Type is not application/json", body = Failure)
    )
)]
pub(crate) async fn unacknowledge(
    State(state): State<AppState>,
    actor: AuditContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let request: UnacknowledgeBody = body::read(&headers, body, MAX_BODY_BYTES, "Invalid request").await?;
    let now = state.metrics.newest_time().unwrap_or_default();
    let key = AlertKey { rule: request.rule, labels: request.labels };
    let removed = state.notifications.unacknowledge(&key, now).map_err(|error| acknowledge_error(&error))?;
    record_acknowledgement(&actor, &key, None);
    tracing::info!(rule = key.rule, who = removed.who, "alert unacknowledged");
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
        (status = 408, description = "The body did not arrive within 10 s", body = Failure),
        (status = 413, description = "The body is longer than 64 KiB", body = Failure),
        (status = 415, description = "Content-Type is not application/json", body = Failure)
    )
)]
pub(crate) async fn withdraw(
    state: State<AppState>,
    actor: AuditContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Done>>, ApiError> {
    unacknowledge(state, actor, headers, body).await
}

fn acknowledge_error(error: &AcknowledgeError) -> ApiError {
    let code = match error {
        AcknowledgeError::NotFiring(_) => "not_firing",
        AcknowledgeError::NotAcknowledged(_) => "not_acknowledged",
        AcknowledgeError::Field(_) => return bad_request(error.to_string()),
    };
    ApiError::new(StatusCode::NOT_FOUND, code, error.to_string())
}
