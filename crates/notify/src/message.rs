//! What is told: written once, rendered by each channel in its own way.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use watchglass_model::{Severity, Timestamp};
use watchglass_remote::one_line;

/// The most characters of an identifier.
pub const MOST_ID: usize = 128;
/// The most characters of a title.
pub const MOST_TITLE: usize = 200;
/// The most lines.
pub const MOST_LINES: usize = 40;
/// The most characters of a line's text.
pub const MOST_TEXT: usize = 1000;
/// The most characters of a label.
pub const MOST_LABEL: usize = 80;
/// The most links.
pub const MOST_LINKS: usize = 10;
/// The most bytes of a link's URL.
pub const MOST_URL: usize = 2048;
/// The most bytes of a chart.
pub const MOST_CHART: usize = 64 << 10;

/// A fact: what it is about, and what is to be said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Such as "Value". At most [`MOST_LABEL`] characters.
    pub label: String,
    /// Such as "93 %". At most [`MOST_TEXT`] characters, on one line.
    pub text: String,
}

/// Where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Such as "Acknowledge". At most [`MOST_LABEL`] characters.
    pub label: String,
    /// Begins with `https://` or `http://`. At most [`MOST_URL`] bytes.
    pub url: String,
}

/// What is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Tells this message from all others, also after a restart: who gets it twice knows it by this. Up to [`MOST_ID`]
    /// printable ASCII characters without spaces.
    pub id: String,
    /// What happened, in a sentence. At most [`MOST_TITLE`] characters.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// When it happened.
    pub time: Timestamp,
    /// The facts, the most important first; at most [`MOST_LINES`].
    #[serde(default)]
    pub lines: Vec<Line>,
    /// Where to go on, the most important first; at most [`MOST_LINKS`].
    #[serde(default)]
    pub links: Vec<Link>,
    /// A small chart, an SVG document of at most [`MOST_CHART`] bytes. It is drawn by this program and shown as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_svg: Option<String>,
}

/// A message cannot be told from others.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the message \"{title}\" has an id of {length} characters that is not one: an id has 1 to {MOST_ID} printable ASCII \
     characters without spaces"
)]
pub struct MessageError {
    /// The message's title.
    pub title: String,
    /// How long its id is.
    pub length: usize,
}

impl Message {
    /// The message within all limits. A message too long is cut and still told: what is cut ends in "…", lines that are
    /// left out are counted in the last one, links that are none and charts that are none are left out.
    ///
    /// # Errors
    /// The id is none: without it nobody could know the message when it comes twice.
    pub fn fitted(mut self) -> Result<Self, MessageError> {
        if !is_id(&self.id) {
            let length = self.id.chars().count();
            return Err(MessageError { title: one_line(&self.title, MOST_TITLE), length });
        }
        self.title = one_line(&self.title, MOST_TITLE);
        if self.title.is_empty() {
            self.title = format!("A message of severity {}", self.severity);
        }
        if self.lines.len() > MOST_LINES {
            let left_out = self.lines.len() - (MOST_LINES - 1);
            self.lines.truncate(MOST_LINES - 1);
            self.lines.push(Line { label: "Left out".to_owned(), text: format!("{left_out} more lines") });
        }
        for line in &mut self.lines {
            line.label = one_line(&line.label, MOST_LABEL);
            line.text = one_line(&line.text, MOST_TEXT);
        }
        self.links.retain(|link| is_link(&link.url));
        self.links.truncate(MOST_LINKS);
        for link in &mut self.links {
            link.label = one_line(&link.label, MOST_LABEL);
        }
        self.chart_svg =
            self.chart_svg.filter(|chart| chart.starts_with("<svg") && chart.len() <= MOST_CHART);
        Ok(self)
    }

    /// When it happened, for people: in UTC, to the second.
    pub fn time_text(&self) -> String {
        // Beyond these years the time has no text in this form.
        let millis = self.time.millis().clamp(0, 253_402_300_799_000).unsigned_abs();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(millis);
        let text = humantime::format_rfc3339_seconds(time).to_string();
        text.replace('T', " ").replace('Z', " UTC")
    }
}

