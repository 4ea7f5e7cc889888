//! What became of messages, and those that did not arrive.

use super::Typed;
use super::words::{count, hidden, moment, severity, who};
use leptos::prelude::*;
use watchglass_model::Severity;
use watchglass_model::Timestamp;

/// What became of messages.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    /// How many wait to be sent.
    pub waiting: usize,
    /// How many the other side took.
    pub delivered: usize,
    /// How many were given up.
    pub dead: usize,
    /// What did not arrive and is tried no more, the newest first.
    pub dead_letters: Vec<DeadLetterRow>,
    /// What happened, the newest first.
    pub rows: Vec<DeliveryRow>,
    /// What keeps the outbox from writing or answering.
    pub problem: Option<String>,
    /// What was typed into the form.
    pub typed: Typed,
}

/// A message that did not arrive.
#[derive(Clone, Debug)]
pub struct DeadLetterRow {
    /// Its id.
    pub id: String,
    /// What it says.
    pub title: String,
    /// How bad that is.
    pub severity: Severity,
    /// Over which channel it was to go.
    pub channel: String,
    /// When it was given up.
    pub time: Timestamp,
    /// Why.
    pub reason: String,
}

/// Something that happened to a message.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// What it says.
    pub title: String,
    /// How bad that is.
    pub severity: Severity,
    /// Over which channel.
    pub channel: String,
    /// When.
    pub time: Timestamp,
    /// What happened.
    pub state: DeliveryState,
    /// Its id, for one that can be sent again.
    pub again: Option<String>,
}

/// What happened to a message.
#[derive(Clone, Debug)]
pub enum DeliveryState {
    /// The other side has it: whom the channel reaches.
    Delivered(String),
    /// It will be tried again: why, and when.
    Retry(String, Timestamp),
    /// It is tried no more: why.
    Dead(String),
    /// Somebody asked to send it again: who.
    Resend(String),
}

impl Deliveries {
    /// Those who `may_change` something can send messages again.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self { waiting, delivered, dead, dead_letters, rows, problem, typed } = self;
        let problem = problem.map(|problem| view! { <p class="said bad">{problem}</p> });
        let counts = format!("{delivered} delivered, {waiting} waiting, {dead} given up");
        let letters = (!dead_letters.is_empty()).then(|| {
            let title = count(dead_letters.len(), "message did not arrive", "messages did not arrive");
            let rows = dead_letters.into_iter().map(|letter| letter.view(may_change)).collect_view();
            view! { <section data-part="dead-letters"><h2>{title}</h2><ul class="rows">{rows}</ul></section> }
        });
        let log = if rows.is_empty() {
            view! { <p class="empty">"No message was sent yet. The test of a channel, in the view Channels, sends one."</p> }.into_any()
        } else {
            view! { <ol class="rows">{rows.into_iter().map(|row| row.view(may_change)).collect_view()}</ol> }
                .into_any()
        };
        let content = view! {
            {problem}
            <p class="facts" data-part="counts">{counts}</p>
        };
        let log = view! { <section data-part="list"><h2>"What happened"</h2>{log}</section> };
        if !may_change {
            return view! { <section aria-label="Deliveries">{content}{letters}{log}</section> }.into_any();
        }
        let form = (letters.is_some() || delivered > 0).then(|| {
            view! {
                <div class="filter" data-part="form">
                    {who("resend", &typed)}
                    <p class="hint">"is noted with what you send again."</p>
                </div>
            }
        });
        view! {
            <form method="post" action="/alerts" id="resend" aria-label="Deliveries">
                // The first button is what the enter key presses: here it must not be one that sends.
                <button disabled=true hidden=true></button>
                {hidden("view", "deliveries")}
                {hidden("do", "resend")}
                {content}
                {form}
                {letters}
                {log}
            </form>
        }
        .into_any()
    }
}

fn again(id: &str, channel: &str, title: &str) -> AnyView {
    let (value, spoken) = (format!("{id} {channel}"), format!("Send again over {channel}: {title}"));
    view! { <button class="button" name="message" value=value aria-label=spoken>"Send again"</button> }
        .into_any()
}

impl DeadLetterRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { id, title, severity: how_bad, channel, time, reason } = self;
        let again = may_change.then(|| again(&id, &channel, &title));
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{severity(how_bad)}<span class="message">{title}</span></p>
                    <p class="facts">{channel}" · given up "{moment(time)}": "{reason}</p>
                </div>
                <div class="do">{again}</div>
            </li>
        }
        .into_any()
    }
}

impl DeliveryRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { title, severity: how_bad, channel, time, state, again: id } = self;
        let again = id.filter(|_| may_change).map(|id| again(&id, &channel, &title));
        let (word, what) = match state {
            DeliveryState::Delivered(to) => ("Delivered", format!(" to {to}").into_any()),
            DeliveryState::Retry(reason, due) => {
                ("Tried", view! { ", again at "{moment(due)}": "{reason} }.into_any())
            }
            DeliveryState::Dead(reason) => ("Given up", format!(": {reason}").into_any()),
            DeliveryState::Resend(who) => ("Sent again", format!(" because {who} asked for it").into_any()),
        };
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{severity(how_bad)}<span class="message">{title}</span></p>
                    <p class="facts">{moment(time)}" · "{channel}" · "<b>{word}</b>{what}</p>
                </div>
                <div class="do">{again}</div>
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::words::Written;

    fn row(state: DeliveryState, again: Option<&str>) -> DeliveryRow {
        DeliveryRow {
            title: "<script>x".to_owned(),
            severity: Severity::Warning,
            channel: "pager".to_owned(),
            time: Timestamp::from_millis(60_000),
            state,
            again: again.map(str::to_owned),
        }
    }

    #[test]
    fn what_happened_is_said_and_can_be_done_again() {
        let letter = DeadLetterRow {
            id: "m1".to_owned(),
            title: "Memory".to_owned(),
            severity: Severity::Critical,
            channel: "chat".to_owned(),
            time: Timestamp::from_millis(0),
            reason: "404 <b>".to_owned(),
        };
        let deliveries = Deliveries {
            dead: 1,
            delivered: 2,
            dead_letters: vec![letter],
            rows: vec![
                row(DeliveryState::Delivered("hook".to_owned()), Some("m2")),
                row(DeliveryState::Retry("busy".to_owned(), Timestamp::from_millis(90_000)), None),
                row(DeliveryState::Dead("gone".to_owned()), None),
                row(DeliveryState::Resend("ada".to_owned()), None),
            ],
            problem: Some("the disk is full".to_owned()),
            ..Deliveries::default()
        };
        let html = deliveries.view(true).html().replace('\u{a0}', " ");
        for part in [
            "1 message did not arrive",
            "value=\"m1 chat\"",
            "404 &lt;b&gt;",
            "value=\"m2 pager\"",
            " to hook",
            "1970-01-01T00:01:30Z",
            "Given up",
            "because ada asked for it",
            "the disk is full",
            "name=\"who\"",
            "2 delivered, 0 waiting, 1 given up",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn where_nothing_was_sent_nothing_can_be_sent_again() {
        let html = Deliveries::default().view(true).html();
        assert!(html.contains("No message was sent yet.") && !html.contains("name=\"who\""), "{html}");
    }
}
