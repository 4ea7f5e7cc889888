//! The pages behind the links of messages: what would be done, what was, and why nothing can be.

use super::super::html::escaped;
use super::errand::{Errand, Subject};
use std::fmt::Write as _;
use watchglass_alerts::Phase;
use watchglass_alerts::telling::FieldError;
use watchglass_export::written;
use watchglass_model::{Timestamp, format};
use watchglass_notify::{Action, DeedError};

/// What a person typed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Typed<'a> {
    /// Who it is.
    pub(super) who: &'a str,
    /// Why.
    pub(super) why: &'a str,
}

/// A page: its title, and what it says as markup.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) body: String,
}

/// What would be done, with a form to do it where there is anything left to do. `mistake` is what is wrong with what was
/// typed.
pub(super) fn question(errand: &Errand, typed: Typed<'_>, mistake: Option<&FieldError>) -> Page {
    let title = name(errand.action);
    let mut body = String::new();
    if let Some(mistake) = mistake {
        said(&mut body, "bad", &format!("Nothing was done: {mistake}"));
    }
    if errand.is_open() {
        paragraph(&mut body, explanation(errand.action));
    } else {
        paragraph(&mut body, "There is nothing left to do.");
    }
    subjects(&mut body, errand);
    if errand.is_open() {
        form(&mut body, errand.action, typed);
    }
    page(title, &body)
}

/// What was done to `count` alerts, and how they are now.
pub(super) fn result(errand: &Errand, count: usize) -> Page {
    let mut body = String::new();
    let (title, words) = match (errand.action, count) {
        (_, 0) => {
            ("Nothing was done".to_owned(), "Others were quicker, or it is over: this is how it is now.")
        }
        (Action::Acknowledge, _) => ("Acknowledged".to_owned(), "The others see that you look after it."),
        (Action::Silence { .. }, _) => ("Silenced".to_owned(), "Nothing is told of it for a while."),
    };
    said(&mut body, if count == 0 { "bad" } else { "good" }, words);
    subjects(&mut body, errand);
    page(title, &body)
}

/// Why a link does nothing.
pub(super) fn refusal(error: DeedError) -> Page {
    let (title, more) = match error {
        DeedError::NotOurs => ("This link does nothing", String::new()),
        DeedError::Expired { since } => {
            ("This link has expired", format!(" It was good until {}.", moment(since)))
        }
    };
    let text = error.to_string();
    let mut letters = text.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    page(title.to_owned(), &format!("<p>{}{}.{more}</p>", first, escaped(letters.as_str())))
}

/// Alerts that were over so long ago that nothing is known of them any more.
pub(super) fn forgotten() -> Page {
    let text = "<p>What the message told of was over long ago, or was dismissed with its rule.</p>";
    page("These alerts are known no more".to_owned(), text)
}

fn page(title: String, body: &str) -> Page {
    let body = format!(
        "<main class=\"document deed\"><h1>{}</h1>{body}<p class=\"ways\"><a href=\"/alerts?view=active\">All alerts</a> \
         <a href=\"/\">Overview</a></p></main>",
        escaped(&title)
    );
    Page { title, body }
}

fn name(action: Action) -> String {
    match action {
        Action::Acknowledge => "Acknowledge".to_owned(),
        Action::Silence { minutes } if minutes % 60 == 0 => format!("Silence for {} hours", minutes / 60),
        Action::Silence { minutes } => format!("Silence for {minutes} minutes"),
    }
}

fn explanation(action: Action) -> &'static str {
    match action {
        Action::Acknowledge => {
            "Nothing was done yet. Say that you look after this: it is neither repeated nor escalated until it is over."
        }
        Action::Silence { .. } => {
            "Nothing was done yet. While it is silenced this is recorded, and nobody is told of it, except that it is over \
             those who know that it began."
        }
    }
}

fn paragraph(body: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = write!(body, "<p>{}</p>", escaped(text));
}

fn said(body: &mut String, kind: &str, text: &str) {
    let role = if kind == "good" { "status" } else { "alert" };
    let _ = write!(body, "<p class=\"said {kind}\" role=\"{role}\">{}</p>", escaped(text));
}

fn subjects(body: &mut String, errand: &Errand) {
    body.push_str("<ul>");
    errand.subjects.iter().for_each(|subject| entry(body, errand, subject));
    if errand.unknown > 0 {
        let _ = write!(body, "<li>{} more that are known no more</li>", errand.unknown);
    }
    body.push_str("</ul>");
}

fn entry(body: &mut String, errand: &Errand, subject: &Subject) {
    let alert = &subject.alert;
    let severity = alert.severity;
    let (kind, word) = if subject.is_over() { ("over", "Over") } else { (severity.word(), severity.title()) };
    let _ = write!(
        body,
        "<li data-severity=\"{kind}\"><p><strong>{word}</strong> {}</p><p class=\"facts\">{}</p>",
        escaped(&alert.message),
        escaped(&format!("{}{}", alert.key.rule, alert.key.labels)),
    );
    let began = alert.fired.unwrap_or(alert.since);
    let mut fact = |text: String| {
        let _ = write!(body, "<p class=\"facts\">{text}</p>");
    };
    match (alert.phase, alert.resolved) {
        (Phase::Resolved, Some(resolved)) => {
            fact(format!("It is over since {}; it fired at {}.", since(resolved, errand.now), moment(began)));
        }
        _ => fact(format!("It fires since {}.", since(began, errand.now))),
    }
    if alert.flapping {
        fact("It comes and goes.".to_owned());
    }
    if began > errand.made {
        fact("It was over in between: the message told of an earlier time.".to_owned());
    }
    if let Some(acknowledged) = &subject.acknowledged {
        let who = escaped(&acknowledged.who);
        let when = moment(acknowledged.time);
        let why = reason(&acknowledged.why);
        fact(format!("Acknowledged by <strong>{who}</strong> at {when}{why}"));
    }
    if let Some(silence) = &subject.silence {
        let until = silence.end.map_or(String::new(), |end| format!(" until {}", moment(end)));
        let why = reason(&silence.reason);
        fact(format!("Silenced by <strong>{}</strong>{until}{why}", escaped(&silence.author)));
    }
    body.push_str("</li>");
}

fn reason(why: &str) -> String {
    if why.is_empty() { ".".to_owned() } else { format!(": {}", escaped(why)) }
}

fn form(body: &mut String, action: Action, typed: Typed<'_>) {
    // A silence must have a reason, an acknowledgement may.
    let (required, why) = match action {
        Action::Acknowledge => ("", "What you do about it (may be empty)"),
        Action::Silence { .. } => (" required", "Why"),
    };
    let _ = write!(
        body,
        "<form method=\"post\"><p><label for=\"who\">Your name</label><input id=\"who\" name=\"who\" required \
         maxlength=\"100\" autocomplete=\"name\" value=\"{}\"></p><p><label for=\"why\">{why}</label><input id=\"why\" \
         name=\"why\"{required} maxlength=\"500\" autocomplete=\"off\" value=\"{}\"></p>\
         <p><button class=\"button\">{}</button></p></form>",
        escaped(typed.who),
        escaped(typed.why),
        escaped(&name(action)),
    );
}

/// A moment to the second, for people and programs.
fn moment(time: Timestamp) -> String {
    let whole = written(time);
    let text = whole.split('.').next().unwrap_or_default().replace('T', " ");
    format!("<time datetime=\"{whole}\">{text} UTC</time>")
}

fn since(time: Timestamp, now: Timestamp) -> String {
    format!("{} ({} ago)", moment(time), format::age(now.millis_since(time)))
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
