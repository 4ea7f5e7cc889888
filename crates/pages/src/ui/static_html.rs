//! Views as static HTML.

use leptos::prelude::*;
use watchglass_model::visible_lines;

/// Renders a view as static HTML.
pub(crate) trait StaticHtml {
    /// HTML without hydration markers, since nothing hydrates it. No text can contain a marker, because `<` is escaped.
    /// Hidden characters are escaped: the texts of this program have none, so they come from outside.
    fn html(self) -> String;
}

impl StaticHtml for AnyView {
    fn html(self) -> String {
        visible_lines(&self.to_html().replace("<!>", "")).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped() {
        let name = "<b>\u{202e}gpj.exe\u{200b}";
        let html = view! { <p title=name>{name}</p> }.into_any().html();
        let shown = "&lt;b&gt;\\u{202e}gpj.exe\\u{200b}";
        assert!(html.contains(shown), "{html}");
        assert!(!html.contains(['\u{202e}', '\u{200b}']), "{html}");
    }
}
