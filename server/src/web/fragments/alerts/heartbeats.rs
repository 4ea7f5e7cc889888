//! View model of the expected heartbeats, and their form actions.

use super::actions::ActionResult;
use crate::app_state::AppState;
use crate::clock;
use crate::heartbeats::{DurationText, HeartbeatState, HeartbeatStatus, NewHeartbeat};
use crate::services::{HeartbeatService, ServiceError};
use crate::web::PageContext;
use crate::web::fragments::form::FormError;
use watchglass_pages::alerts::{HeartbeatList, HeartbeatRow, HeartbeatRowState};
use watchglass_pages::ui::{FormFields, FormValues};

/// Fields of the form.
const FIELDS: [&str; 3] = ["name", "period", "grace"];

/// All expected heartbeats.
pub(super) fn heartbeats(state: &AppState, typed: FormValues) -> HeartbeatList {
    let rows = state.heartbeats.list(clock::now()).into_iter().map(row).collect();
    HeartbeatList { rows, form_values: typed }
}

fn row(HeartbeatState { heartbeat, status }: HeartbeatState) -> HeartbeatRow {
    HeartbeatRow {
        state: match status {
            HeartbeatStatus::Waiting => HeartbeatRowState::Waiting,
            HeartbeatStatus::Ok => HeartbeatRowState::Ok,
            HeartbeatStatus::Late => HeartbeatRowState::Late,
            HeartbeatStatus::Failed => HeartbeatRowState::Failed,
        },
        next_expected: heartbeat.next_expected(),
        name: heartbeat.name,
        period_seconds: heartbeat.period_seconds,
        grace_seconds: heartbeat.grace_seconds,
        last_received: heartbeat.last_received,
        is_in_file: heartbeat.is_in_file,
    }
}

/// Adds a heartbeat.
pub(super) fn add(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let new = NewHeartbeat {
        name: fields.get("name").to_owned(),
        period: DurationText::Text(fields.get("period").to_owned()),
        grace: fields.non_empty("grace").map(DurationText::Text),
    };
    let service: HeartbeatService = context.state.service();
    service.add(&context.actor, &new, clock::now()).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

/// Removes a heartbeat.
pub(super) fn remove(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let service: HeartbeatService = context.state.service();
    service.remove(&context.actor, fields.get("name")).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

fn form_error(error: &impl ServiceError) -> FormError {
    FormError::of(error, |field| FIELDS.into_iter().find(|known| *known == field))
}
