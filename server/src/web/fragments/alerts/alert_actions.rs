//! Form actions on alerts: acknowledge, unacknowledge, resolve, silence.

use super::actions::ActionResult;
use super::silence_form;
use crate::services::{AcknowledgementService, AlertService, ServiceError, SilenceService};
use crate::web::PageContext;
use crate::web::fragments::form::FormError;
use axum::http::StatusCode;
use watchglass_pages::ui::FormFields;
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
    let acknowledgements: AcknowledgementService = context.state.service();
    let comment = (fields.get("who"), fields.get("why"));
    acknowledgements.add(&context.actor, &alert_key(fields)?, comment).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

/// Removes an acknowledgement.
pub(super) fn unacknowledge(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let acknowledgements: AcknowledgementService = context.state.service();
    acknowledgements.remove(&context.actor, &alert_key(fields)?).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

/// Resolves an alert without data.
pub(super) fn resolve(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let alerts: AlertService = context.state.service();
    alerts.resolve(&context.actor, &alert_key(fields)?).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

/// Creates a silence: of one alert for a duration `length`, or from the silence form.
pub(super) fn silence(
    context: &PageContext,
    fields: &FormFields,
    length: Option<&str>,
) -> Result<ActionResult, FormError> {
    let silence = if fields.contains("labels") {
        silence_form::for_alert(&alert_key(fields)?, fields, length)?
    } else {
        silence_form::parse(fields, length)?
    };
    let silences: SilenceService = context.state.service();
    silences.create(&context.actor, silence).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

/// Expires a silence now.
pub(super) fn expire_silence(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let silences: SilenceService = context.state.service();
    silences.expire(&context.actor, fields.get("id")).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

/// Alert of the form.
fn alert_key(fields: &FormFields) -> Result<AlertKey, FormError> {
    let labels = watchglass_json::from_str(fields.get("labels"))
        .map_err(|error| FormError::new(StatusCode::BAD_REQUEST, format!("labels: {error}")))?;
    Ok(AlertKey { rule: fields.get("rule").to_owned(), labels })
}

fn form_error(error: &impl ServiceError) -> FormError {
    FormError::of(error, |field| {
        FORM_FIELD_NAMES.into_iter().find(|(known, _)| field.starts_with(known)).map(|(_, name)| name)
    })
}
