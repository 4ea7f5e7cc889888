//! `/api/admin/tokens` and `/api/admin/sessions`: with what programs and browsers prove who they are, for administrators.

use super::users::{change, read};
use super::{ApiError, Done, Envelope, Failure, Shared, bad};
use crate::access::MOST_DAYS;
use crate::audit::Actor;
use crate::ticker;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchglass_access::{Role, Session, Token};
use watchglass_export::written;

/// A token: the token itself was shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenRow {
    /// By which it is taken back.
    id: String,
    /// What it is for.
    name: String,
    /// `admin`, `viewer` or `ingest`.
    #[schema(value_type = String)]
    role: Role,
    /// `good`, `expired` or `revoked`.
    state: String,
    /// When it was made, in RFC 3339.
    created: String,
    /// When it was used last, to the minute; `null` for never.
    used: Option<String>,
    /// When it ceases to be good; `null` for one that is good until it is revoked.
    expires: Option<String>,
}

/// A token that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// What it is for, 1 to 64 bytes.
    name: String,
    /// `admin`, `viewer` or `ingest`.
    #[schema(value_type = String)]
    role: Role,
    /// How many days it is good, from 1 to 3650; without them, until it is revoked.
    #[serde(default)]
    days: Option<u32>,
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// By which it is taken back.
    id: String,
    /// The token itself: it is shown this once.
    token: String,
}

/// All tokens that are good, or were in the last 30 days; the oldest first.
#[utoipa::path(
    get,
    path = "/api/admin/tokens",
    tag = "access",
    responses((status = 200, description = "The tokens", body = Envelope<Vec<TokenRow>>))
)]
pub(crate) async fn tokens(State(shared): State<Shared>) -> Json<Envelope<Vec<TokenRow>>> {
    let now = ticker::now();
    let row = |token: &Token| TokenRow {
        id: token.digest.short(),
        name: token.name.clone(),
        role: token.role,
        state: token.standing(now).to_string(),
        created: written(token.created),
        used: token.used.map(written),
        expires: token.expires.map(written),
    };
    Envelope::of(shared.access.look_up(|book| book.tokens().into_iter().map(row).collect()))
}

/// Makes a token.
#[utoipa::path(
    post,
    path = "/api/admin/tokens",
    tag = "access",
    request_body = TokenBody,
    responses(
        (status = 200, description = "The token", body = Envelope<MadeToken>),
        (status = 400, description = "The name, the role or the days cannot be", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 409, description = "There are too many", body = Failure),
        (status = 413, description = "It is longer than 4 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure)
    )
)]
pub(crate) async fn add_token(
    State(shared): State<Shared>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<MadeToken>>, ApiError> {
    let TokenBody { name, role, days } = read(&headers, body).await?;
    if let Some(days) = days.filter(|days| !(1..=MOST_DAYS).contains(days)) {
        return Err(bad(format!("days is {days}: it must be from 1 to {MOST_DAYS}")));
    }
    change(&shared, move |access| {
        let secret = access.add_token(&actor, &name, role, days, ticker::now())?;
        Ok(MadeToken { id: secret.digest().short(), token: secret.text() })
    })
    .await
}

/// Takes a token back: it is good no more.
#[utoipa::path(
    delete,
    path = "/api/admin/tokens/{id}",
    tag = "access",
    params(("id" = String, Path, description = "Id of the token")),
    responses(
        (status = 200, description = "It is good no more", body = Envelope<Done>),
        (status = 404, description = "There is none with that id that is good", body = Failure)
    )
)]
pub(crate) async fn revoke_token(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    change(&shared, move |access| {
        access.revoke_token(&actor, &id, ticker::now())?;
        Ok(Done::default())
    })
    .await
}

/// A browser in which somebody is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionRow {
    /// By which it is ended.
    id: String,
    /// Who is signed in.
    user: String,
    /// Since when, in RFC 3339.
    created: String,
    /// When it was used last, to the minute.
    used: String,
    /// When it is over unless it is used.
    ends: String,
}

/// All sessions that are not over, the oldest first.
#[utoipa::path(
    get,
    path = "/api/admin/sessions",
    tag = "access",
    responses((status = 200, description = "The sessions", body = Envelope<Vec<SessionRow>>))
)]
pub(crate) async fn sessions(State(shared): State<Shared>) -> Json<Envelope<Vec<SessionRow>>> {
    let row = |session: &Session| SessionRow {
        id: session.digest.to_string(),
        user: session.user.clone(),
        created: written(session.created),
        used: written(session.used),
        ends: written(session.ends()),
    };
    let now = ticker::now();
    Envelope::of(shared.access.look_up(|book| book.sessions(now).into_iter().map(row).collect()))
}

/// Ends a session, and its live connections.
#[utoipa::path(
    delete,
    path = "/api/admin/sessions/{id}",
    tag = "access",
    params(("id" = String, Path, description = "Id of the session")),
    responses(
        (status = 200, description = "It has ended", body = Envelope<Done>),
        (status = 404, description = "There is none with that id that is not over", body = Failure)
    )
)]
pub(crate) async fn end_session(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    change(&shared, move |access| {
        access.end_session(&actor, &id, None, ticker::now())?;
        Ok(Done::default())
    })
    .await
}
