//! Head of the trends page: sections, comparison and time range form.

use crate::ui::StaticHtml;
use app::url;
use leptos::prelude::*;

/// Link to another view of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavLink {
    /// Label.
    pub text: String,
    /// URL.
    pub href: String,
    /// Whether it is the current view.
    pub is_current: bool,
}

/// Head of the trends page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trends {
    /// Links to the sections.
    pub sections: Vec<NavLink>,
    /// Links without and with the comparison to the previous period.
    pub compare: Vec<NavLink>,
    /// Start and end of the time range, as `2026-11-22T03:00:00` in UTC.
    pub range: (String, String),
    /// Hidden form fields: names and values.
    pub hidden_fields: Vec<(String, String)>,
}

/// Renders the head of the trends page.
pub fn render(page: Trends) -> String {
    let Trends { sections, compare, range: (from, to), hidden_fields: kept } = page;
    let kept = kept.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let field = |name: &'static str, label: &'static str, value: String| {
        let id = format!("trends-{name}");
        view! {
            <label for=id.clone()>{label}</label>
            <input id=id type="datetime-local" name=name step="1" required value=value/>
        }
    };
    // The server only knows UTC: the client fills in the time zone offset of the user.
    view! {
        <div class="trends-head" data-part="trends" data-keep="">
            {links("Sections", sections)}
            {links("Comparison", compare)}
            <form class="range" action=url("/trends") method="get">
                {field("from", "From", from)}
                {field("to", "to", to)}
                <span class="zone" data-zone-name="">"UTC"</span>
                <input type="hidden" name="zone" value="0" data-zone=""/>
                {kept.collect_view()}
                <button type="submit">"Apply"</button>
            </form>
        </div>
    }
    .into_any()
    .html()
}

fn links(label: &'static str, links: Vec<NavLink>) -> impl IntoView {
    let link = |NavLink { text, href, is_current }| {
        let current = is_current.then_some("true");
        view! { <a href=url(href) aria-current=current>{text}</a> }
    };
    view! { <nav class="choices" aria-label=label>{links.into_iter().map(link).collect_view()}</nav> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_fields_are_rendered_and_escaped() {
        let way = |text: &str, is_current| NavLink {
            text: text.to_owned(),
            href: "/trends?a=1&section=x".to_owned(),
            is_current,
        };
        let html = render(Trends {
            sections: vec![way("All", true), way("<Host>", false)],
            compare: vec![way("Compare", false)],
            range: ("2026-11-22T03:00:00".to_owned(), "2026-11-22T04:00:00".to_owned()),
            hidden_fields: vec![("section".to_owned(), "\"x".to_owned())],
        });
        for part in [
            "aria-current=\"true\">All</a>",
            "href=\"/trends?a=1&amp;section=x\"",
            "&lt;Host&gt;</a>",
            "name=\"from\" step=\"1\" required value=\"2026-11-22T03:00:00\"",
            "value=\"2026-11-22T04:00:00\"",
            "name=\"section\" value=\"&quot;x\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<Host>") && html.matches("aria-current").count() == 1, "{html}");
    }
}
