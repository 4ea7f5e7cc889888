//! Notification message: built once, rendered by each channel.

use crate::{AlertDetails, AlertGroup, AlertStatus};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use watchglass_model::time_text::format_seconds;
use watchglass_model::{Severity, Timestamp};
use watchglass_remote::one_line;

/// Maximum characters of an id.
pub const MAX_ID: usize = 128;
/// Maximum characters of a title.
pub const MAX_TITLE: usize = 200;
/// Maximum lines.
pub const MAX_LINES: usize = 40;
/// Maximum characters of a line's text.
pub const MAX_TEXT: usize = 1000;
/// Maximum characters of a label.
pub const MAX_LABEL: usize = 80;
/// Maximum links.
pub const MAX_LINKS: usize = 10;
/// Maximum bytes of a link's URL.
pub const MAX_URL: usize = 2048;
/// Maximum bytes of a chart.
pub const MAX_CHART: usize = 64 << 10;

/// Labelled line of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Such as "Value". At most [`MAX_LABEL`] characters.
    pub label: String,
    /// Such as "93 %". At most [`MAX_TEXT`] characters, on one line.
    pub text: String,
}

/// Link of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Such as "Acknowledge". At most [`MAX_LABEL`] characters.
    pub label: String,
    /// Starts with `https://` or `http://`. At most [`MAX_URL`] bytes.
    pub url: String,
}

/// Notification message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Unique id, also across restarts: receivers deduplicate by it. Up to [`MAX_ID`] printable ASCII characters without
    /// spaces.
    pub id: String,
    /// One-sentence summary. At most [`MAX_TITLE`] characters.
    pub title: String,
    /// Severity.
    pub severity: Severity,
    /// Time of the event.
    pub time: Timestamp,
    /// Details, most important first; at most [`MAX_LINES`].
    #[serde(default)]
    pub lines: Vec<Line>,
    /// Links, most important first; at most [`MAX_LINKS`].
    #[serde(default)]
    pub links: Vec<Link>,
    /// Small chart, an SVG document of at most [`MAX_CHART`] bytes. It is drawn by this program and embedded unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_svg: Option<String>,
    /// Alerts as data; `None` if the message is about no alert, or was written before version 0.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<AlertGroup>,
}

/// A message has an invalid id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the message \"{title}\" has an invalid id of {length} characters: an id has 1 to {MAX_ID} printable ASCII \
     characters without spaces"
)]
pub struct MessageError {
    /// Title of the message.
    pub title: String,
    /// Length of its id in characters.
    pub length: usize,
}

impl Message {
    /// Truncates the message to all limits: truncated texts end in "…", the last line counts the omitted ones, invalid
    /// links and charts are removed.
    ///
    /// # Errors
    /// The id is invalid: receivers could not deduplicate.
    pub fn fitted(mut self) -> Result<Self, MessageError> {
        if !is_valid_id(&self.id) {
            let length = self.id.chars().count();
            return Err(MessageError { title: one_line(&self.title, MAX_TITLE), length });
        }
        self.title = one_line(&self.title, MAX_TITLE);
        if self.title.is_empty() {
            self.title = format!("A message of severity {}", self.severity);
        }
        if self.lines.len() > MAX_LINES {
            let omitted = self.lines.len() - (MAX_LINES - 1);
            self.lines.truncate(MAX_LINES - 1);
            self.lines.push(Line { label: "Omitted".to_owned(), text: format!("{omitted} more lines") });
        }
        for line in &mut self.lines {
            line.label = one_line(&line.label, MAX_LABEL);
            line.text = one_line(&line.text, MAX_TEXT);
        }
        fit_links(&mut self.links, MAX_LINKS);
        if let Some(group) = &mut self.group {
            group.fit();
        }
        self.chart_svg = self.chart_svg.filter(|chart| chart.starts_with("<svg") && chart.len() <= MAX_CHART);
        Ok(self)
    }

    /// Status of its alerts: resolved if all of them are.
    pub fn status(&self) -> AlertStatus {
        self.group.as_ref().map(AlertGroup::status).unwrap_or_default()
    }

    /// Time of the event as text: in UTC, to the second.
    pub fn time_text(&self) -> String {
        format_seconds(self.time).replace('T', " ").replace('Z', " UTC")
    }
}

/// Test message with every field set, for templates and channels.
pub(crate) fn test_message() -> Message {
    let chart = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"240\" height=\"40\" viewBox=\"0 0 240 40\">\
                 <path d=\"M0 30L80 26L160 31L240 8\" fill=\"none\" stroke=\"#888\"/></svg>";
    let line = |label: &str, text: &str| Line { label: label.to_owned(), text: text.to_owned() };
    Message {
        id: "test".to_owned(),
        title: "Test notification: no action needed".to_owned(),
        severity: Severity::Info,
        time: Timestamp::default(),
        lines: vec![
            line("Summary", "Watchglass can deliver notifications over this channel."),
            line("Value", "0 % (threshold 100 %)"),
            line("Next steps", "None."),
        ],
        links: vec![Link { label: "Watchglass".to_owned(), url: "https://watchglass.invalid/".to_owned() }],
        chart_svg: Some(chart.to_owned()),
        group: Some(AlertGroup {
            route: "test".to_owned(),
            alerts: vec![test_alert()],
            ..AlertGroup::default()
        }),
    }
}

