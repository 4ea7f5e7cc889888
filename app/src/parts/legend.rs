//! The series of a chart: tint, name, and the reading at the cursor or now; which of them are shown; what they were like.

use crate::live::use_live;
use crate::view_model::{LineView, text_or_dash};
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use watchglass_model::Unit;

/// One entry for each line. Pressed, it shows that line alone, and pressed again all; with Shift or Ctrl it hides that line or
/// shows it again.
#[component]
pub(crate) fn Legend(
    /// The lines of the chart.
    lines: Memo<Vec<LineView>>,
    /// Unit of their readings.
    unit: Unit,
) -> impl IntoView {
    let live = use_live();
    // Without scripts the buttons could do nothing.
    let cannot_choose = move || live.utc_offset.get().is_none();
    let entry = move |line: LineView| {
        let (series, key) = (line.series, line.key);
        let reading = move || {
            let cursor = live.cursor.get();
            let value = live.read(|store| store.shown(series, cursor));
            text_or_dash(unit, value.flatten())
        };
        let note = move || {
            live.drawing.track();
            live.store.try_with_value(|store| store.note(series)).unwrap_or_default()
        };
        let shown = move || {
            live.drawing.track();
            let is_hidden = live.store.try_with_value(|store| store.is_hidden(key));
            if is_hidden == Some(true) { "false" } else { "true" }
        };
        let choose = move |event: MouseEvent| {
            let hides = event.shift_key() || event.ctrl_key() || event.meta_key();
            let all: Vec<u32> = lines.with_untracked(|lines| lines.iter().map(|line| line.key).collect());
            let hidden = live.store.with_value(|store| chosen(&store.asked().hidden, &all, key, hides));
            // Nothing is pressed but in a browser.
            #[cfg(feature = "hydrate")]
            live.hide(&hidden);
            #[cfg(not(feature = "hydrate"))]
            drop(hidden);
        };
        view! {
            <li>
                <button type="button" aria-pressed=shown disabled=cannot_choose on:click=choose>
                    <span class="tint" data-colour=line.colour.to_string() aria-hidden="true"></span>
                    <span class="name">{line.label}</span>
                </button>
                <span class="number">{reading}</span>
                <div class="note" inner_html=note></div>
            </li>
        }
    };
    view! {
        <ul class="legend">
            <For each=move || lines.get() key=|line| line.clone() children=entry/>
        </ul>
    }
}

/// What is hidden after the line `key` of the lines `all` was pressed. Lines of other charts stay as they are.
fn chosen(hidden: &[u32], all: &[u32], key: u32, hides: bool) -> Vec<u32> {
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
    fn lines_are_shown_alone_hidden_and_shown_again() {
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
            assert_eq!(chosen(hidden, &ALL, key, hides), expected, "{hidden:?} {key} {hides}");
        }
        assert_eq!(chosen(&[], &[7], 7, false), [0; 0], "there is nothing beside a line that is alone");
    }
}
