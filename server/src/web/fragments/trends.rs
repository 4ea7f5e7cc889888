//! View model of the head of the trends page.

use super::FragmentError;
use crate::app_state::AppState;
use crate::query::catalogue;
use std::time::Duration;
use url::form_urlencoded;
use watchglass_model::Timestamp;
use watchglass_model::time_text::format_seconds;
use watchglass_pages::trends::{NavLink, Trends};

/// Path of the trends page.
pub(super) const PATH: &str = "/trends";
/// Maximum length of a query string, in bytes.
const MAX_BYTES: usize = 8192;
/// URL parameters that links and form preserve.
const PRESERVED_PARAMS: [&str; 8] = ["window", "from", "to", "hide", "log", "clip", "compare", "section"];

/// Renders the head of the trends page.
///
/// # Errors
/// The query string is too long.
pub(super) fn page(state: &AppState, query: &str) -> Result<String, FragmentError> {
    if query.len() > MAX_BYTES {
        let length = query.len();
        let message = format!("The query string is {length} bytes long: at most {MAX_BYTES} are allowed");
        return Err(FragmentError::InvalidParameter(message));
    }
    let asked = TrendsQuery::parse(query);
    let section = asked.get("section");
    let all =
        NavLink { text: "All".to_owned(), href: asked.with("section", None), is_current: section.is_none() };
    let of = |name: String| NavLink {
        href: asked.with("section", Some(&name)),
        is_current: section == Some(name.as_str()),
        text: name,
    };
    let compares = asked.get("compare") == Some("1");
    let way = |text: &str, value, is_current| NavLink {
        text: text.to_owned(),
        href: asked.with("compare", value),
        is_current,
    };
    let kept = asked.0.iter().filter(|(name, _)| !["window", "from", "to"].contains(&name.as_str()));
    Ok(watchglass_pages::trends::render(Trends {
        sections: std::iter::once(all)
            .chain(catalogue::sections(&state.metrics).into_iter().map(of))
            .collect(),
        compare: vec![
            way("No comparison", None, !compares),
            way("Compare: previous period", Some("1"), compares),
        ],
        range: asked.range(state.metrics.newest_time().unwrap_or_default()),
        hidden_fields: kept.cloned().collect(),
    }))
}

/// Preserved URL parameters, each name once.
struct TrendsQuery(Vec<(String, String)>);

impl TrendsQuery {
    fn parse(query: &str) -> Self {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let first = |name: &str| pairs.iter().find(|(known, _)| known == name).cloned();
        Self(PRESERVED_PARAMS.into_iter().filter_map(first).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// URL with another value of `name`, or without it.
    fn with(&self, name: &str, value: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.0.iter().filter(|(known, _)| known != name));
        if let Some(value) = value {
            query.append_pair(name, value);
        }
        match query.finish() {
            empty if empty.is_empty() => PATH.to_owned(),
            query => format!("{PATH}?{query}"),
        }
    }

    /// Start and end of the time range for the form fields: as requested, or the window that ends with the newest values.
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
        (field_value(from), field_value(to))
    }
}

/// Time as a `datetime-local` field has it, to the second, in UTC.
fn field_value(moment: Timestamp) -> String {
    format_seconds(moment).trim_end_matches('Z').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_preserve_the_parameters() {
        let asked = TrendsQuery::parse("window=7d&compare=1&done=x&section=A%26B&section=C");
        assert_eq!(asked.with("section", None), "/trends?window=7d&compare=1");
        assert_eq!(asked.with("section", Some("D E")), "/trends?window=7d&compare=1&section=D+E");
        assert_eq!(asked.with("compare", None), "/trends?window=7d&section=A%26B");
        assert_eq!(TrendsQuery::parse("").with("compare", None), "/trends");
    }

    #[test]
    fn fields_have_the_shown_time_range() {
        let newest = Timestamp::from_millis(1_700_000_000_000);
        for (query, from, to) in [
            ("", "2023-11-14T21:13:20", "2023-11-14T22:13:20"),
            ("window=24h", "2023-11-13T22:13:20", "2023-11-14T22:13:20"),
            ("from=0&to=3600999", "1970-01-01T00:00:00", "1970-01-01T01:00:00"),
            ("from=-5&to=9223372036854775807", "1970-01-01T00:00:00", "9999-12-31T23:59:59"),
            ("from=x&to=5", "2023-11-14T21:13:20", "2023-11-14T22:13:20"),
        ] {
            assert_eq!(TrendsQuery::parse(query).range(newest), (from.to_owned(), to.to_owned()), "{query}");
        }
    }
}
