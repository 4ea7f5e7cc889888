//! Pages of action links: confirmation, result and error.

use crate::http::html::escaped;
use crate::services::{LinkRequest, LinkedAlert};
use app::url;
use std::fmt::Write as _;
use watchglass_model::{Timestamp, format};
use watchglass_notify::{ActionTokenError, LinkAction};
use watchglass_reports::format_rfc3339;
use watchglass_rules::Phase;

/// Form input.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FormInput<'a> {
    pub(super) who: &'a str,
    pub(super) why: &'a str,
}

/// Page with a title and markup.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) body: String,
}

/// Confirmation page, with a form if the action still applies. `error` is the error of the submitted form.
pub(super) fn confirmation_page(link: &LinkRequest, typed: FormInput<'_>, error: Option<&str>) -> Page {
    let title = name(link.action);
    let mut body = String::new();
    if let Some(error) = error {
        alert_paragraph(&mut body, "bad", &format!("Error: {error}"));
    }
    if link.is_applicable() {
        paragraph(&mut body, explanation(link.action));
    } else {
        paragraph(&mut body, "Nothing to do: the action no longer applies.");
    }
    alert_list(&mut body, link);
    if link.is_applicable() {
        form(&mut body, link.action, typed);
    }
    page(title, &body)
}

/// Result page: the action changed `count` alerts; shows their current state.
pub(super) fn result_page(link: &LinkRequest, count: usize) -> Page {
    let mut body = String::new();
    let (title, text) = match (link.action, count) {
        (_, 0) => ("No change".to_owned(), "Already done by someone else, or resolved. Current state:"),
        (LinkAction::Acknowledge, _) => {
            ("Acknowledged".to_owned(), "No repeats or escalations until it resolves.")
        }
        (LinkAction::Silence { .. }, _) => {
            ("Silenced".to_owned(), "No notifications until the silence ends.")
        }
    };
    alert_paragraph(&mut body, if count == 0 { "bad" } else { "good" }, text);
    alert_list(&mut body, link);
    page(title, &body)
}

/// Error page of an invalid or expired link.
pub(super) fn error_page(error: ActionTokenError) -> Page {
    let (title, more) = match error {
        ActionTokenError::Invalid => ("Invalid link", String::new()),
        ActionTokenError::Expired { expired_at: since } => {
            ("Link expired", format!(" It was valid until {}.", time_element(since)))
        }
    };
    let text = error.to_string();
    let mut characters = text.chars();
    let first: String = characters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    page(title.to_owned(), &format!("<p>{}{}.{more}</p>", first, escaped(characters.as_str())))
}

/// Page for alerts that no longer exist.
pub(super) fn not_found_page() -> Page {
    let text = "<p>The alerts of this message resolved long ago, or their rule was removed.</p>";
    page("Alerts not found".to_owned(), text)
}

fn page(title: String, body: &str) -> Page {
    let body = format!(
        "<main class=\"document standalone\"><h1>{}</h1>{body}<p class=\"ways\"><a href=\"{}\">All alerts</a> \
         <a href=\"{}\">Overview</a></p></main>",
        escaped(&title),
        url("/alerts?view=active"),
        url("/")
    );
    Page { title, body }
}

fn name(action: LinkAction) -> String {
    match action {
        LinkAction::Acknowledge => "Acknowledge".to_owned(),
        LinkAction::Silence { minutes } if minutes % 60 == 0 => format!("Silence for {} hours", minutes / 60),
        LinkAction::Silence { minutes } => format!("Silence for {minutes} minutes"),
    }
}

fn explanation(action: LinkAction) -> &'static str {
    match action {
        LinkAction::Acknowledge => {
            "Not acknowledged yet. Acknowledging stops repeats and escalations until the alert resolves."
        }
        LinkAction::Silence { .. } => {
            "Not silenced yet. Silenced alerts stay recorded but send no notifications, except that they resolved, to those \
             who were notified."
        }
    }
}

