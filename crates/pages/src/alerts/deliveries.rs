//! Notification log, with failed notifications first.

use crate::ui::{FormValues, author_field, hidden_input, pluralize, severity_badge, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::Severity;
use watchglass_model::Timestamp;

/// Notification log.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    /// Number of queued notifications.
    pub queued: usize,
    /// Number of notifications that the receiver accepted.
    pub sent: usize,
    /// Number of failed notifications.
    pub failed: usize,
    /// Failed notifications that are no longer retried, the newest first.
    pub dead_letters: Vec<DeadLetterRow>,
    /// Delivery events, the newest first.
    pub rows: Vec<DeliveryRow>,
    /// Why the outbox cannot be read or written, if it cannot.
    pub error: Option<String>,
    /// Submitted form values.
    pub form_values: FormValues,
}

/// Failed notification.
#[derive(Clone, Debug)]
pub struct DeadLetterRow {
    /// Notification id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Severity.
    pub severity: Severity,
    /// Channel.
    pub channel: String,
    /// When it failed for good.
    pub time: Timestamp,
    /// Reason.
    pub reason: String,
}

/// Delivery event of a notification.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// Title.
    pub title: String,
    /// Severity.
    pub severity: Severity,
    /// Channel.
    pub channel: String,
    /// Time.
    pub time: Timestamp,
    /// Outcome.
    pub outcome: DeliveryOutcome,
    /// Notification id, if it can be resent.
    pub resend_id: Option<String>,
}

/// Outcome of a delivery event.
#[derive(Clone, Debug)]
pub enum DeliveryOutcome {
    /// Accepted by the receiver, which is named.
    Delivered(String),
    /// Failed and will be retried: reason and time of the next attempt.
    Retry(String, Timestamp),
    /// Failed for good: reason.
    Failed(String),
    /// Resent by a user, who is named.
    Resent(String),
    /// Not sent: a later notification about the same alerts replaces it.
    Superseded,
}

impl Deliveries {
    /// `may_change` adds the resend buttons.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self {
            queued: waiting,
            sent: delivered,
            failed: dead,
            dead_letters,
            rows,
            error: problem,
            form_values: typed,
        } = self;
        let problem = problem.map(|problem| view! { <p class="flash bad">{problem}</p> });
        let counts = format!("{delivered} sent · {waiting} queued · {dead} failed");
        let letters = (!dead_letters.is_empty()).then(|| {
            let title = pluralize(dead_letters.len(), "failed notification", "failed notifications");
            let rows = dead_letters.into_iter().map(|letter| letter.view(may_change)).collect_view();
            view! { <section data-part="dead-letters"><h2>{title}</h2><ul class="rows">{rows}</ul></section> }
        });
        let log = if rows.is_empty() {
            view! { <p class="empty">"No notifications sent yet. Send a test on the Channels tab."</p> }
                .into_any()
        } else {
            view! { <ol class="rows">{rows.into_iter().map(|row| row.view(may_change)).collect_view()}</ol> }
                .into_any()
        };
        let content = view! {
            {problem}
            <p class="facts" data-part="counts">{counts}</p>
        };
        let log = view! { <section data-part="list"><h2>"Notification log"</h2>{log}</section> };
        if !may_change {
            return view! { <section aria-label="Deliveries">{content}{letters}{log}</section> }.into_any();
        }
        let form = (letters.is_some() || delivered > 0).then(|| {
            view! {
                <div class="filter" data-part="form">
                    {author_field("resend", &typed)}
                </div>
            }
        });
        view! {
            <form method="post" action=url("/alerts") id="resend" aria-label="Deliveries">
                // Enter presses the first button: it must not be one that resends.
                <button type="submit" disabled=true hidden=true></button>
                {hidden_input("view", "deliveries")}
                {hidden_input("do", "resend")}
                {content}
                {form}
                {letters}
                {log}
            </form>
        }
        .into_any()
    }
}

fn resend_button(id: &str, channel: &str, title: &str) -> AnyView {
    let (value, spoken) = (format!("{id} {channel}"), format!("Resend via {channel}: {title}"));
    view! { <button type="submit" class="button" name="delivery" value=value aria-label=spoken>"Resend"</button> }
        .into_any()
}

impl DeadLetterRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { id, title, severity: level, channel, time, reason } = self;
        let again = may_change.then(|| resend_button(&id, &channel, &title));
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{severity_badge(level)}<span class="message">{title}</span></p>
                    <p class="facts">{channel}" · failed "{time_tag(time)}": "{reason}</p>
                </div>
                <div class="do">{again}</div>
            </li>
        }
        .into_any()
    }
}

impl DeliveryRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { title, severity: level, channel, time, outcome: state, resend_id: id } = self;
        let again = id.filter(|_| may_change).map(|id| resend_button(&id, &channel, &title));
        let (word, details) = match state {
            DeliveryOutcome::Delivered(to) => ("Sent", format!(" to {to}").into_any()),
            DeliveryOutcome::Retry(reason, due) => {
                ("Retrying", view! { ", next attempt "{time_tag(due)}": "{reason} }.into_any())
            }
            DeliveryOutcome::Failed(reason) => ("Failed", format!(": {reason}").into_any()),
            DeliveryOutcome::Resent(who) => ("Resent", format!(" by {who}").into_any()),
            DeliveryOutcome::Superseded => ("Not sent", ": replaced by a later notification".into_any()),
        };
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{severity_badge(level)}<span class="message">{title}</span></p>
                    <p class="facts">{time_tag(time)}" · "{channel}" · "<b>{word}</b>{details}</p>
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
    use crate::ui::StaticHtml;

    fn row(state: DeliveryOutcome, again: Option<&str>) -> DeliveryRow {
        DeliveryRow {
            title: "<script>x".to_owned(),
            severity: Severity::Warning,
            channel: "pager".to_owned(),
            time: Timestamp::from_millis(60_000),
            outcome: state,
            resend_id: again.map(str::to_owned),
        }
    }

    #[test]
    fn outcomes_are_shown_and_can_be_resent() {
        let letter = DeadLetterRow {
            id: "m1".to_owned(),
            title: "Memory".to_owned(),
            severity: Severity::Critical,
            channel: "chat".to_owned(),
            time: Timestamp::from_millis(0),
            reason: "404 <b>".to_owned(),
        };
        let deliveries = Deliveries {
            failed: 1,
            sent: 2,
            dead_letters: vec![letter],
            rows: vec![
                row(DeliveryOutcome::Delivered("hook".to_owned()), Some("m2")),
                row(DeliveryOutcome::Retry("busy".to_owned(), Timestamp::from_millis(90_000)), None),
                row(DeliveryOutcome::Failed("gone".to_owned()), None),
                row(DeliveryOutcome::Resent("ada".to_owned()), None),
            ],
            error: Some("the disk is full".to_owned()),
            ..Deliveries::default()
        };
        let html = deliveries.view(true).html().replace('\u{a0}', " ");
        for part in [
            "1 failed notification",
            "value=\"m1 chat\"",
            "404 &lt;b&gt;",
            "value=\"m2 pager\"",
            " to hook",
            "1970-01-01T00:01:30Z",
            "Failed",
            "Resent</b> by ada",
            "the disk is full",
            "name=\"who\"",
            "2 sent · 0 queued · 1 failed",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn empty_log_has_no_resend_form() {
        let html = Deliveries::default().view(true).html();
        assert!(html.contains("No notifications sent yet.") && !html.contains("name=\"who\""), "{html}");
    }
}
