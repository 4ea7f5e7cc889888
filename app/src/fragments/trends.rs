//! What stands above trends: the sections, the comparison, and the form for any stretch of time.

use super::words::Written;
use leptos::prelude::*;

/// A way to the same page, shown otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What it is called.
    pub text: String,
    /// Its address.
    pub href: String,
    /// Whether it leads to what is shown.
    pub is_current: bool,
}

/// What can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trends {
    /// The sections.
    pub sections: Vec<Way>,
    /// Whether the time before is compared: the two ways.
    pub compare: Vec<Way>,
    /// Start and end of what is shown, as `2026-11-22T03:00:00` in UTC.
    pub range: (String, String),
    /// What else the form says: names and values.
    pub kept: Vec<(String, String)>,
}

/// Them as HTML.
pub fn trends(page: Trends) -> String {
    let Trends { sections, compare, range: (from, to), kept } = page;
    let kept = kept.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let field = |name: &'static str, label: &'static str, value: String| {
        let id = format!("trends-{name}");
        view! {
            <label for=id.clone()>{label}</label>
            <input id=id type="datetime-local" name=name step="1" required value=value/>
        }
    };
    // The form goes to the server, which knows no clock but UTC: a program fills in how far the reader's is ahead of it.
    view! {
        <div class="trends-head" data-part="trends" data-keep="">
            {ways("Sections", sections)}
            {ways("Comparison", compare)}
            <form class="range" action="/trends" method="get">
                {field("from", "From", from)}
                {field("to", "to", to)}
                <span class="zone" data-zone-name="">"UTC"</span>
                <input type="hidden" name="zone" value="0" data-zone=""/>
                {kept.collect_view()}
                <button type="submit">"Show"</button>
            </form>
        </div>
    }
    .into_any()
    .html()
}

fn ways(label: &'static str, ways: Vec<Way>) -> impl IntoView {
    let way = |Way { text, href, is_current }| {
        let current = is_current.then_some("true");
        view! { <a href=href aria-current=current>{text}</a> }
    };
    view! { <nav class="choices" aria-label=label>{ways.into_iter().map(way).collect_view()}</nav> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_and_fields_are_there_and_no_text_is_markup() {
        let way = |text: &str, is_current| Way {
            text: text.to_owned(),
            href: "/trends?a=1&section=x".to_owned(),
            is_current,
        };
        let html = trends(Trends {
            sections: vec![way("All", true), way("<Host>", false)],
            compare: vec![way("Compare", false)],
            range: ("2026-11-22T03:00:00".to_owned(), "2026-11-22T04:00:00".to_owned()),
            kept: vec![("section".to_owned(), "\"x".to_owned())],
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
