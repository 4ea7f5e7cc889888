//! `/api/admin/users`: who signs in, for administrators.

use super::{ApiError, Envelope, Failure, Shared, bad, body};
use crate::access::{Access, AccessError, ChangeError, UserChange};
use crate::audit::Actor;
use crate::ticker;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use watchglass_access::{BookError, Role, User};
use watchglass_export::written;

/// The longest body that is read, in bytes: room for the longest password, each byte escaped as six.
const LONGEST: usize = 4 << 10;

/// A person who signs in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserRow {
    /// The name, in lower case.
    name: String,
    /// `admin` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
    /// Whether signing in is forbidden.
    disabled: bool,
    /// Whether a second factor is asked for when they sign in.
    second_factor: bool,
    /// Since when there is this person, in RFC 3339.
    created: String,
}

/// A person who is to be able to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserBody {
    /// The name: letters a to z, digits and any of `.-_@`; capitals do not matter.
    name: String,
    /// `admin` or `viewer`.
    #[schema(value_type = String)]
    role: Role,
    /// The first password, 8 to 256 bytes.
    password: String,
}

/// What is to be another with a person. What is missing stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChangeBody {
    /// `admin` or `viewer`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// Whether signing in is forbidden.
    #[serde(default)]
    disabled: Option<bool>,
    /// A new password, 8 to 256 bytes.
    #[serde(default)]
    password: Option<String>,
    /// `false` removes their second factor; only they can switch one on.
    #[serde(default)]
    second_factor: Option<bool>,
}

/// All people, by name.
#[utoipa::path(
    get,
    path = "/api/admin/users",
    tag = "access",
    responses((status = 200, description = "The people", body = Envelope<Vec<UserRow>>))
)]
pub(crate) async fn users(State(shared): State<Shared>) -> Json<Envelope<Vec<UserRow>>> {
    Envelope::of(shared.access.look_up(|book| book.users().map(user).collect()))
}

/// Adds a person.
#[utoipa::path(
    post,
    path = "/api/admin/users",
    tag = "access",
    request_body = UserBody,
    responses(
        (status = 200, description = "The person", body = Envelope<UserRow>),
        (status = 400, description = "The name, the role or the password cannot be", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 409, description = "Somebody has the name, or there are too many", body = Failure),
        (status = 413, description = "It is longer than 4 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure),
        (status = 503, description = "Too many passwords are being looked at", body = Failure)
    )
)]
pub(crate) async fn add_user(
    State(shared): State<Shared>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<UserRow>>, ApiError> {
    let UserBody { name, role, password } = read(&headers, body).await?;
    change(&shared, move |access| {
        access.add_user(&actor, &name, role, password, ticker::now())?;
        one(access, &name)
    })
    .await
}

/// Changes a person: forbids or allows signing in, sets a role or a password. Their sessions end, unless nothing but signing in
/// is allowed again.
#[utoipa::path(
    patch,
    path = "/api/admin/users/{name}",
    tag = "access",
    params(("name" = String, Path, description = "Name of the person")),
    request_body = UserChangeBody,
    responses(
        (status = 200, description = "The person", body = Envelope<UserRow>),
        (status = 400, description = "The role or the password cannot be", body = Failure),
        (status = 404, description = "There is nobody of that name", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 409, description = "No other administrator could sign in, or there is no second factor to remove", body = Failure),
        (status = 413, description = "It is longer than 4 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure),
        (status = 503, description = "Too many passwords are being looked at", body = Failure)
    )
)]
pub(crate) async fn change_user(
    State(shared): State<Shared>,
    actor: Actor,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<UserRow>>, ApiError> {
    let UserChangeBody { role, disabled, password, second_factor } = read(&headers, body).await?;
    if second_factor == Some(true) {
        return Err(bad(
            "second_factor can only be false: only the person whose it is can switch one on".to_owned()
        ));
    }
    let is_factor_off = second_factor == Some(false);
    change(&shared, move |access| {
        access.change_user(
            &actor,
            &name,
            UserChange { role, disabled, password, is_factor_off },
            ticker::now(),
        )?;
        one(access, &name)
    })
    .await
}

/// What was sent. What is wrong with it is not repeated: it may be a password.
pub(super) async fn read<T: serde::de::DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, ApiError> {
    let bytes = body::read_json(headers, body, LONGEST).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        bad(format!("This is not what can be changed ({place}): /api/docs has the fields"))
    })
}

fn user(user: &User) -> UserRow {
    UserRow {
        name: user.name.clone(),
        role: user.role,
        disabled: user.disabled,
        second_factor: user.factor.is_some(),
        created: written(user.created),
    }
}

/// The person as they are now.
fn one(access: &Access, name: &str) -> Result<UserRow, ChangeError> {
    let name = name.to_ascii_lowercase();
    let found = access.look_up(|book| book.users().find(|user| user.name == name).map(self::user));
    found.ok_or_else(|| AccessError::from(BookError::NoUser(name)).into())
}

/// Changes who may call, on a thread that may wait.
pub(super) async fn change<T: Send + 'static>(
    shared: &Shared,
    change: impl FnOnce(&Access) -> Result<T, ChangeError> + Send + 'static,
) -> Result<Json<Envelope<T>>, ApiError> {
    let access = Arc::clone(&shared.access);
    let done = shared.ask(move |_| change(&access)).await?.map_err(|error| {
        let (status, code) = error.answer();
        ApiError::new(status, code, error.said())
    })?;
    Ok(Envelope::of(done))
}
