//! Letters of annotations on the chart of the server. In the browser the canvases draw them.

use crate::live::LiveData;

/// The letters as SVG text, with the annotation as tooltip.
#[cfg(not(feature = "hydrate"))]
pub(super) fn annotation_labels(data: LiveData, panel: &str) -> String {
    use crate::clock::local_time;
    use crate::escape::escaped;
    use leptos::prelude::*;
    let labels = data.store.try_with_value(|store| {
        let window = store.window();
        let (start, length) = (window.start, window.end.millis_since(window.start).max(1));
        let label = |mark: &crate::api::ChartBand| {
            let letter = mark.annotation.chars().next().filter(|_| mark.start >= start)?;
            let x = mark.start.millis_since(start) as f64 / length as f64 * 100.0;
            let (word, time, text) = (&mark.annotation, local_time(mark.start, None), escaped(&mark.text));
            Some(format!(
                "<text class=\"sign\" x=\"{x:.1}%\" y=\"10\">{letter}<title>{word} {time}: {text}</title></text>"
            ))
        };
        store.bands(panel).filter_map(label).collect()
    });
    labels.unwrap_or_default()
}

/// Empty in the wasm client, which draws the letters on canvases.
#[cfg(feature = "hydrate")]
pub(super) fn annotation_labels(_: LiveData, _: &str) -> &'static str {
    ""
}
