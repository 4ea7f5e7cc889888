//! `/api/admin/users`: users, for admins.

use crate::access::Access;
use crate::audit::Actor;
use crate::clock;
use crate::http::{ApiError, BodyErrors, Envelope, Failure, bad_request, body, run_blocking};
use crate::services::{AccountError, UserChange, UserService};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use watchglass_auth::{AccountsError, Role, User};
use watchglass_reports::format_rfc3339;

/// Body size limit, in bytes: enough for the longest password with each byte escaped as six.
const MAX_BODY_BYTES: usize = 4 << 10;

/// User.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserRow {
    /// Username, in lower case.
    name: String,
    /// `admin` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
    /// Whether sign-in is disabled.
    disabled: bool,
    /// Whether two-factor authentication is enabled.
    second_factor: bool,
    /// Creation time, in RFC 3339.
    created: String,
}

/// User to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserBody {
    /// Username: letters a to z, digits and any of `.-_@`; case-insensitive.
    name: String,
    /// `admin` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
    /// Initial password, 8 to 256 bytes.
    password: String,
}

/// Change of a user; missing fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChangeBody {
    /// `admin` or `viewer`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// Whether sign-in is disabled.
    #[serde(default)]
    disabled: Option<bool>,
    /// New password, 8 to 256 bytes.
    #[serde(default)]
    password: Option<String>,
    /// `false` disables two-factor authentication; only the user can enable it.
    #[serde(default)]
    second_factor: Option<bool>,
}

/// Lists all users, by name.
#[utoipa::path(
    get,
    path = "/api/admin/users",
    tag = "access",
    responses((status = 200, description = "The users", body = Envelope<Vec<UserRow>>))
)]
pub(crate) async fn users(State(access): State<Arc<Access>>) -> Json<Envelope<Vec<UserRow>>> {
    Envelope::of(access.with_accounts(|accounts| accounts.users().map(user_row).collect()))
}

/// Creates a user.
#[utoipa::path(
    post,
    path = "/api/admin/users",
    tag = "access",
    request_body = UserBody,
    responses(
        (status = 200, description = "The user", body = Envelope<UserRow>),
        (status = 400, description = "Invalid username, role or password", body = Failure),
        (status = 409, description = "Username taken, or too many users", body = Failure),
        (status = 503, description = "Too many concurrent password checks", body = Failure),
        (status = 507, description = "Write to the data directory failed; nothing has changed", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn add_user(
    State(users): State<UserService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<UserRow>>, ApiError> {
    let UserBody { name, role, password } = read(&headers, body).await?;
    let row = run_blocking(move || {
        users.add(&actor, &name, role, password, clock::now())?;
        find_user(&users.access, &name)
    });
    Ok(Envelope::of(row.await??))
}

/// Changes a user: disables or enables sign-in, or sets the role or the password. The user's sessions end, unless the change
/// only enables sign-in.
#[utoipa::path(
    patch,
    path = "/api/admin/users/{name}",
    tag = "access",
    params(("name" = String, Path, description = "Username")),
    request_body = UserChangeBody,
    responses(
        (status = 200, description = "The user", body = Envelope<UserRow>),
        (status = 400, description = "Invalid role or password", body = Failure),
        (status = 404, description = "Unknown user", body = Failure),
        (status = 409, description = "Last admin that can sign in, or two-factor authentication not enabled", body = Failure),
        (status = 503, description = "Too many concurrent password checks", body = Failure),
        (status = 507, description = "Write to the data directory failed; nothing has changed", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn change_user(
    State(users): State<UserService>,
    actor: Actor,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<UserRow>>, ApiError> {
    let UserChangeBody { role, disabled, password, second_factor } = read(&headers, body).await?;
    if second_factor == Some(true) {
        return Err(bad_request("second_factor can only be false: only the user can enable it".to_owned()));
    }
    let change = UserChange { role, disabled, password, remove_second_factor: second_factor == Some(false) };
    let row = run_blocking(move || {
        users.change(&actor, &name, change, clock::now())?;
        find_user(&users.access, &name)
    });
    Ok(Envelope::of(row.await??))
}

/// Reads a JSON body. Errors do not quote values: one could be a password.
pub(super) async fn read<T: serde::de::DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, ApiError> {
    let bytes = body::read_json(headers, body, MAX_BODY_BYTES).await?;
    watchglass_json::from_slice(&bytes)
        .map_err(|error| bad_request(format!("Invalid request: {}", error.without_value())))
}

fn user_row(user: &User) -> UserRow {
    UserRow {
        name: user.name.clone(),
        role: user.role,
        disabled: user.disabled,
        second_factor: user.second_factor.is_some(),
        created: format_rfc3339(user.created),
    }
}

/// Current data of a user.
fn find_user(access: &Access, name: &str) -> Result<UserRow, AccountError> {
    let name = name.to_ascii_lowercase();
    let found =
        access.with_accounts(|accounts| accounts.users().find(|user| user.name == name).map(user_row));
    Ok(found.ok_or(AccountsError::UnknownUser(name))?)
}
