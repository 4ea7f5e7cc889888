//! The link by which what is shown is saved as one file.

use super::{OVERVIEW, performance, processes, question, trends};
use app::fragments::{Address, save_link};

/// What of a page's address says which charts it shows.
const KEPT: [&str; 5] = ["window", "from", "to", "hide", "section"];

/// The link below the part of a page at `path`; nothing for one without charts.
pub(super) fn link(path: &str, query: &str) -> String {
    let page = match path {
        OVERVIEW => "/",
        performance::PATH | processes::PATH | trends::TRENDS | "/database" | "/cache" => path,
        _ => return String::new(),
    };
    // A question that is too long has been refused before.
    let fields = question::fields(query).unwrap_or_default();
    let value = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut kept = vec![("page", page.to_owned())];
    kept.extend(KEPT.into_iter().filter_map(|name| Some((name, value(name)?))));
    save_link(&Address { path: "/api/snapshot.html", kept })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_saves_what_the_address_shows() {
        let html = link("/trends", "from=1&to=2&section=A%26B&sort=x&compare=1");
        assert!(
            html.contains("href=\"/api/snapshot.html?page=%2Ftrends&amp;from=1&amp;to=2&amp;section=A%26B\""),
            "{html}"
        );
        assert!(link("/overview", "").contains("href=\"/api/snapshot.html?page=%2F\""));
        for path in ["/alerts", "/settings", "/database-lists", "/meanings"] {
            assert_eq!(link(path, ""), "", "{path}");
        }
    }
}
