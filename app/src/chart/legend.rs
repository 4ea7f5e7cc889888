//! Legend of a chart: colour, name, value at the cursor or now, visibility and statistics of each series.

use crate::chart::statistics::statistics_html;
use crate::live::{use_chart_view, use_live_data, use_preferences};
use crate::view_model::{LineView, text_or_dash};
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use watchglass_model::Unit;

/// One entry per line. A click isolates the line or shows all again; with Shift or Ctrl it hides or shows the line.
#[component]
pub(crate) fn Legend(lines: Memo<Vec<LineView>>, unit: Unit) -> impl IntoView {
    let (data, view, preferences) = (use_live_data(), use_chart_view(), use_preferences());
    // Without scripts the buttons have no function.
    let is_disabled = move || !preferences.is_hydrated();
    let entry = move |line: LineView| {
        let (series, key) = (line.series, line.key);
        let reading = move || {
            let cursor = view.cursor.get();
            let value = data.read(|store| store.displayed_value(series, cursor));
            text_or_dash(unit, value.flatten())
        };
        let statistics = move || {
            data.charts_changed.track();
            data.store.try_with_value(|store| statistics_html(store, series)).unwrap_or_default()
        };
        let shown = move || {
            let is_hidden = view.params.with(|params| params.is_hidden(key));
            if is_hidden { "false" } else { "true" }
        };
        // The legend lists what the window has.
        let has_no_data = move || {
            data.charts_changed.track();
            data.store.try_with_value(|store| !store.has_data_in_window(series)).unwrap_or_default()
        };
        let toggle = move |event: MouseEvent| {
            let hides = event.shift_key() || event.ctrl_key() || event.meta_key();
            let all: Vec<u32> = lines.with_untracked(|lines| lines.iter().map(|line| line.key).collect());
            let hidden =
                view.params.with_untracked(|params| hidden_after_click(&params.hidden, &all, key, hides));
            // There are no clicks on the server.
            #[cfg(feature = "hydrate")]
            view.set_hidden_lines(&hidden);
            #[cfg(not(feature = "hydrate"))]
            drop(hidden);
        };
        view! {
            <li hidden=has_no_data>
                <button type="button" aria-pressed=shown disabled=is_disabled on:click=toggle>
                    <span class="tint" data-colour=line.colour.to_string() aria-hidden="true"></span>
                    <span class="name">{line.label}</span>
                </button>
                <span class="number">{reading}</span>
                <div class="note" inner_html=statistics></div>
            </li>
        }
    };
    view! {
        <ul class="legend">
            <For each=move || lines.get() key=|line| line.clone() children=entry/>
        </ul>
    }
}

/// Hidden lines after a click on the line `key` of the lines `all`. Lines of other charts are not changed.
fn hidden_after_click(hidden: &[u32], all: &[u32], key: u32, hides: bool) -> Vec<u32> {
    let mut rest: Vec<u32> = hidden.iter().copied().filter(|known| !all.contains(known)).collect();
    let is_hidden = |line: &u32| hidden.contains(line);
    if hides {
        rest.extend(all.iter().filter(|line| is_hidden(line) != (**line == key)));
    } else if is_hidden(&key) || !all.iter().all(|line| *line == key || is_hidden(line)) {
        rest.extend(all.iter().filter(|line| **line != key));
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_isolate_hide_and_show_lines() {
        const ALL: [u32; 3] = [1, 2, 3];
        for (hidden, key, hides, expected) in [
            (&[9][..], 2, false, &[9, 1, 3][..]),
            (&[9, 1, 3], 2, false, &[9]),
            (&[9, 1, 3], 1, false, &[9, 2, 3]),
            (&[1], 2, false, &[1, 3]),
            (&[9], 2, true, &[9, 2]),
            (&[9, 2], 2, true, &[9]),
            (&[1, 2], 3, true, &[1, 2, 3]),
            (&[1, 2, 3], 3, false, &[1, 2]),
        ] {
            assert_eq!(hidden_after_click(hidden, &ALL, key, hides), expected, "{hidden:?} {key} {hides}");
        }
        assert_eq!(hidden_after_click(&[], &[7], 7, false), [0; 0], "a single line stays visible");
    }
}
