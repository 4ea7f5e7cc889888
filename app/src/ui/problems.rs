//! Failing probes with their errors, and values that other probes leave out.

use crate::clock::local_time;
use crate::escape::escaped;
use crate::live::{use_live_data, use_preferences};
use leptos::prelude::*;
use watchglass_model::Problem;

/// One line per failing probe and per value that is left out; hidden when there are none.
#[component]
pub(crate) fn Problems() -> impl IntoView {
    let (data, preferences) = (use_live_data(), use_preferences());
    let problems = move || {
        data.series_changed.track();
        let offset = preferences.utc_offset.get();
        // A list that changes as a whole adds least to the wasm bundle as HTML.
        let item = |problem: &Problem| {
            let (probe, reason) = (escaped(&problem.probe), escaped(&problem.reason));
            let since = local_time(problem.since, offset);
            format!("<li><strong>{probe}</strong>: no data since {since} – {reason}</li>")
        };
        let skipped = |note: &Problem| {
            let (probe, reason) = (escaped(&note.probe), escaped(&note.reason));
            let since = local_time(note.since, offset);
            format!("<li class=\"skipped\"><strong>{probe}</strong>: since {since} – {reason}</li>")
        };
        data.store.with_value(|store| {
            let state = store.state();
            state.problems.iter().map(item).chain(state.skipped.iter().map(skipped)).collect::<String>()
        })
    };
    let none = move || {
        data.series_changed.track();
        data.store.with_value(|store| {
            let state = store.state();
            state.problems.is_empty() && state.skipped.is_empty()
        })
    };
    view! { <ul class="problems" aria-label="Problems" hidden=none inner_html=problems></ul> }
}
