//! Which window of which page is to be saved.

use crate::api::Stretch;
use crate::live::{Asked, Window, read_keys, read_list};
use crate::pages::charts_of;
use watchglass_model::Timestamp;

/// A window of a page, as an address names it.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Name of the page.
    pub(super) title: &'static str,
    /// The sections that the page shows; all when empty.
    sections: &'static [&'static str],
    /// The section that the reader has chosen.
    section: Option<String>,
    window: Window,
    /// The lines that are hidden, and the axes.
    pub(super) asked: Asked,
}

impl Saved {
    /// Reads the parameters of an address: `page`, and those that the page's own address has of its charts.
    ///
    /// # Errors
    /// A sentence that says which page or window there is not.
    pub fn parse(fields: &[(String, String)]) -> Result<Self, String> {
        let get = |name: &str| {
            fields
                .iter()
                .find(|(known, value)| known == name && !value.is_empty())
                .map(|(_, value)| value.as_str())
        };
        let page = get("page").unwrap_or("/");
        let Some((title, sections)) = charts_of(page) else {
            let shown: String = page.chars().take(40).collect();
            return Err(format!(
                "{shown:?} is no page with charts: page must be /, /trends, /database, /cache, /performance or /processes"
            ));
        };
        let usual = if page == "/trends" { Window::Hour } else { Window::default() };
        let (window, problem) = Window::asked(usual, get("window"), get("from"), get("to"));
        if !problem.is_empty() {
            return Err(problem.to_owned());
        }
        Ok(Self {
            title,
            sections,
            section: get("section").map(str::to_owned),
            window,
            asked: Asked {
                problem: "",
                hidden: get("hide").map(read_keys).unwrap_or_default(),
                log: read_list(get("log")),
                clip: read_list(get("clip")),
                rest: String::new(),
            },
        })
    }

    /// The stretch of time that it shows.
    pub fn stretch(&self) -> Stretch {
        Stretch { seconds: self.window.seconds(), end: self.window.end().map(Timestamp::from_millis) }
    }

    /// Whether it shows this section of the catalogue.
    pub(super) fn takes(&self, section: &str) -> bool {
        (self.sections.is_empty() || self.sections.contains(&section))
            && self.section.as_ref().is_none_or(|chosen| chosen == section)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(fields: &[(&str, &str)]) -> Result<Saved, String> {
        let fields: Vec<_> =
            fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Saved::parse(&fields)
    }

    #[test]
    fn an_address_names_page_window_and_section() {
        for (fields, title, seconds, end) in [
            (&[][..], "Overview", 300, None),
            (&[("page", "/trends")], "Trends", 3600, None),
            (&[("page", "/cache"), ("window", "1h")], "Cache", 3600, None),
            (&[("page", "/"), ("from", "1000"), ("to", "61000")], "Overview", 60, Some(61_000)),
        ] {
            let saved = parse(fields).unwrap();
            let stretch = saved.stretch();
            assert_eq!(
                (saved.title, stretch.seconds, stretch.end.map(Timestamp::millis)),
                (title, seconds, end)
            );
        }
        let database = parse(&[("page", "/database"), ("hide", "a-ff")]).unwrap();
        assert!(database.takes("PostgreSQL") && !database.takes("Redis"));
        assert_eq!(database.asked.hidden, [10, 255]);
        let chosen = parse(&[("page", "/trends"), ("section", "Redis")]).unwrap();
        assert!(chosen.takes("Redis") && !chosen.takes("Host"));
    }

    #[test]
    fn what_there_is_not_is_refused() {
        for (fields, expected) in [
            (&[("page", "/alerts")][..], "no page with charts"),
            (&[("page", "/etc/passwd")], "no page with charts"),
            (&[("window", "9d")], "5m, 15m, 1h, 24h or 7d"),
            (&[("from", "0"), ("to", "691200001")], "at most 8 days"),
        ] {
            let error = parse(fields).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