/// A message that has everything, to try templates and channels with.
pub(crate) fn everything() -> Message {
    let chart = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"240\" height=\"40\" viewBox=\"0 0 240 40\">\
                 <path d=\"M0 30L80 26L160 31L240 8\" fill=\"none\" stroke=\"#888\"/></svg>";
    let line = |label: &str, text: &str| Line { label: label.to_owned(), text: text.to_owned() };
    Message {
        id: "test".to_owned(),
        title: "This is a test: nothing is wrong".to_owned(),
        severity: Severity::Info,
        time: Timestamp::default(),
        lines: vec![
            line("Meaning", "Somebody tries whether messages of Watchglass come through here. They do."),
            line("Value", "0 % (threshold 100 %)"),
            line("First", "Nothing is to be done."),
        ],
        links: vec![Link { label: "Watchglass".to_owned(), url: "https://watchglass.invalid/".to_owned() }],
        chart_svg: Some(chart.to_owned()),
    }
}

/// Whether a text can stand for a message in headers and files.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=MOST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a text is a URL that mail programs and chats make a link of, and that cannot break out of one.
fn is_link(url: &str) -> bool {
    let odd = |byte: u8| {
        !byte.is_ascii_graphic() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'|' | b'`')
    };
    (url.starts_with("https://") || url.starts_with("http://"))
        && url.len() <= MOST_URL
        && !url.bytes().any(odd)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A message with everything that wants escaping somewhere.
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
        }
    }

    #[test]
    fn what_is_within_the_limits_stays_as_it_is() {
        assert_eq!(sample().fitted(), Ok(sample()));
        assert_eq!(sample().time_text(), "2023-11-14 22:13:20 UTC");
        for (millis, text) in [(i64::MIN, "1970-01-01 00:00:00 UTC"), (i64::MAX, "9999-12-31 23:59:59 UTC")] {
            let message = Message { time: Timestamp::from_millis(millis), ..sample() };
            assert_eq!(message.time_text(), text);
        }
    }

    #[test]
    fn an_id_must_fit_a_header() {
        for id in ["", "a b", "a\r\nX: y", "ä", &"x".repeat(MOST_ID + 1)] {
            let error = Message { id: id.to_owned(), ..sample() }.fitted().unwrap_err();
            assert!(error.to_string().contains("1 to 128 printable"), "{error}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_still_told() {
        let mut long = sample();
        long.title = "x".repeat(10_000);
        long.lines = vec![Line { label: "l".repeat(500), text: "a\r\nb".repeat(5000) }; 100];
        long.links = vec![Link { label: "l".to_owned(), url: "javascript:alert(1)".to_owned() }; 3];
        long.links.extend(vec![Link { label: "l".to_owned(), url: "https://a".to_owned() }; 30]);
        long.chart_svg = Some("<svg".repeat(MOST_CHART));
        let cut = long.fitted().unwrap();
        assert!(cut.title.ends_with("x…"), "{}", cut.title);
        assert_eq!(
            (cut.lines.len(), cut.links.len(), cut.chart_svg.as_ref()),
            (MOST_LINES, MOST_LINKS, None)
        );
        assert_eq!(cut.lines.last().unwrap().text, "61 more lines");
        let empty = Message { title: " \n".to_owned(), ..sample() }.fitted().unwrap();
        assert_eq!(empty.title, "A message of severity critical");
    }

    proptest! {
        #[test]
        fn a_fitted_message_is_bounded_and_fits_again(
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
            prop_assert!(fitted.title.chars().count() <= MOST_TITLE && !fitted.title.contains('\n'));
            prop_assert!(fitted.lines.len() <= MOST_LINES && fitted.links.len() <= MOST_LINKS);
            prop_assert_eq!(fitted.clone().fitted(), Ok(fitted));
        }
    }
}
