//! Form actions on rules: save, enable, disable, delete, preview.

use super::actions::ActionResult;
use super::alerts_view::AlertsView;
use super::form_fields::{FormError, FormFields};
use super::{PageContext, rule_form};
use crate::app_state::AppState;
use crate::evaluation::{Origin, RuleEditError};
use crate::query::rule_preview::rule_preview;
use crate::services::{RuleService, RuleServiceError};
use app::fragments::{PreviewAlert, RulePreview};
use axum::http::StatusCode;
use watchglass_rules::{Preview, Rule, RuleError};

/// Creates a rule, or updates it if it existed when the form was rendered.
pub(super) fn save(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let rule = parse(&context.state, fields)?;
    let id = rule.id.clone();
    let rules: RuleService = context.state.service();
    let saved = if fields.contains("known") {
        rules.put(&context.actor, rule)
    } else {
        rules.create(&context.actor, rule)
    };
    saved.map_err(|error| form_error(&error))?;
    Ok(ActionResult { next_view: Some(AlertsView::Rule { id: Some(id) }), preview: None })
}

/// Enables or disables a rule.
pub(super) fn set_enabled(
    context: &PageContext,
    fields: &FormFields,
    enabled: bool,
) -> Result<ActionResult, FormError> {
    let rules: RuleService = context.state.service();
    rules.enable(&context.actor, fields.get("id"), enabled).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

/// Deletes a rule, or resets a built-in one to its default.
pub(super) fn delete(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let state = &context.state;
    let id = fields.get("id");
    let rules: RuleService = state.service();
    rules.delete(&context.actor, id).map_err(|error| form_error(&error))?;
    let still_exists = find(state, id).is_some();
    let then = if still_exists { AlertsView::Rule { id: Some(id.to_owned()) } } else { AlertsView::Rules };
    Ok(ActionResult { next_view: Some(then), preview: None })
}

/// Previews the rule in the form; changes nothing.
pub(super) fn preview(state: &AppState, fields: &FormFields) -> Result<ActionResult, FormError> {
    // The fields of a locked rule are disabled and not submitted.
    let locked =
        find(state, fields.get("id")).filter(|(_, origin)| fields.contains("known") && origin.is_locked());
    let rule = match locked {
        Some((rule, _)) => rule,
        None => parse(state, fields)?,
    };
    rule.check().map_err(|error| rule_error(&error))?;
    let (preview, range, step_millis) = rule_preview(&state.metrics, &rule).map_err(|reason| {
        let is_known = state.metrics.metric(&rule.metric).is_some();
        if is_known {
            FormError::new(StatusCode::BAD_REQUEST, reason)
        } else {
            FormError::invalid_field("metric", &reason)
        }
    })?;
    let Preview { firings, count, millis, notifications: messages } = preview;
    let firings = firings.into_iter().map(|firing| PreviewAlert {
        labels: firing.labels.to_string(),
        start: firing.start,
        end: firing.end,
        message: firing.message,
    });
    let past =
        RulePreview { count, millis, notifications: messages, range, step_millis, alerts: firings.collect() };
    Ok(ActionResult { next_view: None, preview: Some(past) })
}

/// Rule with that id, and its origin.
pub(super) fn find(state: &AppState, id: &str) -> Option<(Rule, Origin)> {
    state.rules.rule(id)
}

/// Parses the rule in the form. Its metric comes first: thresholds are in its unit.
fn parse(state: &AppState, fields: &FormFields) -> Result<Rule, FormError> {
    let metric = fields.get("metric");
    // Some built-in rules have a metric that is not collected here: they may keep it.
    let is_kept = || find(state, fields.get("id")).is_some_and(|(rule, _)| rule.metric == metric);
    if state.metrics.metric(metric).is_none() && !is_kept() {
        let shown: String = metric.chars().take(100).collect();
        return Err(FormError::invalid_field("metric", &format!("Unknown metric {shown:?}")));
    }
    rule_form::parse(fields, |name| state.metrics.metric(name))
}

/// The fields of the form have the names of those of a rule.
fn form_error(error: &RuleServiceError) -> FormError {
    FormError::of(error, |_| match error {
        RuleServiceError::Edit(RuleEditError::Rule(error)) => Some(error.field),
        RuleServiceError::Edit(RuleEditError::Metric { .. }) => Some("metric"),
        RuleServiceError::Edit(RuleEditError::Duplicate(_)) => Some("id"),
        _ => None,
    })
}

fn rule_error(error: &RuleError) -> FormError {
    FormError::invalid_field(error.field, &error.reason)
}
