//! Views as static HTML.

use leptos::prelude::*;

/// Renders a view as static HTML.
pub(crate) trait StaticHtml {
    /// HTML without hydration markers, since nothing hydrates it. No text can contain a marker, because `<` is escaped.
    fn html(self) -> String;
}

impl StaticHtml for AnyView {
    fn html(self) -> String {
        self.to_html().replace("<!>", "")
    }
}
