//! Probes that yield nothing, and why.

use crate::clock::local_time;
use crate::escape::escaped;
use crate::live::use_live;
use leptos::prelude::*;
use watchglass_model::Problem;

/// One line for each failing probe; nothing when all is well.
#[component]
pub(crate) fn Problems() -> impl IntoView {
    let live = use_live();
    let problems = move || {
        live.shape.track();
        let offset = live.utc_offset.get();
        // A list that changes as a whole costs the page's program least as HTML.
        let item = |problem: &Problem| {
            let (probe, reason) = (escaped(&problem.probe), escaped(&problem.reason));
            let since = local_time(problem.since, offset);
            format!("<li><strong>{probe}</strong> gives no data since {since}: {reason}</li>")
        };
        live.store.with_value(|store| store.state().problems.iter().map(item).collect::<String>())
    };
    let none = move || {
        live.shape.track();
        live.store.with_value(|store| store.state().problems.is_empty())
    };
    view! { <ul class="problems" aria-label="Probes without data" hidden=none inner_html=problems></ul> }
}
