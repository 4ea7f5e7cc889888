//! View models of channels and deliveries, and their form actions: test and resend.

use super::actions::ActionResult;
use crate::app_state::AppState;
use crate::services::{NotificationError, NotificationService};
use crate::web::PageContext;
use crate::web::fragments::form::FormError;
use watchglass_notify::Overview;
use watchglass_notify::outbox::{DeadLetter, Delivery, Event, Outcome};
use watchglass_pages::alerts::{
    ChannelRow, Channels, DeadLetterRow, Deliveries, DeliveryOutcome, DeliveryRow,
};
use watchglass_pages::ui::{FormFields, FormValues};

/// Notification channels.
pub(crate) fn channels(state: &AppState) -> Channels {
    match state.notifications.overview() {
        Ok(overview) => {
            let kind = |name: &str| state.notifications.channel_kind(name).to_owned();
            let row = |(name, to): (String, String)| ChannelRow { kind: kind(&name), name, receiver: to };
            let rows = overview.channels.into_iter().map(row);
            Channels { rows: rows.collect(), error: None }
        }
        Err(error) => Channels { rows: Vec::new(), error: Some(error.to_string()) },
    }
}

/// Notification log.
pub(super) fn deliveries(state: &AppState, typed: FormValues) -> Deliveries {
    let overview = match state.notifications.overview() {
        Ok(overview) => overview,
        Err(error) => {
            return Deliveries {
                error: Some(error.to_string()),
                form_values: typed,
                ..Deliveries::default()
            };
        }
    };
    let Overview { counts, deliveries, dead_letters, problem, .. } = overview;
    Deliveries {
        queued: counts.waiting,
        sent: counts.delivered,
        failed: counts.dead,
        dead_letters: dead_letters.into_iter().map(dead_letter).collect(),
        rows: deliveries.into_iter().map(delivery).collect(),
        error: problem,
        form_values: typed,
    }
}

/// Sends a test notification over a channel.
pub(super) fn send_test(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let notifications: NotificationService = context.state.service();
    notifications.test_channel(&context.actor, fields.get("channel")).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

/// Resends a notification: the field `message` has its id and its channel, separated by a space.
pub(super) fn resend(context: &PageContext, fields: &FormFields) -> Result<ActionResult, FormError> {
    let delivery = fields.get("delivery").split_once(' ').ok_or_else(|| {
        FormError::invalid_field("delivery", "must be a notification id and a channel, separated by a space")
    })?;
    let notifications: NotificationService = context.state.service();
    notifications.resend(&context.actor, delivery, fields.get("who")).map_err(|error| form_error(&error))?;
    Ok(ActionResult::default())
}

fn form_error(error: &NotificationError) -> FormError {
    FormError::of(error, |field| (field == "who").then_some("who"))
}

fn dead_letter(letter: DeadLetter) -> DeadLetterRow {
    DeadLetterRow {
        id: letter.id,
        title: letter.title,
        severity: letter.severity,
        channel: letter.channel,
        time: letter.time,
        reason: letter.reason,
    }
}

fn delivery(delivery: Delivery) -> DeliveryRow {
    let Delivery { id, title, severity, channel, event } = delivery;
    let time = event.time();
    let state = match event {
        Event::Resend { who, .. } => DeliveryOutcome::Resent(who),
        Event::Superseded { .. } => DeliveryOutcome::Superseded,
        Event::Attempt(attempt) => match attempt.outcome {
            Outcome::Delivered => DeliveryOutcome::Delivered(attempt.to),
            Outcome::Retry { reason, due, .. } => DeliveryOutcome::Retry(reason, due),
            Outcome::Dead { reason } => DeliveryOutcome::Failed(reason),
        },
    };
    // A queued notification is retried anyway, and a failed one has its own resend button.
    let again = matches!(state, DeliveryOutcome::Delivered(_)).then_some(id);
    DeliveryRow { title, severity, channel, time, outcome: state, resend_id: again }
}
