//! Form actions on rules: save, enable, disable, delete, preview.

use super::actions::ActionResult;
use super::alerts_view::AlertsView;
use super::form_fields::{FormError, FormFields};
use super::{PageContext, rule_form};
use crate::app_state::AppState;
use crate::audit::edit_rule;
use crate::evaluation::PREVIEW_RANGE;
use crate::evaluation::{Origin, RuleEditError};
use app::fragments::{PreviewAlert, RulePreview};
use axum::http::StatusCode;
use watchglass_rules::{Preview, Rule, RuleError};

/// Creates a rule, or updates it if it existed when the form was rendered.
pub(super) fn save(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let core = context.core.as_ref();
    let rule = parse(core, fields)?;
    let id = rule.id.clone();
    let is_known = fields.contains("known");
    let save = |core: &AppState| if is_known { core.put_rule(rule) } else { core.create_rule(rule) };
    edit_rule(core, &context.actor, &id, save).map_err(form_error)?;
    Ok(ActionResult { next_view: Some(AlertsView::Rule { id: Some(id) }), preview: None })
}

/// Enables or disables a rule.
pub(super) fn set_enabled(
    context: &PageContext,
    fields: &FormFields,
    enabled: bool,
) -> Result<ActionResult, FormError> {
    let id = fields.get("id");
    edit_rule(&context.core, &context.actor, id, |core| core.enable_rule(id, enabled)).map_err(form_error)?;
    Ok(ActionResult::default())
}

/// Deletes a rule, or resets a built-in one to its default.
pub(super) fn delete(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let core = context.core.as_ref();
    let id = fields.get("id");
    edit_rule(core, &context.actor, id, |core| core.delete_rule(id)).map_err(form_error)?;
    let still_exists = find(core, id).is_some();
    let then = if still_exists { AlertsView::Rule { id: Some(id.to_owned()) } } else { AlertsView::Rules };
    Ok(ActionResult { next_view: Some(then), preview: None })
}

/// Previews the rule in the form; changes nothing.
pub(super) fn preview(core: &AppState, fields: &FormFields) -> Result<ActionResult, FormError> {
    // The fields of a locked rule are disabled and not submitted.
    let locked =
        find(core, fields.get("id")).filter(|(_, origin)| fields.contains("known") && origin.is_locked());
    let rule = match locked {
        Some((rule, _)) => rule,
        None => parse(core, fields)?,
    };
    rule.check().map_err(|error| rule_error(&error))?;
    let (preview, range, step_millis) = core.preview(&rule, PREVIEW_RANGE).map_err(|reason| {
        let is_known = core.metric(&rule.metric).is_some();
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
pub(super) fn find(core: &AppState, id: &str) -> Option<(Rule, Origin)> {
    core.rules().into_iter().find(|(rule, _)| rule.id == id)
}

/// Parses the rule in the form. Its metric comes first: thresholds are in its unit.
fn parse(core: &AppState, fields: &FormFields) -> Result<Rule, FormError> {
    let metric = fields.get("metric");
    // Some built-in rules have a metric that is not collected here: they may keep it.
    let is_kept = || find(core, fields.get("id")).is_some_and(|(rule, _)| rule.metric == metric);
    if core.metric(metric).is_none() && !is_kept() {
        let shown: String = metric.chars().take(100).collect();
        return Err(FormError::invalid_field("metric", &format!("Unknown metric {shown:?}")));
    }
    rule_form::parse(fields, |name| core.metric(name))
}

fn form_error(error: RuleEditError) -> FormError {
    let status = match &error {
        RuleEditError::Rule(error) => return rule_error(error),
        RuleEditError::Metric { .. } => {
            return FormError {
                field: Some("metric"),
                ..FormError::new(StatusCode::BAD_REQUEST, error.to_string())
            };
        }
        RuleEditError::Duplicate(_) => {
            return FormError {
                field: Some("id"),
                ..FormError::new(StatusCode::CONFLICT, error.to_string())
            };
        }
        RuleEditError::Locked(_) | RuleEditError::BuiltIn(_) | RuleEditError::TooMany => StatusCode::CONFLICT,
        RuleEditError::Unknown(_) => StatusCode::NOT_FOUND,
        RuleEditError::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    FormError::new(status, error.to_string())
}

fn rule_error(error: &RuleError) -> FormError {
    FormError::invalid_field(error.field, &error.reason)
}
