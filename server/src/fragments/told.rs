//! Channels and deliveries, and what can be done with them: a test, and sending again.

use super::Visit;
use super::act::Done;
use super::fields::{Fields, Refusal};
use crate::audit::What;
use crate::core::Core;
use app::fragments::{ChannelRow, Channels, DeadLetterRow, Deliveries, DeliveryRow, DeliveryState, Typed};
use axum::http::StatusCode;
use watchglass_notify::outbox::{DeadLetter, Delivery, Event, Outcome};
use watchglass_notify::{Overview, PostError};

/// The channels.
pub(super) fn channels(core: &Core) -> Channels {
    match core.telling().overview() {
        Ok(overview) => {
            let rows = overview.channels.into_iter().map(|(name, to)| ChannelRow { name, to });
            Channels { rows: rows.collect(), problem: None }
        }
        Err(error) => Channels { rows: Vec::new(), problem: Some(error.to_string()) },
    }
}

/// What became of messages.
pub(super) fn deliveries(core: &Core, typed: Typed) -> Deliveries {
    let overview = match core.telling().overview() {
        Ok(overview) => overview,
        Err(error) => return Deliveries { problem: Some(error.to_string()), typed, ..Deliveries::default() },
    };
    let Overview { counts, deliveries, dead_letters, problem, .. } = overview;
    Deliveries {
        waiting: counts.waiting,
        delivered: counts.delivered,
        dead: counts.dead,
        dead_letters: dead_letters.into_iter().map(dead_letter).collect(),
        rows: deliveries.into_iter().map(delivery).collect(),
        problem,
        typed,
    }
}

/// Sends a test message over a channel.
pub(super) fn test(visit: &Visit, fields: &Fields) -> Result<Done, Refusal> {
    let channel = fields.get("channel");
    visit.core.telling().test(channel).map_err(|error| refusal(&error))?;
    visit.actor.note(What::Channel, "tested", channel, (None, None));
    Ok(Done::default())
}

/// Sends a message again: the field `message` is its id and, behind a space, its channel.
pub(super) fn resend(visit: &Visit, fields: &Fields) -> Result<Done, Refusal> {
    let who = fields.get("who");
    if who.is_empty() || who.chars().count() > 100 {
        return Err(Refusal::field("who", "1 to 100 characters are right"));
    }
    let (id, channel) = fields.get("message").split_once(' ').ok_or_else(|| {
        Refusal::field("message", "it must be the id of a message and, behind a space, a channel")
    })?;
    visit.core.telling().resend(id, channel, who).map_err(|error| refusal(&error))?;
    let to = serde_json::json!({ "channel": channel, "who": who });
    visit.actor.note(What::Delivery, "sent again", id, (None, Some(to)));
    Ok(Done::default())
}

fn refusal(error: &PostError) -> Refusal {
    let status = match error {
        PostError::NoChannel { .. } => StatusCode::NOT_FOUND,
        PostError::Outbox(_) => StatusCode::BAD_REQUEST,
        // Not a 502 or 503: what stands between may put pages of its own in their place.
        _ => StatusCode::CONFLICT,
    };
    Refusal::new(status, error.to_string())
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
    let Delivery { id, title, severity: how_bad, channel, event } = delivery;
    let time = event.time();
    let state = match event {
        Event::Resend { who, .. } => DeliveryState::Resend(who),
        Event::Attempt(attempt) => match attempt.outcome {
            Outcome::Delivered => DeliveryState::Delivered(attempt.to),
            Outcome::Retry { reason, due, .. } => DeliveryState::Retry(reason, due),
            Outcome::Dead { reason } => DeliveryState::Dead(reason),
        },
    };
    // One that waits is sent anyway, and one that is given up can be sent again above.
    let again = matches!(state, DeliveryState::Delivered(_)).then_some(id);
    DeliveryRow { title, severity: how_bad, channel, time, state, again }
}
