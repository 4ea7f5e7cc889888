//! Changes of rules: saved before the response, and evaluated from the next tick on.

use super::{MAX_BODY_BYTES, RuleRow, read_rule, row};
use crate::app_state::AppState;
use crate::audit::Actor;
use crate::http::{ApiError, BodyErrors, Done, Envelope, Failure, body, run_blocking};
use crate::services::{RuleService, RuleServiceError};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
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
        (status = 409, description = "A rule with this id exists, or too many rules", body = Failure),
        (status = 507, description = "Write to the data directory failed; nothing has changed", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn create_rule(
    State(state): State<AppState>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let rule = read_rule(&headers, body, None).await?;
    let id = rule.id.clone();
    change(&state, actor, id, move |rules, actor| rules.create(actor, rule)).await
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
        (status = 409, description = "Rule of the configuration file, or too many rules", body = Failure),
        (status = 507, description = "Write to the data directory failed; nothing has changed", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn put_rule(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let rule = read_rule(&headers, body, Some(&id)).await?;
    change(&state, actor, id, move |rules, actor| rules.put(actor, rule)).await
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
        (status = 409, description = "Rule of the configuration file", body = Failure),
        (status = 507, description = "Write to the data directory failed; nothing has changed", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn enable_rule(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let request: EnabledBody = body::read(&headers, body, MAX_BODY_BYTES, "Invalid request").await?;
    change(&state, actor, id.clone(), move |rules, actor| rules.enable(actor, &id, request.enabled)).await
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
        (status = 507, description = "Write to the data directory failed; nothing has changed", body = Failure)
    )
)]
pub(crate) async fn delete_rule(
    State(rules): State<RuleService>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    run_blocking(move || rules.delete(&actor, &id)).await??;
    Ok(Envelope::of(Done::default()))
}

/// Changes a rule, and returns the result.
async fn change(
    state: &AppState,
    actor: Actor,
    id: String,
    change: impl FnOnce(&RuleService, &Actor) -> Result<(), RuleServiceError> + Send + 'static,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let rules: RuleService = state.service();
    run_blocking(move || change(&rules, &actor)).await??;
    row(state, &id)
}
