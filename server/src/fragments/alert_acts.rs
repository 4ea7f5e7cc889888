//! What people say to alerts: that they look after one, and that some are not to be told.

use super::act::Done;
use super::fields::{Fields, Refusal};
use super::{Visit, silence_form};
use crate::audit::{edit_silence, note_acknowledgement};
use crate::core::Core;
use axum::http::StatusCode;
use watchglass_alerts::AlertKey;
use watchglass_alerts::telling::{AcknowledgeError, FieldError};

/// The form's own names for fields that are called otherwise where they are checked, the longest first.
const NAMES: [(&str, &str); 12] = [
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

/// Notes that somebody looks after an alert.
pub(super) fn acknowledge(visit: &Visit, fields: &Fields) -> Result<Done, Refusal> {
    let core = visit.core.as_ref();
    let key = key(fields)?;
    let now = core.newest().unwrap_or_default();
    let (who, why) = (fields.get("who"), fields.get("why"));
    core.telling().acknowledge(&key, (who, why), now).map_err(|error| not_acknowledged(&error))?;
    note_acknowledgement(&visit.actor, &key, Some((who, why)));
    tracing::info!(rule = key.rule, who, "an alert was acknowledged");
    Ok(Done::default())
}

/// Takes an acknowledgement back.
pub(super) fn withdraw(visit: &Visit, fields: &Fields) -> Result<Done, Refusal> {
    let core = visit.core.as_ref();
    let key = key(fields)?;
    let now = core.newest().unwrap_or_default();
    let taken_back = core.telling().withdraw(&key, now).map_err(|error| not_acknowledged(&error))?;
    note_acknowledgement(&visit.actor, &key, None);
    tracing::info!(rule = key.rule, who = taken_back.who, "the acknowledgement of an alert was withdrawn");
    Ok(Done::default())
}

/// Adds a silence: of one alert for a `length`, or as its form says.
pub(super) fn silence(visit: &Visit, fields: &Fields, length: Option<&str>) -> Result<Done, Refusal> {
    let core = visit.core.as_ref();
    let now = core.newest().unwrap_or_default();
    let id = core.telling().free_silence_id(now);
    let silence = if fields.has("labels") {
        silence_form::of_alert(&key(fields)?, fields, length, id, now)?
    } else {
        silence_form::read(fields, length, id, now)?
    };
    let (id, author) = (silence.id.clone(), silence.author.clone());
    edit_silence(core, &visit.actor, &id, |core| core.telling().put_silence(silence, now))
        .map_err(|error| refusal(&error))?;
    tracing::info!(id, author, "a silence was added");
    Ok(Done::default())
}

/// Ends a silence now.
pub(super) fn end_silence(visit: &Visit, fields: &Fields) -> Result<Done, Refusal> {
    let core = visit.core.as_ref();
    let id = fields.get("id");
    let end = |core: &Core| {
        core.telling().end_silence(id, core.newest().unwrap_or_default()).then_some(()).ok_or(())
    };
    if edit_silence(core, &visit.actor, id, end).is_err() {
        let shown: String = id.chars().take(64).collect();
        let text = format!("there is no silence {shown:?} that is not over");
        return Err(Refusal::new(StatusCode::NOT_FOUND, text));
    }
    tracing::info!(id, "a silence was ended");
    Ok(Done::default())
}

/// The alert that a form is about.
fn key(fields: &Fields) -> Result<AlertKey, Refusal> {
    let labels = serde_json::from_str(fields.get("labels")).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("labels: these are no labels: {error}"))
    })?;
    Ok(AlertKey { rule: fields.get("rule").to_owned(), labels })
}

fn not_acknowledged(error: &AcknowledgeError) -> Refusal {
    match error {
        AcknowledgeError::NotFiring(_) | AcknowledgeError::NotAcknowledged(_) => {
            Refusal::new(StatusCode::NOT_FOUND, error.to_string())
        }
        AcknowledgeError::Field(error) => refusal(error),
    }
}

fn refusal(error: &FieldError) -> Refusal {
    let name = NAMES.into_iter().find(|(known, _)| error.field.starts_with(known)).map(|(_, name)| name);
    match name {
        Some(name) => Refusal::field(name, &format!("{}; {}", error.wrong, error.right)),
        None => Refusal::new(StatusCode::BAD_REQUEST, error.to_string()),
    }
}
