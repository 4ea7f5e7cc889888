//! Severity badge: text, colour and icon.

use leptos::prelude::*;
use watchglass_model::Severity;

/// Severity icons: a full octagon, a triangle, a ring. Their shapes differ, so that severity does not depend on colour.
pub(crate) const CRITICAL_ICON: &str = "<path d=\"M5 1h6l4 4v6l-4 4H5l-4-4V5z\" fill=\"currentColor\"></path><path d=\"M8 4v5M8 10.6v1.6\" class=\"cut\"></path>";
pub(crate) const WARNING_ICON: &str = "<path d=\"M8 2l6.6 12H1.4z\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\" \
    stroke-linejoin=\"round\"></path><path d=\"M8 6.4v3.6M8 11.2v1.4\" stroke=\"currentColor\" stroke-width=\"1.6\"></path>";
const INFO_ICON: &str = "<circle cx=\"8\" cy=\"8\" r=\"6.4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"></circle>\
    <path d=\"M8 7v4.6M8 4v1.6\" stroke=\"currentColor\" stroke-width=\"1.6\"></path>";

/// Severity badge: text, colour and icon.
pub(crate) fn severity_badge(severity: Severity) -> AnyView {
    let (class, sign) = match severity {
        Severity::Critical => ("severity critical", CRITICAL_ICON),
        Severity::Warning => ("severity warning", WARNING_ICON),
        Severity::Info => ("severity info", INFO_ICON),
    };
    view! {
        <span class=class>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" inner_html=sign></svg>
            {severity.title()}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    #[test]
    fn severity_badge_has_text_and_icon() {
        for (one, word) in
            [(Severity::Critical, "Critical"), (Severity::Warning, "Warning"), (Severity::Info, "Info")]
        {
            let html = severity_badge(one).html();
            assert!(html.contains(word) && html.contains("<svg"), "{html}");
        }
    }
}