fn paragraph(body: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = write!(body, "<p>{}</p>", escaped(text));
}

fn alert_paragraph(body: &mut String, kind: &str, text: &str) {
    let role = if kind == "good" { "status" } else { "alert" };
    let _ = write!(body, "<p class=\"flash {kind}\" role=\"{role}\">{}</p>", escaped(text));
}

fn alert_list(body: &mut String, link: &LinkRequest) {
    body.push_str("<ul>");
    link.alerts.iter().for_each(|subject| entry(body, link, subject));
    if link.missing > 0 {
        let _ = write!(body, "<li>{} more that no longer exist</li>", link.missing);
    }
    body.push_str("</ul>");
}

fn entry(body: &mut String, link: &LinkRequest, subject: &LinkedAlert) {
    let alert = &subject.alert;
    let severity = alert.severity;
    let (kind, word) =
        if subject.is_resolved() { ("over", "Resolved") } else { (severity.as_str(), severity.title()) };
    let _ = write!(
        body,
        "<li data-severity=\"{kind}\"><p><strong>{word}</strong> {}</p><p class=\"facts\">{}</p>",
        escaped(&alert.message),
        escaped(&format!("{}{}", alert.key.rule, alert.key.labels)),
    );
    let fired = alert.fired.unwrap_or(alert.since);
    let mut fact = |text: String| {
        let _ = write!(body, "<p class=\"facts\">{text}</p>");
    };
    match (alert.phase, alert.resolved) {
        (Phase::Resolved, Some(resolved)) => {
            fact(format!("Resolved at {}, fired at {}.", since(resolved, link.now), time_element(fired)));
        }
        _ => fact(format!("Firing since {}.", since(fired, link.now))),
    }
    if alert.flapping {
        fact("Flapping.".to_owned());
    }
    if fired > link.created {
        fact("It resolved in the meantime and fired again after the message.".to_owned());
    }
    if let Some(acknowledged) = &subject.acknowledged {
        let who = escaped(&acknowledged.who);
        let when = time_element(acknowledged.time);
        let why = reason(&acknowledged.why);
        fact(format!("Acknowledged by <strong>{who}</strong> at {when}{why}"));
    }
    if let Some(silence) = &subject.silence {
        let until = silence.end.map_or(String::new(), |end| format!(" until {}", time_element(end)));
        let why = reason(&silence.reason);
        fact(format!("Silenced by <strong>{}</strong>{until}{why}", escaped(&silence.author)));
    }
    body.push_str("</li>");
}

fn reason(why: &str) -> String {
    if why.is_empty() { ".".to_owned() } else { format!(": {}", escaped(why)) }
}

fn form(body: &mut String, action: LinkAction, typed: FormInput<'_>) {
    // The comment is required for a silence, optional for an acknowledgement.
    let (required, why) = match action {
        LinkAction::Acknowledge => ("", "Comment (optional)"),
        LinkAction::Silence { .. } => (" required", "Comment"),
    };
    let _ = write!(
        body,
        "<form method=\"post\"><p><label for=\"who\">Your name</label><input id=\"who\" name=\"who\" required \
         maxlength=\"100\" autocomplete=\"name\" value=\"{}\"></p><p><label for=\"why\">{why}</label><input id=\"why\" \
         name=\"why\"{required} maxlength=\"500\" autocomplete=\"off\" value=\"{}\"></p>\
         <p><button type=\"submit\" class=\"button\">{}</button></p></form>",
        escaped(typed.who),
        escaped(typed.why),
        escaped(&name(action)),
    );
}

/// Time to the second, as a `<time>` element.
fn time_element(time: Timestamp) -> String {
    let whole = format_rfc3339(time);
    let text = whole.split('.').next().unwrap_or_default().replace('T', " ");
    format!("<time datetime=\"{whole}\">{text} UTC</time>")
}

fn since(time: Timestamp, now: Timestamp) -> String {
    format!("{} ({} ago)", time_element(time), format::age(now.millis_since(time)))
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
