//! Alerts and annotations in the time range of a chart, as text.

use crate::api::ChartBand;
use crate::clock::local_time;
use crate::escape::escaped;
use crate::live::{LiveData, use_live_data, use_preferences};
use leptos::prelude::*;

/// Maximum number of alerts, and of annotations. Older ones are only in the chart, as bands and letters.
const MAX_EVENTS: usize = 3;

/// Alerts and annotations of a chart.
#[component]
pub(crate) fn ChartEvents(
    /// Id of the panel.
    panel: String,
) -> impl IntoView {
    let (data, preferences) = (use_live_data(), use_preferences());
    let items = Memo::new(move |_| {
        data.series_changed.track();
        let offset = preferences.utc_offset.get();
        // A list that changes as a whole adds least to the wasm bundle as HTML.
        let item = |mark: &ChartBand| {
            // Annotations are visible on the chart itself, so here they are only for screen readers.
            let (word, class) = match mark.annotation.as_str() {
                "" => (mark.severity.title(), mark.severity.as_str()),
                sign => (sign, "visually-hidden"),
            };
            let (start, text) = (local_time(mark.start, offset), escaped(&mark.text));
            let end = match mark.end {
                Some(end) if end == mark.start => String::new(),
                Some(end) => format!(" to {}", local_time(end, offset)),
                None => " (ongoing)".to_owned(),
            };
            format!("<li class=\"{class}\"><strong>{word}</strong> {start}{end}: {text}</li>")
        };
        data.store.try_with_value(|store| {
            let mut counts = [0_usize; 2];
            let mut is_listed = |mark: &&ChartBand| {
                let [alerts, annotations] = &mut counts;
                let count = if mark.annotation.is_empty() { alerts } else { annotations };
                *count += usize::from(mark.threshold.is_none());
                mark.threshold.is_none() && *count <= MAX_EVENTS
            };
            store.bands(&panel).filter(|mark| is_listed(mark)).map(item).collect::<String>()
        })
    });
    let html = move || items.get().unwrap_or_default();
    view! {
        <div role="group" aria-label="Alerts and annotations" hidden=move || html().is_empty()>
            <ul class="marks" inner_html=html></ul>
        </div>
    }
}

/// Thresholds of a chart for its accessible name: `, warning above 80 %`. Not updated later, because rules rarely change.
pub(super) fn threshold_text(data: LiveData, panel: &str) -> String {
    let words = data.store.try_with_value(|store| {
        let thresholds = store.bands(panel).filter(|mark| mark.threshold.is_some());
        thresholds.fold(String::new(), |words, mark| words + ", " + &mark.text)
    });
    words.unwrap_or_default()
}
