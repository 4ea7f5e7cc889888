//! `/api/admin/silences` and `/api/admin/alerts/acknowledge`: what people say to alerts.

use super::{ApiError, Done, Envelope, Failure, Shared, bad, body};
use crate::audit::{Actor, edit_silence, note_acknowledgement};
use crate::core::Core;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use watchglass_alerts::telling::{AcknowledgeError, Silence, Weekly};
use watchglass_alerts::{AlertKey, Matcher};
use watchglass_export::{parse_time, written};
use watchglass_model::Labels;

/// The longest body that is read, in bytes.
const LONGEST: usize = 64 << 10;
/// How long a silence lasts when nothing is said.
pub(crate) const USUAL_LENGTH: Duration = Duration::from_secs(2 * 3600);

/// A silence, as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilenceBody {
    /// What it is referred to by; made up when it is missing. That of a silence there is replaces it.
    #[serde(default)]
    id: Option<String>,
    /// What people call it.
    #[serde(default)]
    name: String,
    /// Which alerts: `label` is `rule`, `severity`, `component`, `subject` or a label; `operator` is `=`, `!=`, `=~` or `!~`.
    #[schema(value_type = Vec<Object>)]
    matchers: Vec<Matcher>,
    /// When it begins, in RFC 3339; now when it is missing.
    #[serde(default)]
    start: Option<String>,
    /// When it ends; two hours after its beginning when it is missing and has no weekly hours.
    #[serde(default)]
    end: Option<String>,
    /// The hours of the week in which it holds: `days`, `from`, `to`, `zone`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    weekly: Option<Weekly>,
    /// Who wants it.
    author: String,
    /// Why.
    reason: String,
}

/// A silence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SilenceRow {
    /// What it is referred to by.
    id: String,
    /// What people call it.
    name: String,
    /// Which alerts.
    #[schema(value_type = Vec<Object>)]
    matchers: Vec<Matcher>,
    /// When it begins, in RFC 3339.
    start: String,
    /// When it ends; `null` for one that comes back every week for ever.
    end: Option<String>,
    /// The hours of the week in which it holds.
    #[schema(value_type = Option<Object>)]
    weekly: Option<Weekly>,
    /// Who wanted it.
    author: String,
    /// Why.
    reason: String,
}

impl From<Silence> for SilenceRow {
    fn from(silence: Silence) -> Self {
        Self {
            start: written(silence.start),
            end: silence.end.map(written),
            id: silence.id,
            name: silence.name,
            matchers: silence.matchers,
            weekly: silence.weekly,
            author: silence.author,
            reason: silence.reason,
        }
    }
}

/// An alert that somebody looks after.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcknowledgeBody {
    /// Id of its rule.
    rule: String,
    /// Its labels, as the list of alerts has them.
    #[schema(value_type = Object)]
    labels: Labels,
    /// Who.
    who: String,
    /// Why.
    #[serde(default)]
    why: String,
}

/// An acknowledgement that is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawBody {
    /// Id of the rule of the alert.
    rule: String,
    /// Its labels, as the list of alerts has them.
    #[schema(value_type = Object)]
    labels: Labels,
}

/// All silences: those that hold, those to come, those that were over within seven days.
#[utoipa::path(
    get,
    path = "/api/admin/silences",
    tag = "alerts",
    responses((status = 200, description = "The silences", body = Envelope<Vec<SilenceRow>>))
)]
pub(crate) async fn silences(State(shared): State<Shared>) -> Json<Envelope<Vec<SilenceRow>>> {
    Envelope::of(shared.core.telling().silences().into_iter().map(SilenceRow::from).collect())
}

