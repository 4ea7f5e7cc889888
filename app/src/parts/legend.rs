//! The series of a chart: tint, name, and the reading at the cursor or now.

use crate::live::use_live;
use crate::view_model::{LineView, text_or_dash};
use leptos::prelude::*;
use watchglass_model::Unit;

/// One entry for each line.
#[component]
pub(crate) fn Legend(
    /// The lines of the chart.
    lines: Memo<Vec<LineView>>,
    /// Unit of their readings.
    unit: Unit,
) -> impl IntoView {
    let live = use_live();
    let entry = move |line: LineView| {
        let series = line.series;
        let reading = move || {
            let cursor = live.cursor.get();
            let value = live.read(|store| match cursor {
                Some(moment) => store.reading_at(series, moment),
                None => store.reading(series),
            });
            text_or_dash(unit, value.flatten())
        };
        view! {
            <li>
                <span class="tint" data-colour=line.colour.to_string() aria-hidden="true"></span>
                <span class="name">{line.label}</span>
                <span class="number">{reading}</span>
            </li>
        }
    };
    view! {
        <ul class="legend">
            <For each=move || lines.get() key=|line| line.clone() children=entry/>
        </ul>
    }
}
