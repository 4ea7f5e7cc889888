//! Timestamps in RFC 3339.

use watchglass_model::Timestamp;
pub use watchglass_model::time_text::format_millis as format_rfc3339;
use watchglass_model::time_text::{MAX_MILLIS, parse_rfc3339};

/// Formats a time as the system API does: `2026-11-22T02:20:30.125+00:00`, without the fraction in whole seconds.
pub fn format_with_offset(time: Timestamp) -> String {
    let text = format_rfc3339(time);
    let local = text.strip_suffix('Z').unwrap_or(&text);
    format!("{}+00:00", local.strip_suffix(".000").unwrap_or(local))
}

/// Parses a time: RFC 3339, or seconds since 1970, which may have a fraction.
///
/// # Errors
/// A message with the accepted forms.
pub fn parse_time(text: &str) -> Result<Timestamp, String> {
    let invalid = || {
        format!(
            "{:?} is not a valid time: use RFC 3339, such as 2026-11-22T02:20:30Z, or seconds since 1970",
            text.chars().take(40).collect::<String>()
        )
    };
    if let Ok(seconds) = text.parse::<f64>() {
        let millis = (seconds * 1e3).round();
        // The maximum is far below 2^53: the number is exact.
        return if (0.0..=MAX_MILLIS as f64).contains(&millis) {
            Ok(Timestamp::from_millis(millis as i64))
        } else {
            Err(invalid())
        };
    }
    parse_rfc3339(text).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-11-22T02:20:30.125Z", 1_795_314_030_125),
            ("9999-12-31T23:59:59.000Z", MAX_MILLIS),
        ] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(format_rfc3339(time), text);
            assert_eq!(parse_time(text), Ok(time));
            assert_eq!(parse_time(&format_with_offset(time)), Ok(time));
            // As in a URL in which the plus is not escaped.
            assert_eq!(parse_time(&format_with_offset(time).replace('+', " ")), Ok(time));
        }
        let offset = |millis| format_with_offset(Timestamp::from_millis(millis));
        assert_eq!(offset(1_795_314_030_000), "2026-11-22T02:20:30+00:00");
        assert_eq!(offset(1_795_314_030_125), "2026-11-22T02:20:30.125+00:00");
        assert_eq!(format_rfc3339(Timestamp::from_millis(-5)), "1970-01-01T00:00:00.000Z");
        assert_eq!(parse_time("1795314030.125"), Ok(Timestamp::from_millis(1_795_314_030_125)));
        assert_eq!(parse_time("2026-11-22T02:20:30Z"), Ok(Timestamp::from_millis(1_795_314_030_000)));
        assert_eq!(parse_time("2026-11-22T03:20:30+01:00"), Ok(Timestamp::from_millis(1_795_314_030_000)));
    }

    #[test]
    fn invalid_time_is_rejected_with_an_example() {
        for text in
            ["", "yesterday", "-1", "NaN", "inf", "1e300", "2026-13-01T00:00:00Z", "1960-01-01T00:00:00Z"]
        {
            assert!(parse_time(text).unwrap_err().contains("2026-11-22T02:20:30Z"), "{text}");
        }
    }
}