/// Adds a silence: what it is about is recorded, and not told.
#[utoipa::path(
    post,
    path = "/api/admin/silences",
    tag = "alerts",
    request_body = SilenceBody,
    responses(
        (status = 200, description = "The silence", body = Envelope<SilenceRow>),
        (status = 400, description = "A field that cannot be used", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 413, description = "It is longer than 64 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure)
    )
)]
pub(crate) async fn add_silence(
    State(shared): State<Shared>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<SilenceRow>>, ApiError> {
    let asked: SilenceBody = body::read(&headers, body, LONGEST, "This is no silence").await?;
    let now = shared.core.newest().unwrap_or_default();
    let time = |field: &str, text: &str| parse_time(text).map_err(|error| bad(format!("{field}: {error}")));
    let start = asked.start.as_deref().map_or(Ok(now), |text| time("start", text))?;
    let end = match asked.end.as_deref() {
        Some(text) => Some(time("end", text)?),
        None if asked.weekly.is_some() => None,
        None => Some(start + USUAL_LENGTH),
    };
    let silence = Silence {
        id: asked.id.unwrap_or_else(|| shared.core.telling().free_silence_id(now)),
        name: asked.name,
        matchers: asked.matchers,
        start,
        end,
        weekly: asked.weekly,
        author: asked.author,
        reason: asked.reason,
    };
    let added = silence.clone();
    edit_silence(&shared.core, &actor, &silence.id, |core| core.telling().put_silence(added, now))
        .map_err(|error| bad(error.to_string()))?;
    tracing::info!(id = silence.id, author = silence.author, "a silence was added");
    Ok(Envelope::of(silence.into()))
}

/// Ends a silence now; one that has not begun is removed.
#[utoipa::path(
    delete,
    path = "/api/admin/silences/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the silence")),
    responses(
        (status = 200, description = "It is over", body = Envelope<Done>),
        (status = 404, description = "There is none with that id that is not over", body = Failure)
    )
)]
pub(crate) async fn end_silence(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let now = shared.core.newest().unwrap_or_default();
    let end = |core: &Core| core.telling().end_silence(&id, now).then_some(()).ok_or(());
    if edit_silence(&shared.core, &actor, &id, end).is_err() {
        return Err(ApiError::not_found(&format!("/api/admin/silences/{id}")));
    }
    tracing::info!(id, "a silence was ended");
    Ok(Envelope::of(Done::default()))
}

/// Notes that somebody looks after an alert: it is neither repeated nor escalated until it is over.
#[utoipa::path(
    post,
    path = "/api/admin/alerts/acknowledge",
    tag = "alerts",
    request_body = AcknowledgeBody,
    responses(
        (status = 200, description = "It is noted", body = Envelope<Done>),
        (status = 400, description = "A field that cannot be used", body = Failure),
        (status = 404, description = "No such alert fires", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 413, description = "It is longer than 64 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure)
    )
)]
pub(crate) async fn acknowledge(
    State(shared): State<Shared>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let asked: AcknowledgeBody = body::read(&headers, body, LONGEST, "This acknowledges nothing").await?;
    let now = shared.core.newest().unwrap_or_default();
    let key = AlertKey { rule: asked.rule, labels: asked.labels };
    let (who, why) = (&asked.who, &asked.why);
    shared.core.telling().acknowledge(&key, (who, why), now).map_err(|error| refused(&error))?;
    note_acknowledgement(&actor, &key, Some((who, why)));
    tracing::info!(rule = key.rule, who, "an alert was acknowledged");
    Ok(Envelope::of(Done::default()))
}

/// Takes an acknowledgement back: the alert is repeated and escalated again, counted from now.
#[utoipa::path(
    post,
    path = "/api/admin/alerts/acknowledge/withdraw",
    tag = "alerts",
    request_body = WithdrawBody,
    responses(
        (status = 200, description = "Nobody looks after the alert any more", body = Envelope<Done>),
        (status = 400, description = "A field that cannot be used", body = Failure),
        (status = 404, description = "No such alert fires, or nobody has acknowledged it", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 413, description = "It is longer than 64 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure)
    )
)]
pub(crate) async fn withdraw(
    State(shared): State<Shared>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let asked: WithdrawBody = body::read(&headers, body, LONGEST, "This withdraws nothing").await?;
    let now = shared.core.newest().unwrap_or_default();
    let key = AlertKey { rule: asked.rule, labels: asked.labels };
    let taken_back = shared.core.telling().withdraw(&key, now).map_err(|error| refused(&error))?;
    note_acknowledgement(&actor, &key, None);
    tracing::info!(rule = key.rule, who = taken_back.who, "the acknowledgement of an alert was withdrawn");
    Ok(Envelope::of(Done::default()))
}

fn refused(error: &AcknowledgeError) -> ApiError {
    let code = match error {
        AcknowledgeError::NotFiring(_) => "not_firing",
        AcknowledgeError::NotAcknowledged(_) => "not_acknowledged",
        AcknowledgeError::Field(_) => return bad(error.to_string()),
    };
    ApiError::new(StatusCode::NOT_FOUND, code, error.to_string())
}
