//! Search results: pages, charts, monitored instances and actions. A list of links, shown by the command palette (Ctrl+K) and
//! by the page `/search`.

use crate::ui::StaticHtml;
use app::{PAGES, chart_page, escaped, url};
use leptos::prelude::*;
use std::borrow::Cow;

/// Query and its results.
#[derive(Clone, Debug, Default)]
pub struct SearchResults {
    /// Query.
    pub query: String,
    /// Results, the best first.
    pub hits: Vec<SearchHit>,
    /// Number of further results.
    pub more: usize,
}

/// Search result.
#[derive(Clone, Debug)]
pub struct SearchHit {
    /// Title.
    pub title: String,
    /// Kind and place, such as `Chart · Host`.
    pub kind: String,
    /// What choosing it does.
    pub target: SearchTarget,
}

/// What choosing a result does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchTarget {
    /// Opens a page without a reload.
    Page(Cow<'static, str>),
    /// Loads a page.
    External(&'static str),
    /// Posts a form without fields to that path.
    Post(&'static str),
    /// Clicks the element that the selector matches on the current page: needs scripts.
    Click(&'static str),
}

/// Page that shows the charts of a section.
pub fn page_of_section(section: &str) -> &'static str {
    let has = |path: &str| chart_page(path).is_some_and(|(_, sections)| sections.contains(&section));
    PAGES.iter().map(|(path, _)| *path).find(|path| has(path)).unwrap_or("/")
}

/// Renders the results for the list below the search field, with their number first.
pub fn render_results(find: SearchResults) -> String {
    let SearchResults { query: asked, hits: found, more } = find;
    let summary = match (found.len(), more, asked.is_empty()) {
        (_, _, true) => "Type to search charts, databases, caches and applications.".to_owned(),
        (0, ..) => "No results".to_owned(),
        (some, 0, _) => format!("{some} found"),
        (some, more, _) => format!("{some} of {} results – keep typing", some + more),
    };
    let rows = found.into_iter().map(SearchHit::view).collect_view();
    view! { <p class="facts count">{summary}</p><ul>{rows}</ul> }.into_any().html()
}

/// Renders the search page with its form, for browsers without scripts.
pub fn render_page(find: SearchResults) -> String {
    let asked = escaped(&find.query);
    let found = render_results(find);
    format!(
        "<div class=\"alerts-page find\"><header class=\"page-head\"><h1>Search</h1></header>\
         <form class=\"filter\" method=\"get\" action=\"{}\" role=\"search\" aria-label=\"Search\">\
         <label for=\"find-q\">Search pages, charts and actions</label>\
         <input type=\"search\" id=\"find-q\" name=\"q\" value=\"{asked}\" maxlength=\"100\" autocomplete=\"off\" \
         spellcheck=\"false\"><button type=\"submit\" class=\"button\">Search</button></form><div class=\"found\">{found}</div></div>",
        url("/search")
    )
}

impl SearchHit {
    fn view(self) -> AnyView {
        let Self { title, kind, target: lead } = self;
        let words = view! { <span>{title}</span>" "<span class="facts">{kind}</span> };
        match lead {
            SearchTarget::Page(href) => view! { <li><a href=url(href)>{words}</a></li> }.into_any(),
            SearchTarget::External(href) => {
                view! { <li><a href=url(href) rel="external">{words}</a></li> }.into_any()
            }
            SearchTarget::Post(action) => {
                view! { <li><form method="post" action=url(action)><button type="submit">{words}</button></form></li> }
                    .into_any()
            }
            SearchTarget::Click(what) => {
                view! { <li data-press=what><button type="button">{words}</button></li> }.into_any()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(asked: &str, leads: &[SearchTarget], more: usize) -> SearchResults {
        let found = |lead: &SearchTarget| SearchHit {
            title: "<A>".to_owned(),
            kind: "Page".to_owned(),
            target: lead.clone(),
        };
        SearchResults { query: asked.to_owned(), hits: leads.iter().map(found).collect(), more }
    }

    #[test]
    fn charts_are_on_the_page_of_their_section() {
        for (section, page) in [
            ("PostgreSQL", "/database"),
            ("Redis", "/cache"),
            ("Requests", "/performance"),
            ("Processes", "/processes"),
            ("Host", "/"),
            ("Unheard of", "/"),
        ] {
            assert_eq!(page_of_section(section), page, "{section}");
        }
    }

    #[test]
    fn each_target_is_rendered_as_link_form_or_button() {
        for (lead, expected) in [
            (SearchTarget::Page("/?a&b".into()), "<li><a href=\"/?a&amp;b\"><span>&lt;A&gt;</span>"),
            (SearchTarget::External("/layout"), "<li><a href=\"/layout\" rel=\"external\">"),
            (
                SearchTarget::Post("/api/logout"),
                "<form method=\"post\" action=\"/api/logout\"><button type=\"submit\"><span>",
            ),
            (SearchTarget::Click(".x"), "<li data-press=\".x\"><button type=\"button\">"),
        ] {
            let html = render_results(find("a", std::slice::from_ref(&lead), 0));
            assert!(html.contains(expected) && html.contains("1 found"), "{expected}: {html}");
        }
    }

    #[test]
    fn number_of_results_comes_first() {
        let one = [SearchTarget::External("/")];
        for (found, expected) in [
            (find("", &one, 0), ">Type to search charts"),
            (find("x", &[], 0), ">No results<"),
            (find("x", &one, 0), ">1 found<"),
            (find("x", &one, 4), ">1 of 5 results"),
        ] {
            let html = render_results(found);
            assert!(html.starts_with("<p class=\"facts count\"") && html.contains(expected), "{html}");
        }
    }

    #[test]
    fn query_is_shown_again_and_escaped() {
        let html = render_page(find("\"><b>", &[], 0));
        assert!(html.contains("value=\"&quot;&gt;&lt;b&gt;\"") && !html.contains("<b>"), "{html}");
    }
}
