//! Times and durations as text: [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) in UTC, and durations such as `1h30m`.

use crate::Timestamp;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use std::time::Duration;

/// The last second of the year 9999, the maximum of RFC 3339.
pub const MAX_MILLIS: i64 = 253_402_300_799_000;
/// Civil times have no time zone: here they are in UTC. `jiff::Timestamp` ends two days before the year 10000.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Names of the units of durations, with their length in seconds and nanoseconds. A month is 30.44 days, a year 365.25.
const UNITS: [(&[&str], u64, u64); 10] = [
    (&["ns", "nsec", "nanos"], 0, 1),
    (&["us", "usec", "µs"], 0, 1000),
    (&["ms", "msec", "millis"], 0, 1_000_000),
    (&["s", "sec", "secs", "second", "seconds"], 1, 0),
    (&["m", "min", "mins", "minute", "minutes"], 60, 0),
    (&["h", "hr", "hrs", "hour", "hours"], 3600, 0),
    (&["d", "day", "days"], 86_400, 0),
    (&["w", "wk", "wks", "week", "weeks"], 7 * 86_400, 0),
    (&["M", "month", "months"], 2_630_016, 0),
    (&["y", "yr", "yrs", "year", "years"], 31_557_600, 0),
];

/// Formats a time to the millisecond: `2026-11-22T02:20:30.125Z`. Times before 1970 or after 9999 are clamped.
pub fn format_millis(time: Timestamp) -> String {
    format!("{:.3}Z", civil(time))
}

/// Formats a time to the second: `2026-11-22T02:20:30Z`. Times before 1970 or after 9999 are clamped.
pub fn format_seconds(time: Timestamp) -> String {
    format!("{:.0}Z", civil(time))
}

fn civil(time: Timestamp) -> DateTime {
    EPOCH.saturating_add(SignedDuration::from_millis(time.millis().clamp(0, MAX_MILLIS)))
}

/// Parses a time of RFC 3339, from 1970 on: `2026-11-22T02:20:30Z`, with any number of decimals, or an offset such as
/// `+01:00` instead of `Z`. In a URL a `+` that was not escaped is a space: that is accepted as well.
pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let (civil, offset_minutes) = match text.strip_suffix('Z') {
        Some(civil) => (civil, 0),
        None => {
            let (civil, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
            (civil, offset_minutes(offset)?)
        }
    };
    if civil.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let millis = parse_civil(civil)?.millis() - offset_minutes * 60_000;
    (0..=MAX_MILLIS).contains(&millis).then(|| Timestamp::from_millis(millis))
}

/// Parses an offset from UTC, `+01:00`, in minutes.
fn offset_minutes(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+" | " ", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let part = |text: &str, max: u64| digits(text).filter(|part| text.len() == 2 && *part <= max);
    Some(sign * i64::try_from(part(hours, 23)? * 60 + part(minutes, 59)?).ok()?)
}

/// Parses a time without a zone as UTC, with `T` or a space before the hour. A leap second is the second before it.
pub fn parse_civil(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_at_checked(19)?;
    let part = |from: usize, to: usize| whole.get(from..to).and_then(digits);
    let separators = [4, 7, 10, 13, 16].map(|at| whole.as_bytes().get(at).copied().unwrap_or_default());
    if !matches!(separators, [b'-', b'-', b'T' | b' ', b':', b':']) {
        return None;
    }
    let year = part(0, 4).filter(|year| *year >= 1970)?;
    let second = part(17, 19).filter(|second| *second <= 60)?.min(59);
    let small = |number: Option<u64>| number.and_then(|number| i8::try_from(number).ok());
    let time = DateTime::new(
        i16::try_from(year).ok()?,
        small(part(5, 7))?,
        small(part(8, 10))?,
        small(part(11, 13))?,
        small(part(14, 16))?,
        small(Some(second))?,
        0,
    );
    let seconds = time.ok()?.duration_since(EPOCH).as_secs();
    Some(Timestamp::from_millis(seconds * 1000 + millis(fraction)?))
}

/// Parses the fraction of a second, `.25`, in whole milliseconds.
fn millis(fraction: &str) -> Option<i64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let decimals = fraction.strip_prefix('.')?;
    if !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    format!("{decimals:0<3}").get(..3)?.parse().ok()
}

/// Parses a duration: a sum of numbers with a unit, such as `90s`, `1h 30m`, `1.5h` or `2 days`. Not the format of jiff, in
/// which months and years have no fixed length. A fraction must be a whole number of nanoseconds, or of seconds from hours on.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == 'µ';
    let mut rest = text.trim_start();
    let mut sum = None;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(is_letter)?);
        let (unit, after) = after.split_at(after.find(|letter| !is_letter(letter)).unwrap_or(after.len()));
        sum = Some(sum.unwrap_or(Duration::ZERO).checked_add(span(number, unit)?)?);
        rest = after.trim_start();
    }
    sum
}

/// A number of units. Spaces between digits are allowed.
fn span(number: &str, unit: &str) -> Option<Duration> {
    let &(_, seconds, nanos) = UNITS.iter().find(|(names, ..)| names.contains(&unit))?;
    let number: String = number.split_whitespace().collect();
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (&*number, None),
    };
    let whole = digits(whole)?;
    let span = Duration::from_secs(whole.checked_mul(seconds)?)
        .checked_add(Duration::from_nanos(whole.checked_mul(nanos)?))?;
    let Some(fraction) = fraction else { return Some(span) };
    let is_long = seconds >= 3600;
    let length = if is_long { seconds } else { seconds * 1_000_000_000 + nanos };
    let denominator = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let product = digits(fraction)?.checked_mul(length)?;
    if product % denominator != 0 || length == 1 {
        return None;
    }
    let part = product / denominator;
    span.checked_add(if is_long { Duration::from_secs(part) } else { Duration::from_nanos(part) })
}

fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|digit| digit.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
#[path = "time_text_tests.rs"]
mod tests;
