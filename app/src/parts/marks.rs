//! What was wrong while a chart shows it, and what was done meanwhile, in words.

use crate::api::Mark;
use crate::clock::local_time;
use crate::escape::escaped;
use crate::live::{Live, use_live};
use leptos::prelude::*;

/// The most lines of alerts, and of annotations; what is older is a band or a letter in the chart.
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
            // Whoever sees the chart sees an annotation there, the same on each of them.
            let (word, class) = match mark.sign.as_str() {
                "" => (mark.severity.title(), mark.severity.word()),
                sign => (sign, "visually-hidden"),
            };
            let (start, text) = (local_time(mark.start, offset), escaped(&mark.text));
            let until = match mark.end {
                Some(end) if end == mark.start => String::new(),
                Some(end) => format!(" to {}", local_time(end, offset)),
                None => " until now".to_owned(),
            };
            format!("<li class=\"{class}\"><strong>{word}</strong> {start}{until}: {text}</li>")
        };
        live.store.try_with_value(|store| {
            let mut counts = [0_usize; 2];
            let mut is_told = |mark: &&Mark| {
                let [alerts, annotations] = &mut counts;
                let count = if mark.sign.is_empty() { alerts } else { annotations };
                *count += usize::from(mark.value.is_none());
                mark.value.is_none() && *count <= MOST
            };
            store.marks(&panel).filter(|mark| is_told(mark)).map(item).collect::<String>()
        })
    });
    let html = move || items.get().unwrap_or_default();
    view! { <ul class="marks" aria-label="Alerts and marks" hidden=move || html().is_empty() inner_html=html></ul> }
}

/// The levels of a chart as its name has them: `, warning above 80 %`. As they are when the chart is made: rules change seldom.
pub(super) fn levels_in_words(live: Live, panel: &str) -> String {
    let words = live.store.try_with_value(|store| {
        let levels = store.marks(panel).filter(|mark| mark.value.is_some());
        levels.fold(String::new(), |words, mark| words + ", " + &mark.text)
    });
    words.unwrap_or_default()
}
