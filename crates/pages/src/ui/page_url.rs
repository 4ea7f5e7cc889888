//! URL of a page, and the links that extend it.

use app::{escape, url};
use leptos::prelude::*;
use std::fmt::Write as _;

/// URL of a page, with the parameters that its links preserve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageUrl {
    /// Path of the page.
    pub path: &'static str,
    /// Parameters; those with an empty value are left out.
    pub params: Vec<(&'static str, String)>,
}

impl PageUrl {
    /// URL with more parameters. A new value replaces an existing one; an empty value removes it.
    pub fn with_params(&self, more: &[(&str, &str)]) -> String {
        let kept = self.params.iter().map(|(name, value)| (*name, value.as_str()));
        let kept = kept.filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let mut address = self.path.to_owned();
        let mut sign = '?';
        for (name, value) in kept.chain(more.iter().copied()).filter(|(_, value)| !value.is_empty()) {
            address.push(sign);
            sign = '&';
            address.push_str(name);
            address.push('=');
            percent_encode(value, &mut address);
        }
        address
    }

    /// Link that clears the filter, if there is one.
    pub(crate) fn clear_filter_link(&self, filter: &str) -> Option<AnyView> {
        let href = self.with_params(&[("filter", "")]);
        (!filter.is_empty()).then(|| view! { <a href=url(href) data-noscroll="">"Show all"</a> }.into_any())
    }

    /// Hidden form fields with the parameters, without those in `shown`, for which the form has fields of its own.
    pub(crate) fn hidden_inputs(&self, shown: &[&str]) -> AnyView {
        self.params
            .iter()
            .filter(|(name, value)| !shown.contains(name) && !value.is_empty())
            .map(|(name, value)| super::hidden_input(name, value))
            .collect_view()
            .into_any()
    }
}

/// Link that exports a page as a snapshot: one HTML file.
pub fn snapshot_link(address: &PageUrl) -> String {
    let mut html = String::from("<a class=\"save\" rel=\"external\" download href=\"");
    escape(&url(address.with_params(&[])), &mut html);
    html.push_str("\">Export snapshot</a>");
    html
}

/// Appends `text` percent-encoded as a URL parameter: [URL Standard](https://url.spec.whatwg.org/#application/x-www-form-urlencoded),
/// with `%20` for a space, which every parser accepts.
fn percent_encode(text: &str, address: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    #[test]
    fn parameters_are_kept_replaced_and_removed() {
        let address = PageUrl {
            path: "/p",
            params: vec![("filter", "é /?".to_owned()), ("sort", "cpu".to_owned()), ("at", String::new())],
        };
        for (more, expected) in [
            (&[][..], "/p?filter=%C3%A9%20%2F%3F&sort=cpu"),
            (&[("sort", "name")][..], "/p?filter=%C3%A9%20%2F%3F&sort=name"),
            (&[("filter", ""), ("at", "5")][..], "/p?sort=cpu&at=5"),
        ] {
            assert_eq!(address.with_params(more), expected);
        }
        assert_eq!(PageUrl { path: "/p", params: Vec::new() }.with_params(&[]), "/p");
        let hidden = address.hidden_inputs(&["filter"]).html();
        assert!(hidden.contains("name=\"sort\"") && !hidden.contains("filter"), "{hidden}");
    }
}
