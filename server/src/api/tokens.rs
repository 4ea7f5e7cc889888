//! `/api/admin/tokens` and `/api/admin/sessions`: API tokens and sessions, for admins.

use super::users::read;
use crate::access::Access;
use crate::audit::Actor;
use crate::clock;
use crate::http::{ApiError, BodyErrors, Done, Envelope, Failure, run_blocking};
use crate::services::{SessionService, TokenService};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use watchglass_auth::{Role, Session, Token, TokenState};
use watchglass_reports::format_rfc3339;

/// API token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenRow {
    /// Id.
    id: String,
    /// Name.
    name: String,
    /// `admin`, `viewer` or `ingest`.
    #[schema(value_type = String)]
    role: Role,
    /// `active`, `expired` or `revoked`.
    status: &'static str,
    /// Deprecated: the same as `status`, with `good` for `active`.
    #[schema(deprecated)]
    state: String,
    /// Creation time, in RFC 3339.
    created: String,
    /// Last use, to the minute, in RFC 3339; `null` if never used.
    used: Option<String>,
    /// Expiry, in RFC 3339; `null` for a token that does not expire.
    expires: Option<String>,
}

/// API token to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// Name, 1 to 64 bytes.
    name: String,
    /// `admin`, `viewer` or `ingest`.
    #[schema(value_type = String)]
    role: Role,
    /// Lifetime in days, from 1 to 3650; without it the token does not expire.
    #[serde(default)]
    days: Option<u32>,
}

/// Created API token.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeToken)]
pub(crate) struct CreatedToken {
    /// Id.
    id: String,
    /// Secret of the token; it is not shown again.
    token: String,
}

/// Lists the tokens, oldest first; expired and revoked ones for 30 days.
#[utoipa::path(
    get,
    path = "/api/admin/tokens",
    tag = "access",
    responses((status = 200, description = "The tokens", body = Envelope<Vec<TokenRow>>))
)]
pub(crate) async fn tokens(State(access): State<Arc<Access>>) -> Json<Envelope<Vec<TokenRow>>> {
    let now = clock::now();
    let row = |token: &Token| TokenRow {
        id: token.digest.short(),
        name: token.name.clone(),
        role: token.role,
        status: match token.state(now) {
            TokenState::Active => "active",
            TokenState::Expired(_) => "expired",
            TokenState::Revoked(_) => "revoked",
        },
        state: token.state(now).to_string(),
        created: format_rfc3339(token.created),
        used: token.used.map(format_rfc3339),
        expires: token.expires.map(format_rfc3339),
    };
    Envelope::of(access.with_accounts(|accounts| accounts.tokens().into_iter().map(row).collect()))
}

/// Creates a token.
#[utoipa::path(
    post,
    path = "/api/admin/tokens",
    tag = "access",
    request_body = TokenBody,
    responses(
        (status = 200, description = "The token", body = Envelope<CreatedToken>),
        (status = 400, description = "Invalid name, role or lifetime", body = Failure),
        (status = 409, description = "Too many tokens", body = Failure),
        (status = 507, description = "Write to the data directory failed; nothing has changed", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn add_token(
    State(tokens): State<TokenService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<CreatedToken>>, ApiError> {
    let TokenBody { name, role, days } = read(&headers, body).await?;
    let secret = run_blocking(move || tokens.create(&actor, &name, role, days, clock::now())).await??;
    Ok(Envelope::of(CreatedToken { id: secret.digest().short(), token: secret.text() }))
}

/// Revokes a token.
#[utoipa::path(
    delete,
    path = "/api/admin/tokens/{id}",
    tag = "access",
    params(("id" = String, Path, description = "Id of the token")),
    responses(
        (status = 200, description = "The token is revoked", body = Envelope<Done>),
        (status = 404, description = "Unknown id, or no longer valid", body = Failure),
        (status = 507, description = "Write to the data directory failed; nothing has changed", body = Failure)
    )
)]
pub(crate) async fn revoke_token(
    State(tokens): State<TokenService>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    run_blocking(move || tokens.revoke(&actor, &id, clock::now())).await??;
    Ok(Envelope::of(Done::default()))
}

/// Session of a signed-in browser.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionRow {
    /// Id.
    id: String,
    /// Username.
    user: String,
    /// Sign-in time, in RFC 3339.
    created: String,
    /// Last use, to the minute, in RFC 3339.
    used: String,
    /// Expiry without further use, in RFC 3339.
    ends: String,
}

/// Lists the active sessions, oldest first.
#[utoipa::path(
    get,
    path = "/api/admin/sessions",
    tag = "access",
    responses((status = 200, description = "The sessions", body = Envelope<Vec<SessionRow>>))
)]
pub(crate) async fn sessions(State(access): State<Arc<Access>>) -> Json<Envelope<Vec<SessionRow>>> {
    let row = |session: &Session| SessionRow {
        id: session.digest.to_string(),
        user: session.user.clone(),
        created: format_rfc3339(session.created),
        used: format_rfc3339(session.used),
        ends: format_rfc3339(session.expires_at()),
    };
    let now = clock::now();
    Envelope::of(access.with_accounts(|accounts| accounts.sessions(now).into_iter().map(row).collect()))
}

/// Ends a session and its live connections.
#[utoipa::path(
    delete,
    path = "/api/admin/sessions/{id}",
    tag = "access",
    params(("id" = String, Path, description = "Id of the session")),
    responses(
        (status = 200, description = "The session is ended", body = Envelope<Done>),
        (status = 404, description = "Unknown id, or already ended", body = Failure),
        (status = 507, description = "Write to the data directory failed; nothing has changed", body = Failure)
    )
)]
pub(crate) async fn end_session(
    State(sessions): State<SessionService>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    run_blocking(move || sessions.end(&actor, &id, clock::now())).await??;
    Ok(Envelope::of(Done::default()))
}
