//! What can be found: pages, charts, who is watched, and what can be done. A list of links, which the page's program shows at
//! Ctrl+K and `/find` as a page.

use super::words::Written;
use crate::escape::escaped;
use crate::pages::charts_of;
use crate::root::PAGES;
use leptos::prelude::*;
use std::borrow::Cow;

/// What was asked, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Find {
    /// What was typed.
    pub asked: String,
    /// What there is of it, the best first.
    pub found: Vec<Found>,
    /// How much more there is.
    pub more: usize,
}

/// Something to go to or to do.
#[derive(Clone, Debug)]
pub struct Found {
    /// What people call it.
    pub title: String,
    /// What kind of thing it is, and where: `Chart · Host`.
    pub kind: String,
    /// What comes of choosing it.
    pub lead: Lead,
}

/// What comes of choosing something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// A page of the program.
    To(Cow<'static, str>),
    /// A page that is loaded anew.
    Away(&'static str),
    /// A form without fields is sent there.
    Send(&'static str),
    /// What the selector finds in the page below is pressed: only the page's program can.
    Press(&'static str),
}

/// The page whose charts are those of a section.
pub fn page_of(section: &str) -> &'static str {
    let has = |path: &str| charts_of(path).is_some_and(|(_, sections)| sections.contains(&section));
    PAGES.iter().map(|(path, _)| *path).find(|path| has(path)).unwrap_or("/")
}

/// What was found, as HTML to be put below a field: how many first, in words.
pub fn finds(find: Find) -> String {
    let Find { asked, found, more } = find;
    let says = match (found.len(), more, asked.is_empty()) {
        (_, _, true) => "Type to find charts, databases, caches and applications as well.".to_owned(),
        (0, ..) => "Nothing here is called so.".to_owned(),
        (some, 0, _) => format!("{some} found"),
        (some, more, _) => format!("The best {some} of {}: another letter leaves fewer.", some + more),
    };
    let rows = found.into_iter().map(Found::view).collect_view();
    view! { <p class="facts count">{says}</p><ul>{rows}</ul> }.into_any().html()
}

/// The same as a page with a form, for those without the page's program.
pub fn find_page(find: Find) -> String {
    let asked = escaped(&find.asked);
    let found = finds(find);
    format!(
        "<div class=\"alerts-page find\"><header class=\"page-head\"><h1>Find</h1></header>\
         <form class=\"filter\" method=\"get\" action=\"/find\" role=\"search\" aria-label=\"Find\">\
         <label for=\"find-q\">Pages, charts and what can be done</label>\
         <input type=\"search\" id=\"find-q\" name=\"q\" value=\"{asked}\" maxlength=\"100\" autocomplete=\"off\" \
         spellcheck=\"false\"><button class=\"button\">Find</button></form><div class=\"found\">{found}</div></div>"
    )
}

impl Found {
    fn view(self) -> AnyView {
        let Self { title, kind, lead } = self;
        let words = view! { <span>{title}</span>" "<span class="facts">{kind}</span> };
        match lead {
            Lead::To(href) => view! { <li><a href=href.into_owned()>{words}</a></li> }.into_any(),
            Lead::Away(href) => view! { <li><a href=href rel="external">{words}</a></li> }.into_any(),
            Lead::Send(action) => {
                view! { <li><form method="post" action=action><button>{words}</button></form></li> }
                    .into_any()
            }
            Lead::Press(what) => {
                view! { <li data-press=what><button type="button">{words}</button></li> }.into_any()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(asked: &str, leads: &[Lead], more: usize) -> Find {
        let found =
            |lead: &Lead| Found { title: "<A>".to_owned(), kind: "Page".to_owned(), lead: lead.clone() };
        Find { asked: asked.to_owned(), found: leads.iter().map(found).collect(), more }
    }

    #[test]
    fn a_chart_is_on_the_page_of_its_section() {
        for (section, page) in [
            ("PostgreSQL", "/database"),
            ("Redis", "/cache"),
            ("Requests", "/performance"),
            ("Processes", "/processes"),
            ("Host", "/"),
            ("Unheard of", "/"),
        ] {
            assert_eq!(page_of(section), page, "{section}");
        }
    }

    #[test]
    fn each_lead_is_what_a_browser_can_follow() {
        for (lead, expected) in [
            (Lead::To("/?a&b".into()), "<li><a href=\"/?a&amp;b\"><span>&lt;A&gt;</span>"),
            (Lead::Away("/arrange"), "<li><a href=\"/arrange\" rel=\"external\">"),
            (Lead::Send("/api/logout"), "<form method=\"post\" action=\"/api/logout\"><button><span>"),
            (Lead::Press(".x"), "<li data-press=\".x\"><button type=\"button\">"),
        ] {
            let html = finds(find("a", std::slice::from_ref(&lead), 0));
            assert!(html.contains(expected) && html.contains("1 found"), "{expected}: {html}");
        }
    }

    #[test]
    fn how_much_there_is_is_said_first() {
        let one = [Lead::Away("/")];
        for (found, expected) in [
            (find("", &one, 0), ">Type to find charts"),
            (find("x", &[], 0), ">Nothing here is called so.<"),
            (find("x", &one, 0), ">1 found<"),
            (find("x", &one, 4), ">The best 1 of 5: "),
        ] {
            let html = finds(found);
            assert!(html.starts_with("<p class=\"facts count\"") && html.contains(expected), "{html}");
        }
    }

    #[test]
    fn the_page_shows_what_was_typed_and_no_markup_of_it() {
        let html = find_page(find("\"><b>", &[], 0));
        assert!(html.contains("value=\"&quot;&gt;&lt;b&gt;\"") && !html.contains("<b>"), "{html}");
    }
}
