//! What stands above trends, as the address asks for it.

use super::FragmentError;
use crate::core::Core;
use app::fragments::{Trends, Way};
use std::time::{Duration, UNIX_EPOCH};
use url::form_urlencoded;
use watchglass_model::Timestamp;

/// The page of trends.
pub(super) const TRENDS: &str = "/trends";
/// The longest question.
const MOST_BYTES: usize = 8192;
/// What links and form keep of an address.
const KEPT: [&str; 8] = ["window", "from", "to", "hide", "log", "clip", "compare", "section"];

/// The HTML.
///
/// # Errors
/// The question is too long.
pub(super) fn page(core: &Core, query: &str) -> Result<String, FragmentError> {
    if query.len() > MOST_BYTES {
        let length = query.len();
        let message = format!("The parameters are {length} bytes long: at most {MOST_BYTES} can be");
        return Err(FragmentError::Parameter(message));
    }
    let asked = Asked::parse(query);
    let section = asked.get("section");
    let all =
        Way { text: "All".to_owned(), href: asked.with("section", None), is_current: section.is_none() };
    let of = |name: String| Way {
        href: asked.with("section", Some(&name)),
        is_current: section == Some(name.as_str()),
        text: name,
    };
    let compares = asked.get("compare") == Some("1");
    let way = |text: &str, value, is_current| Way {
        text: text.to_owned(),
        href: asked.with("compare", value),
        is_current,
    };
    let kept = asked.0.iter().filter(|(name, _)| !["window", "from", "to"].contains(&name.as_str()));
    Ok(app::fragments::trends(Trends {
        sections: std::iter::once(all).chain(core.sections().into_iter().map(of)).collect(),
        compare: vec![way("Alone", None, !compares), way("With the time before", Some("1"), compares)],
        range: asked.range(core.newest().unwrap_or_default()),
        kept: kept.cloned().collect(),
    }))
}

/// What is kept of an address, each name once.
struct Asked(Vec<(String, String)>);

impl Asked {
    fn parse(query: &str) -> Self {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let first = |name: &str| pairs.iter().find(|(known, _)| known == name).cloned();
        Self(KEPT.into_iter().filter_map(first).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The address with another value of `name`, or without it.
    fn with(&self, name: &str, value: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.0.iter().filter(|(known, _)| known != name));
        if let Some(value) = value {
            query.append_pair(name, value);
        }
        match query.finish() {
            empty if empty.is_empty() => TRENDS.to_owned(),
            query => format!("{TRENDS}?{query}"),
        }
    }

    /// Start and end of what is shown, for fields: what is asked for, or the window that ends with the newest values.
    fn range(&self, newest: Timestamp) -> (String, String) {
        let moment = |name| self.get(name)?.parse().ok().map(Timestamp::from_millis);
        let (from, to) = match (moment("from"), moment("to")) {
            (Some(from), Some(to)) => (from, to),
            _ => {
                let hours = match self.get("window") {
                    Some("24h") => 24,
                    Some("7d") => 7 * 24,
                    _ => 1,
                };
                (newest - Duration::from_secs(hours * 3600), newest)
            }
        };
        (written(from), written(to))
    }
}

/// A moment as a field has it, to the second, in UTC.
fn written(moment: Timestamp) -> String {
    // From the beginning of what the format can say to its end, the year 9999.
    let seconds = u64::try_from(moment.millis() / 1000).unwrap_or_default().min(253_402_300_799);
    let text = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
    text.trim_end_matches('Z').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_what_was_asked_for() {
        let asked = Asked::parse("window=7d&compare=1&done=x&section=A%26B&section=C");
        assert_eq!(asked.with("section", None), "/trends?window=7d&compare=1");
        assert_eq!(asked.with("section", Some("D E")), "/trends?window=7d&compare=1&section=D+E");
        assert_eq!(asked.with("compare", None), "/trends?window=7d&section=A%26B");
        assert_eq!(Asked::parse("").with("compare", None), "/trends");
    }

    #[test]
    fn fields_hold_what_is_shown() {
        let newest = Timestamp::from_millis(1_700_000_000_000);
        for (query, from, to) in [
            ("", "2023-11-14T21:13:20", "2023-11-14T22:13:20"),
            ("window=24h", "2023-11-13T22:13:20", "2023-11-14T22:13:20"),
            ("from=0&to=3600999", "1970-01-01T00:00:00", "1970-01-01T01:00:00"),
            ("from=-5&to=9223372036854775807", "1970-01-01T00:00:00", "9999-12-31T23:59:59"),
            ("from=x&to=5", "2023-11-14T21:13:20", "2023-11-14T22:13:20"),
        ] {
            assert_eq!(Asked::parse(query).range(newest), (from.to_owned(), to.to_owned()), "{query}");
        }
    }
}
