//! `/api/admin/rules`: what is an alert, and what would have been.

pub(super) mod changes;

use super::{ApiError, Envelope, Failure, Shared, bad, body};
use crate::judging::{Origin, RuleEditError};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;
use utoipa::ToSchema;
use watchglass_alerts::{Alert, Preview, Rule, stock};
use watchglass_export::written;

/// The longest rule that is read, in bytes.
const LONGEST: usize = 64 << 10;
/// How far a preview looks back.
pub(crate) const LOOKS_BACK: Duration = Duration::from_secs(7 * 86_400);

/// A rule, and where it comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleRow {
    /// Its fields, as a configuration file has them.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    rule: Rule,
    /// `stock` for one that the program comes with, `changed` if somebody has changed it, `own` for one that somebody has
    /// made, `file` for one of the configuration file.
    origin: &'static str,
    /// Whether it can only be changed in the configuration file.
    locked: bool,
    /// How many alerts of it fire now.
    firing: usize,
}

impl RuleRow {
    fn of((rule, origin): (Rule, Origin), active: &[Alert]) -> Self {
        Self {
            firing: active.iter().filter(|alert| alert.key.rule == rule.id).count(),
            origin: origin.word(),
            locked: origin.is_locked(),
            rule,
        }
    }
}

/// When a rule would have fired.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewAnswer {
    /// How many times.
    count: usize,
    /// For how long, all its series together.
    firing_seconds: i64,
    /// How many messages would have been sent at least: grouping, silences and repeats are not counted.
    messages: usize,
    /// Seconds that a row of the past covers: what was shorter counts as long.
    step_seconds: i64,
    /// The beginning of the time that was looked at, in RFC 3339.
    start: String,
    /// Its end.
    end: String,
    /// The firings, the earliest first; of more than 1000, the latest.
    firings: Vec<FiringRow>,
}

/// When an alert would have fired.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FiringRow {
    /// Labels of its series.
    #[schema(value_type = Object)]
    labels: watchglass_model::Labels,
    /// When it would have fired, in RFC 3339.
    start: String,
    /// When it would have been over; `null` if it still fired at the end.
    end: Option<String>,
    /// What it would have said.
    message: String,
}

/// All rules.
#[utoipa::path(
    get,
    path = "/api/admin/rules",
    tag = "alerts",
    responses((status = 200, description = "The rules", body = Envelope<Vec<RuleRow>>))
)]
pub(crate) async fn rules(State(shared): State<Shared>) -> Json<Envelope<Vec<RuleRow>>> {
    let active = shared.core.active_alerts();
    Envelope::of(shared.core.rules().into_iter().map(|found| RuleRow::of(found, &active)).collect())
}

/// One rule.
#[utoipa::path(
    get,
    path = "/api/admin/rules/{id}",
    tag = "alerts",
    params(("id" = String, Path, description = "Id of the rule")),
    responses(
        (status = 200, description = "The rule", body = Envelope<RuleRow>),
        (status = 404, description = "There is no such rule", body = Failure)
    )
)]
pub(crate) async fn rule(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    row(&shared, &id)
}

/// The rule as it is now.
fn row(shared: &Shared, id: &str) -> Result<Json<Envelope<RuleRow>>, ApiError> {
    let found = shared.core.rules().into_iter().find(|(rule, _)| rule.id == id);
    let found = found.ok_or_else(|| changes::refused(&RuleEditError::missing(id)))?;
    Ok(Envelope::of(RuleRow::of(found, &shared.core.active_alerts())))
}

/// The rule that a body holds: whole, or what differs from the one of the program with its id. `id` is that of the address.
async fn read_rule(headers: &HeaderMap, body: Body, id: Option<&str>) -> Result<Rule, ApiError> {
    let fields: Map<String, Value> = body::read(headers, body, LONGEST, "This is no rule").await?;
    let id = match (id, fields.get("id")) {
        (Some(id), None) => id.to_owned(),
        (Some(id), Some(Value::String(other))) if other == id => id.to_owned(),
        (None, Some(Value::String(id))) => id.clone(),
        (Some(id), Some(_)) => {
            return Err(bad(format!(
                "id: the address has {id:?}: that of the rule must be the same, or missing"
            )));
        }
        (None, None) => return Err(bad("This is no rule: missing field `id`".to_owned())),
        (None, Some(_)) => return Err(bad("This is no rule: id: it must be a text".to_owned())),
    };
    stock::with_fields(&id, fields).map_err(|error| bad(format!("This is no rule: {error}")))
}

/// When a rule would have fired in the last seven days. The rule need not be one that is judged.
#[utoipa::path(
    post,
    path = "/api/admin/rules/preview",
    tag = "alerts",
    request_body(content = Object, content_type = "application/json", description = "A rule, as a configuration file has it"),
    responses(
        (status = 200, description = "When it would have fired", body = Envelope<PreviewAnswer>),
        (status = 400, description = "It is no rule, or its metric is none", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 413, description = "It is longer than 64 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure),
        (status = 503, description = "Too many ask for the past at the same time: Retry-After says when to try again", body = Failure)
    )
)]
pub(crate) async fn preview(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<PreviewAnswer>>, ApiError> {
    let rule = read_rule(&headers, body, None).await?;
    rule.check().map_err(|error| bad(error.to_string()))?;
    let answer = shared.ask_much(move |core| core.preview(&rule, LOOKS_BACK)).await?;
    let (preview, range, step_millis) =
        answer.map_err(|message| ApiError::new(StatusCode::BAD_REQUEST, "no_preview", message))?;
    let Preview { firings, count, millis, messages } = preview;
    let firings = firings.into_iter().map(|firing| FiringRow {
        labels: firing.labels,
        start: written(firing.start),
        end: firing.end.map(written),
        message: firing.message,
    });
    Ok(Envelope::of(PreviewAnswer {
        count,
        firing_seconds: millis / 1000,
        messages,
        step_seconds: step_millis / 1000,
        start: written(range.start),
        end: written(range.end),
        firings: firings.collect(),
    }))
}
