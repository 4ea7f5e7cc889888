//! Request of a snapshot: page, time range and chart settings.

use crate::api::RangeQuery;
use crate::live::{ChartParams, Window, parse_line_keys, parse_panel_list};
use crate::pages::chart_page;
use watchglass_model::Timestamp;

/// The page and time range to export, from the parameters of the URL.
#[derive(Clone, Debug)]
pub struct SnapshotRequest {
    pub(super) title: &'static str,
    /// Sections that the page shows; all when empty.
    sections: &'static [&'static str],
    /// Section that the user has selected.
    section: Option<String>,
    window: Window,
    /// Hidden lines and axis options.
    pub(super) params: ChartParams,
}

impl SnapshotRequest {
    /// Reads the parameters of a URL: `page`, and the chart parameters of that page.
    ///
    /// # Errors
    /// A message for the user that names the invalid page or time range.
    pub fn parse(fields: &[(String, String)]) -> Result<Self, String> {
        let get = |name: &str| {
            fields
                .iter()
                .find(|(known, value)| known == name && !value.is_empty())
                .map(|(_, value)| value.as_str())
        };
        let page = get("page").unwrap_or("/");
        let Some((title, sections)) = chart_page(page) else {
            let shown: String = page.chars().take(40).collect();
            return Err(format!(
                "invalid page {shown:?}: must be /, /trends, /database, /cache, /performance or /processes"
            ));
        };
        let default = if page == "/trends" { Window::Hour } else { Window::default() };
        let (window, problem) = Window::from_query(default, get("window"), get("from"), get("to"));
        if !problem.is_empty() {
            return Err(problem.to_owned());
        }
        Ok(Self {
            title,
            sections,
            section: get("section").map(str::to_owned),
            window,
            params: ChartParams {
                problem: "",
                hidden: get("hide").map(parse_line_keys).unwrap_or_default(),
                log: parse_panel_list(get("log")),
                clip: parse_panel_list(get("clip")),
                rest: String::new(),
            },
        })
    }

    /// The time range to export.
    pub fn range(&self) -> RangeQuery {
        RangeQuery { seconds: self.window.seconds(), end: self.window.end().map(Timestamp::from_millis) }
    }

    /// Whether the snapshot includes this section of the catalogue.
    pub(super) fn includes(&self, section: &str) -> bool {
        (self.sections.is_empty() || self.sections.contains(&section))
            && self.section.as_ref().is_none_or(|selected| selected == section)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(fields: &[(&str, &str)]) -> Result<SnapshotRequest, String> {
        let fields: Vec<_> =
            fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        SnapshotRequest::parse(&fields)
    }

    #[test]
    fn url_parameters_are_parsed() {
        for (fields, title, seconds, end) in [
            (&[][..], "Overview", 300, None),
            (&[("page", "/trends")], "Trends", 3600, None),
            (&[("page", "/cache"), ("window", "1h")], "Cache", 3600, None),
            (&[("page", "/"), ("from", "1000"), ("to", "61000")], "Overview", 60, Some(61_000)),
        ] {
            let saved = parse(fields).unwrap();
            let range = saved.range();
            assert_eq!((saved.title, range.seconds, range.end.map(Timestamp::millis)), (title, seconds, end));
        }
        let database = parse(&[("page", "/database"), ("hide", "a-ff")]).unwrap();
        assert!(database.includes("PostgreSQL") && !database.includes("Redis"));
        assert_eq!(database.params.hidden, [10, 255]);
        let selected = parse(&[("page", "/trends"), ("section", "Redis")]).unwrap();
        assert!(selected.includes("Redis") && !selected.includes("Host"));
    }

    #[test]
    fn invalid_parameters_are_rejected() {
        for (fields, expected) in [
            (&[("page", "/alerts")][..], "invalid page"),
            (&[("page", "/etc/passwd")], "invalid page"),
            (&[("window", "9d")], "5m, 15m, 1h, 24h or 7d"),
            (&[("from", "0"), ("to", "691200001")], "at most 8 days"),
        ] {
            let error = parse(fields).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
