//! Changes of rules: saved before the response, and evaluated from the next tick on.

use super::{MAX_BODY_BYTES, RuleRow, read_rule, row};
use crate::app_state::AppState;
use crate::audit::{AuditContext, edit_rule};
use crate::evaluation::RuleEditError;
use crate::http::{ApiError, Done, Envelope, Failure, body, run_blocking};
use crate::rule_changes::RuleChanges;
use axum::Json;
use axum::body::Body;
use axum::extract::{FromRef, Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

/// Enabled state of a rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnabledBody {
    /// Whether the rule is evaluated.
    enabled: bool,
}

/// Creates a custom rule.
#[utoipa::path(
    post,
    path = "/api/admin/rules",
    tag = "alerts",
    request_body(content = Object, content_type = "application/json", description = "A rule, as in the configuration file"),
    responses(
        (status = 200, description = "The rule", body = Envelope<RuleRow>),
        (status = 400, description = "Invalid rule, or unknown metric", body = Failure),
        (status = 408, description = "The body did not arrive within 10 s", body = Failure),
        (status = 409, description = "A rule with this id exists, or too many rules", body = Failure),
        (status = 413, description = "The body is longer than 64 KiB", body = Failure),
        (status = 415, description = "Content-Type is not application/json", body = Failure),
        (status = 500, description = "Write to the data directory failed; nothing has changed", body = Failure)
    )
)]
pub(crate) async fn create_rule(
    State(state): State<AppState>,
    actor: AuditContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let rule = read_rule(&headers, body, None).await?;
    let id = rule.id.clone();
    change(&state, actor, id, move |rules| rules.create(rule)).await
}

/// Creates or replaces a custom rule, or changes a built-in rule. Fields of a built-in rule that are not sent get their default.
#[utoipa::path(
    put,
    path = "/api/admin/rules/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the rule")),
    request_body(
        content = Object,
        content_type = "application/json",
        description = "A rule, as in the configuration file; the id is optional"
    ),
    responses(
        (status = 200, description = "The rule", body = Envelope<RuleRow>),
        (status = 400, description = "Invalid rule, mismatching id, or unknown metric", body = Failure),
        (status = 408, description = "The body did not arrive within 10 s", body = Failure),
        (status = 409, description = "Rule of the configuration file, or too many rules", body = Failure),
        (status = 413, description = "The body is longer than 64 KiB", body = Failure),
        (status = 415, description = "Content-Type is not application/json", body = Failure),
        (status = 500, description = "Write to the data directory failed; nothing has changed", body = Failure)
    )
)]
pub(crate) async fn put_rule(
    State(state): State<AppState>,
    actor: AuditContext,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let rule = read_rule(&headers, body, Some(&id)).await?;
    change(&state, actor, id, move |rules| rules.put(rule)).await
}

/// Enables or disables a rule.
#[utoipa::path(
    put,
    path = "/api/admin/rules/{id}/enabled",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the rule")),
    request_body = EnabledBody,
    responses(
        (status = 200, description = "The rule", body = Envelope<RuleRow>),
        (status = 400, description = "Invalid field", body = Failure),
        (status = 404, description = "Unknown rule", body = Failure),
        (status = 408, description = "The body did not arrive within 10 s", body = Failure),
        (status = 409, description = "Rule of the configuration file", body = Failure),
        (status = 413, description = "The body is longer than 64 KiB", body = Failure),
        (status = 415, description = "Content-Type is not application/json", body = Failure),
        (status = 500, description = "Write to the data directory failed; nothing has changed", body = Failure)
    )
)]
pub(crate) async fn enable_rule(
    State(state): State<AppState>,
    actor: AuditContext,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let request: EnabledBody = body::read(&headers, body, MAX_BODY_BYTES, "Invalid request").await?;
    change(&state, actor, id.clone(), move |rules| rules.enable(&id, request.enabled)).await
}

/// Deletes a custom rule, or resets a built-in rule to its default.
#[utoipa::path(
    delete,
    path = "/api/admin/rules/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the rule")),
    responses(
        (status = 200, description = "Rule deleted or reset", body = Envelope<Done>),
        (status = 404, description = "Unknown rule", body = Failure),
        (status = 409, description = "Rule of the configuration file, or unchanged built-in rule", body = Failure),
        (status = 500, description = "Write to the data directory failed; nothing has changed", body = Failure)
    )
)]
pub(crate) async fn delete_rule(
    State(state): State<AppState>,
    actor: AuditContext,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    edit(&state, actor, id.clone(), move |rules| rules.delete(&id)).await?;
    Ok(Envelope::of(Done::default()))
}

/// Changes a rule, and returns the result.
async fn change(
    state: &AppState,
    actor: AuditContext,
    id: String,
    change: impl FnOnce(&RuleChanges) -> Result<(), RuleEditError> + Send + 'static,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    edit(state, actor, id.clone(), change).await?;
    row(state, &id)
}

async fn edit(
    state: &AppState,
    actor: AuditContext,
    id: String,
    change: impl FnOnce(&RuleChanges) -> Result<(), RuleEditError> + Send + 'static,
) -> Result<(), ApiError> {
    let rules = RuleChanges::from_ref(state);
    let done = run_blocking(move || edit_rule(&rules.rules, &actor, &id, || change(&rules)));
    done.await?.map_err(|error| rule_error(&error))
}

pub(super) fn rule_error(error: &RuleEditError) -> ApiError {
    let (status, code) = match error {
        RuleEditError::Rule(_) | RuleEditError::Metric { .. } => (StatusCode::BAD_REQUEST, "bad_rule"),
        RuleEditError::Unknown(_) => (StatusCode::NOT_FOUND, "no_rule"),
        RuleEditError::Locked(_) => (StatusCode::CONFLICT, "locked"),
        RuleEditError::Duplicate(_) => (StatusCode::CONFLICT, "taken"),
        RuleEditError::BuiltIn(_) => (StatusCode::CONFLICT, "stock"),
        RuleEditError::TooMany => (StatusCode::CONFLICT, "too_many"),
        RuleEditError::Io(_) => {
            tracing::error!(%error, "rule change failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "not_kept")
        }
    };
    ApiError::new(status, code, error.to_string())
}
