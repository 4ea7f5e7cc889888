//! `/api/heartbeat/{name}` for jobs, and `/api/admin/heartbeats`: expected heartbeats.

use crate::audit::Actor;
use crate::clock;
use crate::heartbeats::{DurationText, HeartbeatState, Heartbeats, NewHeartbeat};
use crate::http::{ApiError, BodyErrors, Done, Envelope, Failure, body, run_blocking};
use crate::services::HeartbeatService;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoResponses, ToSchema};
use watchglass_auth::Credential;
use watchglass_model::Timestamp;

/// Body size limit, in bytes.
const MAX_BODY_BYTES: usize = 4 << 10;

/// Heartbeat to expect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeartbeatBody {
    /// Name: 1 to 64 characters of `a-z`, `0-9`, `_` and `-`.
    #[schema(example = "backup")]
    name: String,
    /// Time between two heartbeats, such as `1d`, or in seconds.
    #[schema(value_type = String, example = "1d")]
    period: DurationText,
    /// Time that a heartbeat may be overdue, such as `1h`, or in seconds; five minutes by default.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "1h")]
    grace: Option<DurationText>,
}

/// Expected heartbeat.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeartbeatRow {
    /// Name.
    name: String,
    /// `waiting`, `ok`, `late` or `failed`.
    status: &'static str,
    /// Time between two heartbeats, in seconds.
    period_seconds: u32,
    /// Time that a heartbeat may be overdue, in seconds.
    grace_seconds: u32,
    /// Last signal, in milliseconds since 1970; `null` if there was none.
    last_received: Option<i64>,
    /// When the next one is expected, in milliseconds since 1970.
    next_expected: i64,
    /// Since when it is expected, in milliseconds since 1970.
    since: i64,
    /// Number of signals.
    received: u64,
    /// Whether it is in the configuration file, and cannot be removed here.
    in_file: bool,
}

impl From<HeartbeatState> for HeartbeatRow {
    fn from(HeartbeatState { heartbeat, status }: HeartbeatState) -> Self {
        Self {
            status: status.name(),
            next_expected: heartbeat.next_expected().millis(),
            name: heartbeat.name,
            period_seconds: heartbeat.period_seconds,
            grace_seconds: heartbeat.grace_seconds,
            last_received: heartbeat.last_received.map(Timestamp::millis),
            since: heartbeat.since.millis(),
            received: heartbeat.received,
            in_file: heartbeat.is_in_file,
        }
    }
}

/// Errors of a signal.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described")]
enum SignalErrors {
    /// Invalid name
    #[response(status = 400)]
    InvalidName(Failure),
    /// No heartbeat with this name is expected
    #[response(status = 404)]
    Unknown(Failure),
    /// In effect, but saved in memory only
    #[response(status = 507)]
    NotSaved(Failure),
}

/// Records that a job is alive or has finished. The body is ignored. The response is sent when the heartbeat is on disk.
#[utoipa::path(
    post,
    path = "/api/heartbeat/{name}",
    tag = "applications",
    params(("name" = String, Path, description = "Name of the heartbeat")),
    responses((status = 200, description = "Received and saved", body = Envelope<HeartbeatRow>), SignalErrors)
)]
pub(crate) async fn beat(
    service: State<HeartbeatService>,
    actor: Actor,
    name: Path<String>,
) -> Result<Json<Envelope<HeartbeatRow>>, ApiError> {
    receive(service, actor, name, false).await
}

/// The same, for clients that cannot send POST. Needs a token: links to this server must not send heartbeats.
#[utoipa::path(
    get,
    path = "/api/heartbeat/{name}",
    tag = "applications",
    params(("name" = String, Path, description = "Name of the heartbeat")),
    responses((status = 200, description = "Received and saved", body = Envelope<HeartbeatRow>), SignalErrors)
)]
pub(crate) async fn beat_by_get(
    service: State<HeartbeatService>,
    actor: Actor,
    name: Path<String>,
) -> Result<Json<Envelope<HeartbeatRow>>, ApiError> {
    require_token(&actor)?;
    receive(service, actor, name, false).await
}

/// Records that a job has failed, which alerts at once. The next heartbeat resolves the alert.
#[utoipa::path(
    post,
    path = "/api/heartbeat/{name}/fail",
    tag = "applications",
    params(("name" = String, Path, description = "Name of the heartbeat")),
    responses((status = 200, description = "Received and saved", body = Envelope<HeartbeatRow>), SignalErrors)
)]
pub(crate) async fn fail(
    service: State<HeartbeatService>,
    actor: Actor,
    name: Path<String>,
) -> Result<Json<Envelope<HeartbeatRow>>, ApiError> {
    receive(service, actor, name, true).await
}

