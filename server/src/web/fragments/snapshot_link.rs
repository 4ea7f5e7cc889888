//! Snapshot link: exports the shown page as one file.

use super::{OVERVIEW_PATH, performance, processes, trends};
use watchglass_pages::ui::{PageUrl, parse_query_string, snapshot_link};

/// URL parameters that select the shown charts.
const PRESERVED_PARAMS: [&str; 5] = ["window", "from", "to", "hide", "section"];

/// Link below the fragment at `path`; empty for one without charts, and for the overview, which has its own.
pub(super) fn snapshot_paragraph(path: &str, query: &str) -> String {
    let address = snapshot_url(path, query).filter(|_| path != OVERVIEW_PATH);
    address
        .map_or_else(String::new, |address| format!("<p class=\"save-row\">{}</p>", snapshot_link(&address)))
}

/// Snapshot URL of the page with the fragment at `path`; `None` if it has no charts.
pub(super) fn snapshot_url(path: &str, query: &str) -> Option<PageUrl> {
    let page = match path {
        OVERVIEW_PATH => "/",
        performance::PATH | processes::PATH | trends::PATH | "/database" | "/cache" => path,
        _ => return None,
    };
    // A query string that is too long was rejected before.
    let fields = parse_query_string(query).unwrap_or_default();
    let value = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut kept = vec![("page", page.to_owned())];
    kept.extend(PRESERVED_PARAMS.into_iter().filter_map(|name| Some((name, value(name)?))));
    Some(PageUrl { path: "/api/snapshot.html", params: kept })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_keeps_the_parameters_of_the_page() {
        let html = snapshot_paragraph("/trends", "from=1&to=2&section=A%26B&sort=x&compare=1");
        assert!(
            html.contains("href=\"/api/snapshot.html?page=%2Ftrends&amp;from=1&amp;to=2&amp;section=A%26B\""),
            "{html}"
        );
        assert_eq!(snapshot_paragraph("/overview", ""), "", "it has its own link");
        let head = snapshot_url("/overview", "window=1h").map(|address| address.with_params(&[]));
        assert_eq!(head.as_deref(), Some("/api/snapshot.html?page=%2F&window=1h"));
        for path in ["/alerts", "/settings", "/database-lists", "/meanings"] {
            assert_eq!(snapshot_paragraph(path, ""), "", "{path}");
        }
    }
}
