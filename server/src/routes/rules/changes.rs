//! Changes of rules: each is written down before it is answered, and judged by from the next tick on.

use super::{LONGEST, RuleRow, read_rule, row};
use crate::audit::{Actor, edit_rule};
use crate::core::Core;
use crate::judging::RuleEditError;
use crate::routes::{ApiError, Done, Envelope, Failure, Shared, body};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

/// Whether a rule is judged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnabledBody {
    /// Whether it is.
    enabled: bool,
}

/// Adds a rule of your own.
#[utoipa::path(
    post,
    path = "/api/admin/rules",
    tag = "alerts",
    request_body(content = Object, content_type = "application/json", description = "A rule, as a configuration file has it"),
    responses(
        (status = 200, description = "The rule", body = Envelope<RuleRow>),
        (status = 400, description = "It is no rule, or its metric is none", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 409, description = "Another rule has its id, or there are too many", body = Failure),
        (status = 413, description = "It is longer than 64 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure),
        (status = 500, description = "The data folder does not take it: nothing has changed", body = Failure)
    )
)]
pub(crate) async fn create_rule(
    State(shared): State<Shared>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let rule = read_rule(&headers, body, None).await?;
    let id = rule.id.clone();
    change(&shared, actor, id, move |core| core.create_rule(rule)).await
}

/// Changes a rule that the program comes with or that is your own; or adds it. Of a rule that the program comes with,
/// what is not sent is as it comes.
#[utoipa::path(
    put,
    path = "/api/admin/rules/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the rule")),
    request_body(
        content = Object,
        content_type = "application/json",
        description = "A rule, as a configuration file has it; its id may be missing"
    ),
    responses(
        (status = 200, description = "The rule", body = Envelope<RuleRow>),
        (status = 400, description = "It is no rule, has another id, or its metric is none", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 409, description = "It is in the configuration file, or there are too many", body = Failure),
        (status = 413, description = "It is longer than 64 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure),
        (status = 500, description = "The data folder does not take it: nothing has changed", body = Failure)
    )
)]
pub(crate) async fn put_rule(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let rule = read_rule(&headers, body, Some(&id)).await?;
    change(&shared, actor, id, move |core| core.put_rule(rule)).await
}

/// Switches a rule on or off.
#[utoipa::path(
    put,
    path = "/api/admin/rules/{id}/enabled",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the rule")),
    request_body = EnabledBody,
    responses(
        (status = 200, description = "The rule", body = Envelope<RuleRow>),
        (status = 400, description = "A field that cannot be used", body = Failure),
        (status = 404, description = "There is no such rule", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 409, description = "It is in the configuration file", body = Failure),
        (status = 413, description = "It is longer than 64 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure),
        (status = 500, description = "The data folder does not take it: nothing has changed", body = Failure)
    )
)]
pub(crate) async fn enable_rule(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let asked: EnabledBody = body::read(&headers, body, LONGEST, "This switches nothing").await?;
    change(&shared, actor, id.clone(), move |core| core.enable_rule(&id, asked.enabled)).await
}

/// Removes a rule of your own; one that the program comes with is as it comes again.
#[utoipa::path(
    delete,
    path = "/api/admin/rules/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the rule")),
    responses(
        (status = 200, description = "It is removed, or as it comes with the program", body = Envelope<Done>),
        (status = 404, description = "There is no such rule", body = Failure),
        (status = 409, description = "It is in the configuration file, or nobody has changed it", body = Failure),
        (status = 500, description = "The data folder does not take it: nothing has changed", body = Failure)
    )
)]
pub(crate) async fn delete_rule(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let deleted = shared.ask(move |core| edit_rule(core, &actor, &id, |core| core.delete_rule(&id)));
    deleted.await?.map_err(|error| refused(&error))?;
    Ok(Envelope::of(Done::default()))
}

/// Changes the rules, and answers with the rule as it is then.
async fn change(
    shared: &Shared,
    actor: Actor,
    id: String,
    change: impl FnOnce(&Core) -> Result<(), RuleEditError> + Send + 'static,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let edited = id.clone();
    let done = shared.ask(move |core| edit_rule(core, &actor, &edited, change));
    done.await?.map_err(|error| refused(&error))?;
    row(shared, &id)
}

pub(super) fn refused(error: &RuleEditError) -> ApiError {
    let (status, code) = match error {
        RuleEditError::Rule(_) | RuleEditError::Metric { .. } => (StatusCode::BAD_REQUEST, "bad_rule"),
        RuleEditError::Missing(_) => (StatusCode::NOT_FOUND, "no_rule"),
        RuleEditError::Locked(_) => (StatusCode::CONFLICT, "locked"),
        RuleEditError::Taken(_) => (StatusCode::CONFLICT, "taken"),
        RuleEditError::Stock(_) => (StatusCode::CONFLICT, "stock"),
        RuleEditError::Full => (StatusCode::CONFLICT, "too_many"),
        RuleEditError::System(_) => {
            tracing::error!(%error, "rules cannot be changed");
            (StatusCode::INTERNAL_SERVER_ERROR, "not_kept")
        }
    };
    ApiError::new(status, code, error.to_string())
}