/// The same, for clients that cannot send POST. Needs a token.
#[utoipa::path(
    get,
    path = "/api/heartbeat/{name}/fail",
    tag = "applications",
    params(("name" = String, Path, description = "Name of the heartbeat")),
    responses((status = 200, description = "Received and saved", body = Envelope<HeartbeatRow>), SignalErrors)
)]
pub(crate) async fn fail_by_get(
    service: State<HeartbeatService>,
    actor: Actor,
    name: Path<String>,
) -> Result<Json<Envelope<HeartbeatRow>>, ApiError> {
    require_token(&actor)?;
    receive(service, actor, name, true).await
}

/// A link on another site can make the browser of a signed-in user send GET, with the session.
fn require_token(actor: &Actor) -> Result<(), ApiError> {
    let credential = actor.principal().map(|principal| &principal.credential);
    if matches!(credential, Some(Credential::Token(_))) {
        return Ok(());
    }
    let message = "GET sends a heartbeat only with a token, not with a session".to_owned();
    Err(ApiError::new(StatusCode::FORBIDDEN, "token_required", message))
}

async fn receive(
    State(service): State<HeartbeatService>,
    actor: Actor,
    Path(name): Path<String>,
    is_failed: bool,
) -> Result<Json<Envelope<HeartbeatRow>>, ApiError> {
    let received = run_blocking(move || service.receive(&actor, (&name, is_failed), clock::now())).await??;
    Ok(Envelope::of(received.into()))
}

/// Lists the expected heartbeats by name.
#[utoipa::path(
    get,
    path = "/api/admin/heartbeats",
    tag = "alerts",
    responses((status = 200, description = "The heartbeats", body = Envelope<Vec<HeartbeatRow>>))
)]
pub(crate) async fn heartbeats(
    State(heartbeats): State<Arc<Heartbeats>>,
) -> Json<Envelope<Vec<HeartbeatRow>>> {
    Envelope::of(heartbeats.list(clock::now()).into_iter().map(HeartbeatRow::from).collect())
}

/// Adds a heartbeat, which is expected from now on.
#[utoipa::path(
    post,
    path = "/api/admin/heartbeats",
    tag = "alerts",
    request_body = HeartbeatBody,
    responses(
        (status = 200, description = "The heartbeat", body = Envelope<HeartbeatRow>),
        (status = 400, description = "Invalid field", body = Failure),
        (status = 409, description = "The name exists, or there are 100 heartbeats", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn add_heartbeat(
    State(service): State<HeartbeatService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<HeartbeatRow>>, ApiError> {
    let HeartbeatBody { name, period, grace } =
        body::read(&headers, body, MAX_BODY_BYTES, "Invalid heartbeat").await?;
    let new = NewHeartbeat { name, period, grace };
    let added = run_blocking(move || service.add(&actor, &new, clock::now())).await??;
    Ok(Envelope::of(added.into()))
}

/// Removes a heartbeat. Its alert is resolved.
#[utoipa::path(
    delete,
    path = "/api/admin/heartbeats/{name}",
    tag = "alerts",
    params(("name" = String, Path, description = "Name of the heartbeat")),
    responses(
        (status = 200, description = "The heartbeat is removed", body = Envelope<Done>),
        (status = 404, description = "Unknown name", body = Failure),
        (status = 409, description = "It is in the configuration file", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure)
    )
)]
pub(crate) async fn remove_heartbeat(
    State(service): State<HeartbeatService>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    run_blocking(move || service.remove(&actor, &name)).await??;
    Ok(Envelope::of(Done::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditLog;
    use watchglass_auth::{Principal, Role, Secret};

    #[test]
    fn heartbeats_by_get_need_a_token() {
        let folder = tempfile::tempdir().unwrap();
        let anonymous = Actor::new(Arc::new(AuditLog::open(folder.path()).unwrap()), None, None);
        let digest = || Secret::new([1; 32]).digest();
        for (credential, is_allowed) in
            [(Credential::Token(digest()), true), (Credential::Session(digest()), false)]
        {
            let principal = Principal { credential, name: "ada".to_owned(), role: Role::Admin };
            assert_eq!(require_token(&anonymous.signed_in_as(&principal)).is_ok(), is_allowed);
        }
        assert!(require_token(&anonymous).is_err());
    }
}
