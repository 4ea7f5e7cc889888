//! What was wrong while a chart shows it, in words.

use crate::clock::local_time;
use crate::live::use_live;
use crate::table::escaped;
use crate::{api::Mark, parts::severity};
use leptos::prelude::*;

/// The most lines; what is older is a band in the chart, and on the page of alerts.
const MOST: usize = 3;

/// The marks of a chart.
#[component]
pub(crate) fn Marks(
    /// Id of its panel.
    panel: String,
) -> impl IntoView {
    let live = use_live();
    let items = Memo::new(move |_| {
        live.shape.track();
        let offset = live.utc_offset.get();
        // A list that changes as a whole costs the page's program least as HTML.
        let item = |mark: &Mark| {
            let (word, class) = severity(mark.severity);
            let (start, text) = (local_time(mark.start, offset), escaped(&mark.text));
            let end = mark.end.map(|end| format!(" to {}", local_time(end, offset)));
            let until = end.unwrap_or_else(|| " until now".to_owned());
            format!("<li class=\"{class}\"><strong>{word}</strong> {start}{until}: {text}</li>")
        };
        live.store.try_with_value(|store| store.marks(&panel).take(MOST).map(item).collect::<String>())
    });
    let html = move || items.get().unwrap_or_default();
    view! { <ul class="marks" aria-label="Alerts" hidden=move || html().is_empty() inner_html=html></ul> }
}
