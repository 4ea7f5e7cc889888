//! Time parameters in page URLs: readable times are redirected to milliseconds.

use url::form_urlencoded;
use watchglass_model::time_text::parse_civil;

/// Length limit of a query string, in bytes; longer ones are left as they are.
const MAX_QUERY_BYTES: usize = 8192;

/// URL of the page with `from`, `to` and `at` in milliseconds since the Unix epoch; `None` if they are missing or already in
/// milliseconds. Invalid times are kept, so that the page can report them.
///
/// Accepts [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), and times without a zone as form fields send them: these are
/// local to a clock that is `zone` minutes ahead of UTC.
pub(super) fn url_with_millis(path: &str, query: &str) -> Option<String> {
    // A redirect to `//host/` would lead to another server.
    if query.len() > MAX_QUERY_BYTES || path.starts_with("//") {
        return None;
    }
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let zone = pairs.iter().find(|(name, _)| name == "zone").and_then(|(_, value)| value.parse().ok());
    let zone: i64 = zone.filter(|minutes| (-1440..=1440).contains(minutes)).unwrap_or(0);
    let mut is_changed = false;
    let mut address = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &pairs {
        let instant = ["from", "to", "at"].contains(&name.as_str()).then(|| millis(value, zone)).flatten();
        match instant {
            Some(instant) => {
                is_changed = true;
                address.append_pair(name, &instant.to_string());
            }
            None if name == "zone" => {}
            None => {
                address.append_pair(name, value);
            }
        }
    }
    is_changed.then(|| format!("{path}?{}", address.finish()))
}

/// Parses a time; `None` for a number or an invalid time.
fn millis(text: &str, zone: i64) -> Option<i64> {
    // An unescaped plus in a URL is decoded as a space.
    let text = text.trim().replacen('T', " ", 1);
    let (date, rest) = text.split_once(' ')?;
    let (time, ahead) = match rest.find(['Z', 'z', '+', '-', ' ']) {
        None => (rest, zone),
        Some(end) => {
            let (time, sign) = rest.split_at_checked(end)?;
            (time, offset(sign)?)
        }
    };
    let seconds = if time.len() == 5 { ":00" } else { "" };
    let instant = parse_civil(&format!("{date} {time}{seconds}"))?;
    instant.millis().checked_sub(ahead.checked_mul(60_000)?)
}

/// Parses a UTC offset such as `Z`, `+01:00` or `-0330`, in minutes.
fn offset(text: &str) -> Option<i64> {
    let mut rest = text.chars();
    let sign = match rest.next()? {
        'Z' | 'z' => return rest.next().is_none().then_some(0),
        '-' => -1,
        _ => 1,
    };
    let digits: String = rest.filter(|letter| *letter != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let (hours, minutes) = (number / 100, number % 100);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_converted_to_milliseconds() {
        for (query, expected) in [
            ("from=2023-11-14T22:13:20Z&to=2023-11-14T22:13:30Z", "from=1700000000000&to=1700000010000"),
            ("from=2023-11-14T23%3A13%3A20%2B01%3A00&to=5", "from=1700000000000&to=5"),
            ("from=2023-11-14T23:13:20+01:00&to=5", "from=1700000000000&to=5"),
            ("to=2023-11-14T18:43:20.250-0330&hide=a", "to=1700000000250&hide=a"),
            ("zone=60&from=2023-11-14T23:13:20&compare=1", "from=1700000000000&compare=1"),
            ("zone=0&from=2023-11-14T22:13&at=2023-11-14 22:14", "from=1699999980000&at=1700000040000"),
            ("zone=99999&from=1970-01-01T00:00", "from=0"),
        ] {
            assert_eq!(url_with_millis("/trends", query), Some(format!("/trends?{expected}")), "{query}");
        }
    }

    #[test]
    fn invalid_times_are_kept() {
        for query in [
            "",
            "window=5m",
            "from=1700000000000&to=1700000010000",
            "from=yesterday&to=now",
            "from=2023-11-14",
            "from=2023-11-14T22:13:20%2B25:00",
            "from=2023-11-14T22:13:20Zulu",
            "from=2023-13-14T22:13:20Z",
            "from=&to=",
        ] {
            assert_eq!(url_with_millis("/", query), None, "{query}");
        }
        let long = format!("from=2023-11-14T22:13&x={}", "x".repeat(MAX_QUERY_BYTES));
        assert_eq!(url_with_millis("/", &long), None);
    }

    #[test]
    fn no_redirect_leads_to_another_server() {
        assert_eq!(url_with_millis("//evil.example/", "from=2023-11-14T22:13"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in ".{0,40}", zone in any::<i64>()) {
            let _ = millis(&text, zone);
            // The result is stable.
            if let Some(address) = url_with_millis("/", &text) {
                let (_, query) = address.split_once('?').unwrap();
                prop_assert_eq!(url_with_millis("/", query), None);
            }
        }
    }
}
