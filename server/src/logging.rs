//! Logging to standard error, as text or JSON.

use crate::config::{LogFormat, Settings};
use std::fmt::Write as _;
use std::io::{self, Write};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use watchglass_model::{is_hidden, push_escaped};

/// Sets up logging, including panics. A second call has no effect.
pub(crate) fn start(settings: &Settings) {
    // Dependencies log warnings only, unless the level is debug or lower.
    let ours = settings.log_level.parse().unwrap_or(LevelFilter::INFO);
    let others = if ours >= LevelFilter::DEBUG { LevelFilter::INFO } else { LevelFilter::WARN };
    // Targets match by prefix: `watchglass` covers all crates of the project.
    let filter = Targets::new().with_default(others).with_target("watchglass", ours).with_target("app", ours);
    let escape: fn(char, &mut String) = match settings.log_format {
        LogFormat::Json => json_escape,
        LogFormat::Text => push_escaped,
    };
    let lines = fmt::layer().with_writer(move || VisibleWriter { output: io::stderr(), escape });
    let lines = match settings.log_format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => {
            let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
            lines.with_ansi(colour).with_target(false).boxed()
        }
    };
    let started = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
    if let Err(error) = started {
        tracing::warn!(%error, "logging already set up");
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, reason = panic.payload_as_str(), "panic");
    }));
}

/// Writes lines with hidden characters escaped, such as those that change the direction of text: logs contain texts from
/// outside. ASCII passes as it is, with the colours of a terminal; `tracing` has escaped control characters in fields.
struct VisibleWriter<W> {
    output: W,
    escape: fn(char, &mut String),
}

impl<W: Write> Write for VisibleWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let hidden = match str::from_utf8(bytes) {
            Ok(text) if !text.is_ascii() => visible_line(text, self.escape),
            _ => None,
        };
        match hidden {
            Some(text) => self.output.write_all(text.as_bytes())?,
            None => self.output.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The text with hidden characters escaped; `None` if there are none.
fn visible_line(text: &str, escape: fn(char, &mut String)) -> Option<String> {
    let is_escaped = |letter: char| !letter.is_ascii() && is_hidden(None, letter);
    text.contains(is_escaped).then(|| {
        let mut shown = String::with_capacity(text.len() + 16);
        for letter in text.chars() {
            if is_escaped(letter) { escape(letter, &mut shown) } else { shown.push(letter) }
        }
        shown
    })
}

/// Escape of a character in a JSON string.
fn json_escape(letter: char, shown: &mut String) {
    for unit in letter.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        let _ = write!(shown, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, escape: fn(char, &mut String)) -> String {
        let mut output = Vec::new();
        let mut writer = VisibleWriter { output: &mut output, escape };
        assert_eq!(writer.write(text.as_bytes()).unwrap(), text.len());
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn hidden_characters_are_escaped_in_logs() {
        let line = "\u{1b}[32mINFO\u{1b}[0m alert fired subject=\"/u\u{202e}d é\"\n";
        assert_eq!(written(line, push_escaped), line.replace('\u{202e}', "\\u{202e}"));
        let json = "{\"subject\":\"/u\u{202e}\u{e0041}d é\"}\n";
        let found = written(json, json_escape);
        assert_eq!(found, "{\"subject\":\"/u\\u202e\\udb40\\udc41d é\"}\n");
        let parsed: serde_json::Value = serde_json::from_str(&found).unwrap();
        assert_eq!(parsed["subject"], "/u\u{202e}\u{e0041}d é");
    }
}
