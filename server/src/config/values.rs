//! Parsers of values that several settings share.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;
use url::ParseError;
use watchglass_pages::ui::duration;

/// Parses true or false.
///
/// # Errors
/// Anything else.
pub(super) fn boolean(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{value:?} must be true or false")),
    }
}

/// Parses a whole number in a range.
///
/// # Errors
/// Not a number, or out of range.
pub(super) fn number(value: &str, min: u32, max: u32) -> Result<u32, String> {
    let number = value.trim().parse().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| format!("{value:?} must be a whole number from {min} to {max}"))
}

/// Parses a duration, such as `30s`, `5m` or `1h30m`, in a range; a plain number is in seconds.
///
/// # Errors
/// Not a duration, or out of range.
pub(super) fn duration(value: &str, min: Duration, max: Duration) -> Result<Duration, String> {
    let seconds = duration::parse(value)?;
    let parsed = seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
    parsed.filter(|duration| (min..=max).contains(duration)).ok_or_else(|| {
        let [min, max] =
            [min, max].map(|limit| duration::format(u32::try_from(limit.as_secs()).unwrap_or(u32::MAX)));
        format!("{value:?} must be a duration from {min} to {max}")
    })
}

/// The value, if it is not empty.
///
/// # Errors
/// It is empty.
pub(super) fn non_empty(value: &str) -> Result<&str, String> {
    if value.trim().is_empty() { Err("it must not be empty".to_owned()) } else { Ok(value) }
}

/// Parses the path of a file or directory.
///
/// # Errors
/// It is empty, or has what shells and systemd replace and this program does not, such as `~/x`, `$HOME/x` and `%h/x`: that
/// would be a directory of this name.
pub(super) fn path(value: &str) -> Result<PathBuf, String> {
    let value = non_empty(value)?;
    match replaced_elsewhere(value) {
        None => Ok(PathBuf::from(value)),
        Some((part, by)) => Err(format!(
            "{value:?} must be a path without {part:?}, which only {by} replaces: use an absolute path"
        )),
    }
}

/// The part of a path that another program would replace, and which one.
fn replaced_elsewhere(value: &str) -> Option<(&str, &'static str)> {
    if value == "~" || value.starts_with("~/") {
        return Some(("~", "a shell"));
    }
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    for (start, _) in value.match_indices('$') {
        let rest = value.get(start + 1..).unwrap_or_default();
        let length = match rest.chars().next() {
            Some('{') => rest.find('}').map(|end| end + 1),
            Some('(') => rest.find(')').map(|end| end + 1),
            _ => {
                Some(rest.find(|letter| !is_name(letter)).unwrap_or(rest.len())).filter(|&length| length > 0)
            }
        };
        if let Some(length) = length {
            return Some((value.get(start..start + 1 + length).unwrap_or("$"), "a shell"));
        }
    }
    // Systemd's specifiers, such as `%h` for the home directory, are letters.
    let mut signs = value.strip_prefix('%')?.chars();
    let is_specifier = signs.next().is_some_and(|sign| sign.is_ascii_alphabetic())
        && signs.next().is_none_or(|next| next == '/');
    is_specifier.then(|| (value.get(..2).unwrap_or("%"), "a systemd unit"))
}

/// Parses an address with a port; `localhost` is a loopback address.
///
/// # Errors
/// Anything else.
pub(super) fn address(value: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("{value:?} must be an address and a port, such as 127.0.0.1:7070 or [::1]:7070");
    let address = match value.strip_prefix("localhost:") {
        // Not resolved by name: a resolver must not move the server off loopback.
        Some(port) => format!("127.0.0.1:{port}").to_socket_addrs().ok().and_then(|mut found| found.next()),
        None => value.parse().ok(),
    };
    address.ok_or_else(wrong)
}

/// Why a URL cannot be parsed, without any part of it.
pub(super) fn url_problem(error: ParseError) -> String {
    match error {
        ParseError::RelativeUrlWithoutBase => "it does not begin with http:// or https://".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_not_those_of_shells_and_units() {
        for valid in
            ["/var/lib/x", "x", "a/~", "~x", "/a b", "/100%", "%20", "/a%h", "%hx/y", "cost$", "/a/$", "é"]
        {
            assert_eq!(path(valid), Ok(PathBuf::from(valid)));
        }
        assert_eq!(path(" ").unwrap_err(), "it must not be empty");
        for (invalid, part, by) in [
            ("~", "~", "a shell"),
            ("~/x", "~", "a shell"),
            ("$HOME/x", "$HOME", "a shell"),
            ("/srv/${NAME}/x", "${NAME}", "a shell"),
            ("/srv/$NAME_2", "$NAME_2", "a shell"),
            ("/srv/$(hostname)", "$(hostname)", "a shell"),
            ("%h/x", "%h", "a systemd unit"),
            ("%S", "%S", "a systemd unit"),
        ] {
            let expected = format!(
                "{invalid:?} must be a path without {part:?}, which only {by} replaces: use an absolute path"
            );
            assert_eq!(path(invalid), Err(expected));
        }
    }

    #[test]
    fn durations_have_limits() {
        let parse = |text| duration(text, Duration::from_secs(1), Duration::from_secs(86_400));
        for (text, seconds) in [("1s", 1), ("90", 90), (" 5m ", 300), ("1h30m", 5400), ("1d", 86_400)] {
            assert_eq!(parse(text).map(|parsed| parsed.as_secs()), Ok(seconds), "{text}");
        }
        for text in ["", "0s", "2d"] {
            assert_eq!(parse(text).unwrap_err(), format!("{text:?} must be a duration from 1s to 1d"));
        }
        assert!(parse("soon").unwrap_err().contains("such as 90s"));
    }
}
