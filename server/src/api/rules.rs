//! `/api/admin/rules`: alerting rules and their preview.

pub(crate) mod changes;

use crate::app_state::AppState;
use crate::evaluation::{Origin, RuleEditError};
use crate::http::{ApiError, BodyErrors, Envelope, Failure, bad_request, body, run_blocking};
use crate::query::rule_preview::rule_preview;
use crate::services::{RuleServiceError, warning_texts};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use watchglass_json::{UniqueMap, UniqueValue};
use watchglass_reports::format_rfc3339;
use watchglass_rules::{Alert, Preview, Rule, builtin};

/// Body size limit of a rule, in bytes.
const MAX_BODY_BYTES: usize = 64 << 10;

/// Rule with its origin.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleRow {
    /// Fields of the rule, as in the configuration file.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    rule: Rule,
    /// `built-in`, `modified` (built-in and changed), `custom`, or `file` for a rule of the configuration file.
    source: &'static str,
    /// Deprecated: the same as `source`, with the values `stock`, `changed`, `own` and `file`.
    #[schema(deprecated)]
    origin: &'static str,
    /// Whether the rule is read-only, because it is in the configuration file.
    locked: bool,
    /// Number of firing alerts.
    firing: usize,
    /// What the rule probably does not do as meant, such as a threshold that its metric never reaches. Usually empty.
    warnings: Vec<String>,
}

impl RuleRow {
    fn new((rule, origin): (Rule, Origin), active: &[Alert]) -> Self {
        Self {
            firing: active.iter().filter(|alert| alert.key.rule == rule.id).count(),
            source: match origin {
                Origin::BuiltIn => "built-in",
                Origin::Modified => "modified",
                Origin::Custom => "custom",
                Origin::ConfigFile => "file",
            },
            origin: origin.name(),
            locked: origin.is_locked(),
            warnings: warning_texts(&rule),
            rule,
        }
    }
}

/// Preview of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewAnswer {
    /// Number of alerts.
    count: usize,
    /// Total firing time of all series, in seconds.
    firing_seconds: i64,
    /// Minimum number of notifications; grouping, silences and repeats are not considered.
    messages: usize,
    /// Resolution of the past data in seconds; shorter peaks count as one step.
    step_seconds: i64,
    /// Start of the time range, in RFC 3339.
    start: String,
    /// End of the time range, in RFC 3339.
    end: String,
    /// Alerts, earliest first; the latest 1000 at most.
    firings: Vec<FiringRow>,
}

/// Alert of a preview.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FiringRow {
    /// Labels of the series.
    #[schema(value_type = Object)]
    labels: watchglass_model::Labels,
    /// Start, in RFC 3339.
    start: String,
    /// End, in RFC 3339; `null` if still firing at the end of the range.
    end: Option<String>,
    /// Alert message.
    message: String,
}

/// Lists all rules.
#[utoipa::path(
    get,
    path = "/api/admin/rules",
    tag = "alerts",
    responses((status = 200, description = "The rules", body = Envelope<Vec<RuleRow>>))
)]
pub(crate) async fn rules(State(state): State<AppState>) -> Json<Envelope<Vec<RuleRow>>> {
    let active = state.rules.active();
    Envelope::of(state.rules.rules().into_iter().map(|found| RuleRow::new(found, &active)).collect())
}

/// Returns a rule.
#[utoipa::path(
    get,
    path = "/api/admin/rules/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the rule")),
    responses(
        (status = 200, description = "The rule", body = Envelope<RuleRow>),
        (status = 404, description = "Unknown rule", body = Failure)
    )
)]
pub(crate) async fn rule(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    row(&state, &id)
}

/// Response with the current rule.
fn row(state: &AppState, id: &str) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let found = state.rules.rule(id).ok_or_else(|| RuleServiceError::from(RuleEditError::unknown(id)))?;
    Ok(Envelope::of(RuleRow::new(found, &state.rules.active())))
}

/// Reads a rule from a body: all fields, or the changed fields of the built-in rule with its id. `id` is that of the URL.
async fn read_rule(headers: &HeaderMap, body: Body, id: Option<&str>) -> Result<Rule, ApiError> {
    let fields: UniqueMap<UniqueValue> = body::read(headers, body, MAX_BODY_BYTES, "Invalid rule").await?;
    let fields = Map::from(fields);
    let id = match (id, fields.get("id")) {
        (Some(id), None) => id.to_owned(),
        (Some(id), Some(Value::String(other))) if other == id => id.to_owned(),
        (None, Some(Value::String(id))) => id.clone(),
        (Some(id), Some(_)) => {
            return Err(bad_request(format!("id: must be {id:?} as in the URL, or missing")));
        }
        (None, None) => return Err(bad_request("Invalid rule: id is missing".to_owned())),
        (None, Some(_)) => return Err(bad_request("Invalid rule: id must be text".to_owned())),
    };
    builtin::merge_fields(&id, fields).map_err(|error| bad_request(format!("Invalid rule: {error}")))
}

/// Previews a rule on the data of the last seven days. The rule does not have to exist or be enabled.
#[utoipa::path(
    post,
    path = "/api/admin/rules/preview",
    tag = "alerts",
    request_body(content = Object, content_type = "application/json", description = "A rule, as in the configuration file"),
    responses(
        (status = 200, description = "The preview", body = Envelope<PreviewAnswer>),
        (status = 400, description = "Invalid rule, or unknown metric", body = Failure),
        (status = 503, description = "The server is busy; see Retry-After", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn preview(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<PreviewAnswer>>, ApiError> {
    let rule = read_rule(&headers, body, None).await?;
    rule.check().map_err(|error| bad_request(error.to_string()))?;
    let answer = run_blocking(move || rule_preview(&state.metrics, &rule)).await?;
    let (preview, range, step_millis) =
        answer.map_err(|message| ApiError::new(StatusCode::BAD_REQUEST, "no_preview", message))?;
    let Preview { firings, count, millis, notifications } = preview;
    let firings = firings.into_iter().map(|firing| FiringRow {
        labels: firing.labels,
        start: format_rfc3339(firing.start),
        end: firing.end.map(format_rfc3339),
        message: firing.message,
    });
    Ok(Envelope::of(PreviewAnswer {
        count,
        firing_seconds: millis / 1000,
        messages: notifications,
        step_seconds: step_millis / 1000,
        start: format_rfc3339(range.start),
        end: format_rfc3339(range.end),
        firings: firings.collect(),
    }))
}
