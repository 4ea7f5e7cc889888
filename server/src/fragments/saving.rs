//! The link by which what is shown is saved as one file.

use super::{OVERVIEW, performance, processes, question, trends};
use app::fragments::{Address, save_link};

/// What of a page's address says which charts it shows.
const KEPT: [&str; 5] = ["window", "from", "to", "hide", "section"];

/// The link below the part of a page at `path`; nothing for one without charts, and for the overview, which has it among others.
pub(super) fn link(path: &str, query: &str) -> String {
    let address = address(path, query).filter(|_| path != OVERVIEW);
    address.map_or_else(String::new, |address| format!("<p class=\"save-row\">{}</p>", save_link(&address)))
}

/// Where the page with the part at `path` is as a file; `None` for one without charts.
pub(super) fn address(path: &str, query: &str) -> Option<Address> {
    let page = match path {
        OVERVIEW => "/",
        performance::PATH | processes::PATH | trends::TRENDS | "/database" | "/cache" => path,
        _ => return None,
    };
    // A question that is too long has been refused before.
    let fields = question::fields(query).unwrap_or_default();
    let value = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut kept = vec![("page", page.to_owned())];
    kept.extend(KEPT.into_iter().filter_map(|name| Some((name, value(name)?))));
    Some(Address { path: "/api/snapshot.html", kept })
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
        assert_eq!(link("/overview", ""), "", "it has one already");
        let head = address("/overview", "window=1h").map(|address| address.with(&[]));
        assert_eq!(head.as_deref(), Some("/api/snapshot.html?page=%2F&window=1h"));
        for path in ["/alerts", "/settings", "/database-lists", "/meanings"] {
            assert_eq!(link(path, ""), "", "{path}");
        }
    }
}
