//! Probes that yield nothing, and why.

use crate::clock::local_time;
use crate::live::use_live;
use leptos::prelude::*;

/// One line for each failing probe; nothing when all is well.
#[component]
pub(crate) fn Problems() -> impl IntoView {
    let live = use_live();
    let problems = move || {
        live.shape.track();
        let offset = live.utc_offset.get();
        live.store
            .with_value(|store| store.state().problems.clone())
            .into_iter()
            .map(|problem| {
                let since = local_time(problem.since, offset);
                view! {
                    <li>
                        <strong>{problem.probe}</strong>
                        " gives no data since " {since} ": " {problem.reason}
                    </li>
                }
            })
            .collect_view()
    };
    let none = move || {
        live.shape.track();
        live.store.with_value(|store| store.state().problems.is_empty())
    };
    view! { <ul class="problems" aria-label="Probes without data" hidden=none>{problems}</ul> }
}
