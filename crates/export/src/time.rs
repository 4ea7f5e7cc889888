//! Moments as other programs read and write them.

use std::time::{Duration, UNIX_EPOCH};
use watchglass_model::Timestamp;

/// The last second of the year 9999, the end of what RFC 3339 can say.
const LAST: i64 = 253_402_300_799_000;

/// The moment in [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), UTC, to the millisecond: `2026-11-22T02:20:30.125Z`.
/// Moments before 1970 are written as its beginning, those after 9999 as its end.
pub fn written(time: Timestamp) -> String {
    let millis = u64::try_from(time.millis().clamp(0, LAST)).unwrap_or_default();
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(millis)).to_string()
}

/// Reads a moment: RFC 3339 in UTC, or seconds since 1970, which may have a fraction.
///
/// # Errors
/// A sentence that says what would be right.
pub fn parse_time(text: &str) -> Result<Timestamp, String> {
    let wrong = || {
        format!(
            "{:?} must be a moment: in RFC 3339 and UTC, such as 2026-11-22T02:20:30Z, or in seconds since 1970",
            text.chars().take(40).collect::<String>()
        )
    };
    if let Ok(seconds) = text.parse::<f64>() {
        let millis = (seconds * 1e3).round();
        // The bound is far below 2^53, so that the number is whole and exact.
        return if (0.0..=LAST as f64).contains(&millis) {
            Ok(Timestamp::from_millis(millis as i64))
        } else {
            Err(wrong())
        };
    }
    let time = humantime::parse_rfc3339(text).map_err(|_| wrong())?;
    let since = time.duration_since(UNIX_EPOCH).map_err(|_| wrong())?;
    Ok(Timestamp::from_millis(i64::try_from(since.as_millis()).map_err(|_| wrong())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-11-22T02:20:30.125Z", 1_795_314_030_125),
            ("9999-12-31T23:59:59.000Z", LAST),
        ] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(written(time), text);
            assert_eq!(parse_time(text), Ok(time));
        }
        assert_eq!(written(Timestamp::from_millis(-5)), "1970-01-01T00:00:00.000Z");
        assert_eq!(parse_time("1795314030.125"), Ok(Timestamp::from_millis(1_795_314_030_125)));
        assert_eq!(parse_time("2026-11-22T02:20:30Z"), Ok(Timestamp::from_millis(1_795_314_030_000)));
    }

    #[test]
    fn what_is_no_moment_is_refused_with_an_example() {
        for text in
            ["", "yesterday", "-1", "NaN", "inf", "1e300", "2026-13-01T00:00:00Z", "1960-01-01T00:00:00Z"]
        {
            assert!(parse_time(text).unwrap_err().contains("2026-11-22T02:20:30Z"), "{text}");
        }
    }
}
