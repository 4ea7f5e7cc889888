//! The letters of annotations upon the drawing of the server. In the browser the canvases have them.

use crate::live::Live;

/// The letters as SVG text, with the words for who points at them.
#[cfg(not(feature = "hydrate"))]
pub(super) fn signs(live: Live, panel: &str) -> String {
    use crate::clock::local_time;
    use crate::escape::escaped;
    use leptos::prelude::*;
    let signs = live.store.try_with_value(|store| {
        let window = store.window();
        let (start, length) = (window.start, window.end.millis_since(window.start).max(1));
        let sign = |mark: &crate::api::Mark| {
            let letter = mark.sign.chars().next().filter(|_| mark.start >= start)?;
            let place = mark.start.millis_since(start) as f64 / length as f64 * 100.0;
            let (word, time, text) = (&mark.sign, local_time(mark.start, None), escaped(&mark.text));
            Some(format!(
                "<text class=\"sign\" x=\"{place:.1}%\" y=\"10\">{letter}<title>{word} {time}: {text}</title></text>"
            ))
        };
        store.marks(panel).filter_map(sign).collect()
    });
    signs.unwrap_or_default()
}

/// None: the page's program need not know how.
#[cfg(feature = "hydrate")]
pub(super) fn signs(_: Live, _: &str) -> &'static str {
    ""
}
