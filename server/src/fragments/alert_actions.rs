//! Form actions on alerts: acknowledge, unacknowledge, silence.

use super::actions::ActionResult;
use super::form_fields::{FormError, FormFields};
use super::{PageContext, silence_form};
use crate::audit::{edit_silence, record_acknowledgement};
use axum::http::StatusCode;
use watchglass_dispatch::{AcknowledgeError, FieldError};
use watchglass_rules::AlertKey;

/// Maps field names of the validation to field names of the form, the longest first.
const FORM_FIELD_NAMES: [(&str, &str); 12] = [
    ("weekly.days", "day"),
    ("weekly.from", "from"),
    ("weekly.to", "to"),
    ("weekly.zone", "zone"),
    ("matchers", "matchers"),
    ("author", "who"),
    ("reason", "why"),
    ("start", "start"),
    ("name", "name"),
    ("end", "end"),
    ("who", "who"),
    ("why", "why"),
];

/// Acknowledges an alert.
pub(super) fn acknowledge(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let state = &context.state;
    let key = alert_key(fields)?;
    let now = state.metrics.newest_time().unwrap_or_default();
    let (who, why) = (fields.get("who"), fields.get("why"));
    state.notifications.acknowledge(&key, (who, why), now).map_err(|error| acknowledge_error(&error))?;
    record_acknowledgement(&context.actor, &key, Some((who, why)));
    tracing::info!(rule = key.rule, who, "alert acknowledged");
    Ok(ActionResult::default())
}

/// Removes an acknowledgement.
pub(super) fn unacknowledge(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let state = &context.state;
    let key = alert_key(fields)?;
    let now = state.metrics.newest_time().unwrap_or_default();
    let removed = state.notifications.unacknowledge(&key, now).map_err(|error| acknowledge_error(&error))?;
    record_acknowledgement(&context.actor, &key, None);
    tracing::info!(rule = key.rule, who = removed.who, "alert unacknowledged");
    Ok(ActionResult::default())
}

/// Creates a silence: of one alert for a duration `length`, or from the silence form.
pub(super) fn silence(
    context: &PageContext,
    fields: &FormFields,
    length: Option<&str>,
) -> Result<ActionResult, FormError> {
    let state = &context.state;
    let now = state.metrics.newest_time().unwrap_or_default();
    let id = state.notifications.free_silence_id(now);
    let silence = if fields.contains("labels") {
        silence_form::for_alert(&alert_key(fields)?, fields, length, id, now)?
    } else {
        silence_form::parse(fields, length, id, now)?
    };
    let (id, author) = (silence.id.clone(), silence.author.clone());
    edit_silence(&state.notifications, &context.actor, &id, || state.notifications.put_silence(silence, now))
        .map_err(|error| form_error(&error))?;
    tracing::info!(id, author, "silence created");
    Ok(ActionResult::default())
}

/// Expires a silence now.
pub(super) fn expire_silence(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let state = &context.state;
    let id = fields.get("id");
    let end = || {
        state
            .notifications
            .expire_silence(id, state.metrics.newest_time().unwrap_or_default())
            .then_some(())
            .ok_or(())
    };
    if edit_silence(&state.notifications, &context.actor, id, end).is_err() {
        let shown: String = id.chars().take(64).collect();
        let text = format!("there is no active or pending silence {shown:?}");
        return Err(FormError::new(StatusCode::NOT_FOUND, text));
    }
    tracing::info!(id, "silence expired");
    Ok(ActionResult::default())
}

/// Alert of the form.
fn alert_key(fields: &FormFields) -> Result<AlertKey, FormError> {
    let labels = serde_json::from_str(fields.get("labels")).map_err(|error| {
        FormError::new(StatusCode::BAD_REQUEST, format!("labels: invalid JSON object: {error}"))
    })?;
    Ok(AlertKey { rule: fields.get("rule").to_owned(), labels })
}

fn acknowledge_error(error: &AcknowledgeError) -> FormError {
    match error {
        AcknowledgeError::NotFiring(_) | AcknowledgeError::NotAcknowledged(_) => {
            FormError::new(StatusCode::NOT_FOUND, error.to_string())
        }
        AcknowledgeError::Field(error) => form_error(error),
    }
}

fn form_error(error: &FieldError) -> FormError {
    let name =
        FORM_FIELD_NAMES.into_iter().find(|(known, _)| error.field.starts_with(known)).map(|(_, name)| name);
    match name {
        Some(name) => FormError::invalid_field(name, &format!("{}; {}", error.problem, error.expected)),
        None => FormError::new(StatusCode::BAD_REQUEST, error.to_string()),
    }
}
