//! Failing probes and their errors.

use crate::clock::local_time;
use crate::escape::escaped;
use crate::live::{use_live_data, use_preferences};
use leptos::prelude::*;
use watchglass_model::Problem;

/// One line per failing probe; hidden when there are none.
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
        data.store.with_value(|store| store.state().problems.iter().map(item).collect::<String>())
    };
    let none = move || {
        data.series_changed.track();
        data.store.with_value(|store| store.state().problems.is_empty())
    };
    view! {
        <div class="problems" role="group" aria-label="Failing probes" hidden=none>
            <ul inner_html=problems></ul>
        </div>
    }
}
