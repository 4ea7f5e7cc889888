//! Page as a tree of elements: tests name the element by a CSS selector, and check its text or an attribute.

use super::Response;
use scraper::{ElementRef, Html, Selector};

/// A parsed page or fragment.
pub(crate) struct Dom {
    html: Html,
    source: String,
}

impl Response {
    /// The page or fragment as a tree.
    pub(crate) fn dom(&self) -> Dom {
        let source = self.text();
        let is_page = source.starts_with("<!DOCTYPE html>");
        let html = if is_page { Html::parse_document(source) } else { Html::parse_fragment(source) };
        Dom { html, source: source.to_owned() }
    }
}

impl Dom {
    /// Number of selected elements.
    pub(crate) fn count(&self, selector: &str) -> usize {
        self.select(selector).len()
    }

    /// Whether an element is selected.
    pub(crate) fn has(&self, selector: &str) -> bool {
        self.count(selector) > 0
    }

    /// The text of the only selected element, with each run of white space as one space.
    pub(crate) fn text(&self, selector: &str) -> String {
        text(self.only(selector))
    }

    /// The texts of all selected elements, in the order of the page.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        self.select(selector).into_iter().map(text).collect()
    }

    /// Whether the text of a selected element contains `part`.
    pub(crate) fn says(&self, selector: &str, part: &str) -> bool {
        self.texts(selector).iter().any(|text| text.contains(part))
    }

    /// Checks that the text of a selected element contains `part`.
    pub(crate) fn assert_says(&self, selector: &str, part: &str) {
        assert!(self.says(selector, part), "{selector} does not contain {part:?}: {}", self.source);
    }

    /// Checks that elements are selected.
    pub(crate) fn assert_has(&self, selector: &str) {
        assert!(self.has(selector), "no {selector}: {}", self.source);
    }

    /// An attribute of the only selected element; `None` if the element does not have it.
    pub(crate) fn attr(&self, selector: &str, name: &str) -> Option<&str> {
        self.only(selector).attr(name)
    }

    /// An attribute of all selected elements that have it, in the order of the page.
    pub(crate) fn attrs(&self, selector: &str, name: &str) -> Vec<&str> {
        self.select(selector).into_iter().filter_map(|element| element.attr(name)).collect()
    }

    fn only(&self, selector: &str) -> ElementRef<'_> {
        let found = self.select(selector);
        assert_eq!(found.len(), 1, "elements {selector}: {}", self.source);
        found[0]
    }

    fn select(&self, selector: &str) -> Vec<ElementRef<'_>> {
        let parsed = Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"));
        self.html.select(&parsed).collect()
    }
}

fn text(element: ElementRef<'_>) -> String {
    let all: String = element.text().collect();
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}