fn test_alert() -> AlertDetails {
    let labels = [("component", "test"), ("severity", "info")];
    AlertDetails {
        rule: "test".to_owned(),
        name: "Test notification".to_owned(),
        labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        summary: "Test notification: no action needed".to_owned(),
        starts_at: "1970-01-01T00:00:00.000Z".to_owned(),
        fingerprint: "watchglass-test".to_owned(),
        ..AlertDetails::default()
    }
}

/// Removes invalid links and truncates the rest.
pub(crate) fn fit_links(links: &mut Vec<Link>, limit: usize) {
    links.retain(|link| is_safe_url(&link.url));
    links.truncate(limit);
    for link in links {
        link.label = one_line(&link.label, MAX_LABEL);
    }
}

/// Whether a text is a valid id: safe in headers and files.
pub(crate) fn is_valid_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a text is an HTTP URL that cannot break out of a link in mail programs and chats.
fn is_safe_url(url: &str) -> bool {
    let unsafe_byte = |byte: u8| {
        !byte.is_ascii_graphic() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'|' | b'`')
    };
    (url.starts_with("https://") || url.starts_with("http://"))
        && url.len() <= MAX_URL
        && !url.bytes().any(unsafe_byte)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A message with everything that needs escaping somewhere.
    pub(crate) fn sample() -> Message {
        let line = |label: &str, text: &str| Line { label: label.to_owned(), text: text.to_owned() };
        let link = |label: &str, url: &str| Link { label: label.to_owned(), url: url.to_owned() };
        Message {
            id: "cpu:fired:1700000000000".to_owned(),
            title: "CPU of <web-1> is 93 %, above 80 %".to_owned(),
            severity: Severity::Critical,
            time: Timestamp::from_millis(1_700_000_000_123),
            lines: vec![
                line("Value", "93 % (threshold 80 %)"),
                line("Since", "2 min & counting"),
                line("First", "look at \"top\" für Prozesse"),
            ],
            links: vec![
                link("Open", "https://watch.example/trends?at=1700000000000&range=1h"),
                link("Acknowledge", "https://watch.example/ack?token=abc"),
            ],
            chart_svg: Some(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>".to_owned(),
            ),
            group: None,
        }
    }

    #[test]
    fn message_within_limits_is_unchanged() {
        assert_eq!(sample().fitted(), Ok(sample()));
        assert_eq!(sample().time_text(), "2023-11-14 22:13:20 UTC");
        for (millis, text) in [(i64::MIN, "1970-01-01 00:00:00 UTC"), (i64::MAX, "9999-12-31 23:59:59 UTC")] {
            let message = Message { time: Timestamp::from_millis(millis), ..sample() };
            assert_eq!(message.time_text(), text);
        }
    }

    #[test]
    fn id_must_be_header_safe() {
        for id in ["", "a b", "a\r\nX: y", "ä", &"x".repeat(MAX_ID + 1)] {
            let error = Message { id: id.to_owned(), ..sample() }.fitted().unwrap_err();
            assert!(error.to_string().contains("1 to 128 printable"), "{error}");
        }
    }

    #[test]
    fn long_message_is_truncated() {
        let mut long = sample();
        long.title = "x".repeat(10_000);
        long.lines = vec![Line { label: "l".repeat(500), text: "a\r\nb".repeat(5000) }; 100];
        long.links = vec![Link { label: "l".to_owned(), url: "javascript:alert(1)".to_owned() }; 3];
        long.links.extend(vec![Link { label: "l".to_owned(), url: "https://a".to_owned() }; 30]);
        long.chart_svg = Some("<svg".repeat(MAX_CHART));
        let cut = long.fitted().unwrap();
        assert!(cut.title.ends_with("x…"), "{}", cut.title);
        assert_eq!((cut.lines.len(), cut.links.len(), cut.chart_svg.as_ref()), (MAX_LINES, MAX_LINKS, None));
        assert_eq!(cut.lines.last().unwrap().text, "61 more lines");
        let empty = Message { title: " \n".to_owned(), ..sample() }.fitted().unwrap();
        assert_eq!(empty.title, "A message of severity critical");
    }

    proptest! {
        #[test]
        fn fitted_message_is_bounded_and_stable(
            title in "\\PC{0,400}",
            texts in prop::collection::vec("(?s).{0,60}", 0..60),
            urls in prop::collection::vec("(https://)?[ -~]{0,30}", 0..20),
        ) {
            let message = Message {
                title,
                lines: texts.iter().map(|text| Line { label: text.clone(), text: text.clone() }).collect(),
                links: urls.iter().map(|url| Link { label: url.clone(), url: url.clone() }).collect(),
                ..sample()
            };
            let fitted = message.fitted().unwrap();
            prop_assert!(fitted.title.chars().count() <= MAX_TITLE && !fitted.title.contains('\n'));
            prop_assert!(fitted.lines.len() <= MAX_LINES && fitted.links.len() <= MAX_LINKS);
            prop_assert_eq!(fitted.clone().fitted(), Ok(fitted));
        }
    }
}
