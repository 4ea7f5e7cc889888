//! Rules as people change them, and what one would have done.

use super::act::Done;
use super::ask::Ask;
use super::fields::{Fields, Refusal};
use super::{Visit, rule_form};
use crate::audit::edit_rule;
use crate::core::Core;
use crate::judging::{Origin, RuleEditError};
use crate::routes::LOOKS_BACK;
use app::fragments::{Firing, Past};
use axum::http::StatusCode;
use watchglass_alerts::{Preview, Rule, RuleError};

/// Adds a rule, or changes one that there was when its form was made.
pub(super) fn save(visit: &Visit, fields: &Fields) -> Result<Done, Refusal> {
    let core = visit.core.as_ref();
    let rule = read(core, fields)?;
    let id = rule.id.clone();
    let is_known = fields.has("known");
    let save = |core: &Core| if is_known { core.put_rule(rule) } else { core.create_rule(rule) };
    edit_rule(core, &visit.actor, &id, save).map_err(refusal)?;
    Ok(Done { then: Some(Ask::Rule { id: Some(id) }), past: None })
}

/// Switches a rule on or off.
pub(super) fn switch(visit: &Visit, fields: &Fields, enabled: bool) -> Result<Done, Refusal> {
    let id = fields.get("id");
    edit_rule(&visit.core, &visit.actor, id, |core| core.enable_rule(id, enabled)).map_err(refusal)?;
    Ok(Done::default())
}

/// Removes a rule, or takes one back to how it comes with the program.
pub(super) fn delete(visit: &Visit, fields: &Fields) -> Result<Done, Refusal> {
    let core = visit.core.as_ref();
    let id = fields.get("id");
    edit_rule(core, &visit.actor, id, |core| core.delete_rule(id)).map_err(refusal)?;
    let is_there = find(core, id).is_some();
    let then = if is_there { Ask::Rule { id: Some(id.to_owned()) } } else { Ask::Rules };
    Ok(Done { then: Some(then), past: None })
}

/// What the rule in the form would have done; changes nothing.
pub(super) fn preview(core: &Core, fields: &Fields) -> Result<Done, Refusal> {
    // The fields of a locked rule cannot be typed into, and are not sent.
    let locked = find(core, fields.get("id")).filter(|(_, origin)| fields.has("known") && origin.is_locked());
    let rule = match locked {
        Some((rule, _)) => rule,
        None => read(core, fields)?,
    };
    rule.check().map_err(|error| of_rule(&error))?;
    let (preview, range, step_millis) = core.preview(&rule, LOOKS_BACK).map_err(|reason| {
        let is_known = core.metric(&rule.metric).is_some();
        if is_known {
            Refusal::new(StatusCode::BAD_REQUEST, reason)
        } else {
            Refusal::field("metric", &reason)
        }
    })?;
    let Preview { firings, count, millis, messages } = preview;
    let firings = firings.into_iter().map(|firing| Firing {
        labels: firing.labels.to_string(),
        start: firing.start,
        end: firing.end,
        message: firing.message,
    });
    let past = Past { count, millis, messages, range, step_millis, firings: firings.collect() };
    Ok(Done { then: None, past: Some(past) })
}

/// The rule with that id, and where it comes from.
pub(super) fn find(core: &Core, id: &str) -> Option<(Rule, Origin)> {
    core.rules().into_iter().find(|(rule, _)| rule.id == id)
}

/// The rule in the form. Its metric is looked at first: levels are read in its unit.
fn read(core: &Core, fields: &Fields) -> Result<Rule, Refusal> {
    let metric = fields.get("metric");
    // One that nobody measures here, as of some rules that come with the program, may stay what it is.
    let is_kept = || find(core, fields.get("id")).is_some_and(|(rule, _)| rule.metric == metric);
    if core.metric(metric).is_none() && !is_kept() {
        let shown: String = metric.chars().take(100).collect();
        return Err(Refusal::field(
            "metric",
            &format!("there is no metric {shown:?}: the list has all that there are"),
        ));
    }
    rule_form::read(fields, |name| core.metric(name))
}

fn refusal(error: RuleEditError) -> Refusal {
    let status = match &error {
        RuleEditError::Rule(error) => return of_rule(error),
        RuleEditError::Metric { .. } => {
            return Refusal {
                field: Some("metric"),
                ..Refusal::new(StatusCode::BAD_REQUEST, error.to_string())
            };
        }
        RuleEditError::Taken(_) => {
            return Refusal { field: Some("id"), ..Refusal::new(StatusCode::CONFLICT, error.to_string()) };
        }
        RuleEditError::Locked(_) | RuleEditError::Stock(_) | RuleEditError::Full => StatusCode::CONFLICT,
        RuleEditError::Missing(_) => StatusCode::NOT_FOUND,
        RuleEditError::System(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Refusal::new(status, error.to_string())
}

fn of_rule(error: &RuleError) -> Refusal {
    Refusal::field(error.field, &error.reason)
}
