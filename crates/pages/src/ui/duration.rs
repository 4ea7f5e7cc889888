//! Durations in form fields: `90`, `90s`, `5m`, `1h30m`, `1d`.

use std::time::Duration;
use watchglass_model::time_text::parse_duration;

/// Maximum length of a duration, in bytes.
const MAX_BYTES: usize = 40;

/// Parses whole seconds; a plain number is in seconds. `None` if the text is empty.
///
/// # Errors
/// Invalid duration, with the accepted form.
pub fn parse(text: &str) -> Result<Option<u32>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = match text.parse::<u32>() {
        Ok(seconds) => Some(seconds),
        Err(_) if text.len() <= MAX_BYTES => parse_duration(text).and_then(whole_seconds),
        Err(_) => None,
    };
    parsed.map(Some).ok_or_else(|| {
        let shown: String = text.chars().take(MAX_BYTES).collect();
        format!("{shown:?} must be a duration in whole seconds, such as 90s, 5m, 1h30m or 1d")
    })
}

fn whole_seconds(duration: Duration) -> Option<u32> {
    if duration.subsec_nanos() == 0 { u32::try_from(duration.as_secs()).ok() } else { None }
}

/// Formats seconds so that they can be parsed again: `1h30m`.
pub fn format(seconds: u32) -> String {
    let parts = [(86_400, 'd'), (3600, 'h'), (60, 'm'), (1, 's')];
    let mut rest = seconds;
    let mut text = String::new();
    for (length, unit) in parts {
        if rest >= length {
            text.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed() {
        for (text, expected) in [
            ("", None),
            ("  ", None),
            ("0", Some(0)),
            ("90", Some(90)),
            ("90s", Some(90)),
            ("5m", Some(300)),
            (" 1h 30m ", Some(5400)),
            ("1h30m", Some(5400)),
            ("2 days", Some(172_800)),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn invalid_durations_are_rejected_with_an_example() {
        let long = "1s".repeat(100);
        for text in ["soon", "-5", "1.5", "500ms", "1s 1ms", "200y", "99999999999", &long] {
            assert!(parse(text).unwrap_err().contains("such as 90s"), "{text:?}");
        }
    }

    #[test]
    fn formatted_durations_are_parsed_back() {
        for (seconds, expected) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (90, "1m30s"),
            (5400, "1h30m"),
            (86_400, "1d"),
            (90_061, "1d1h1m1s"),
        ] {
            assert_eq!(format(seconds), expected);
        }
        for seconds in (0..400_000).step_by(977).chain([u32::MAX]) {
            assert_eq!(parse(&format(seconds)), Ok(Some(seconds)), "{}", format(seconds));
        }
    }
}
