//! A table whose columns can be chosen to order it by.

use crate::live::use_live;
use crate::table::{Column, Row, Sort, html};
use leptos::prelude::*;

/// The rows, in an order that is the reader's to choose once the page lives. It scrolls sideways inside its own box.
#[component]
pub(crate) fn DataTable(
    /// What it is, for those who hear the page.
    label: String,
    /// Its columns.
    columns: &'static [Column],
    /// How it is ordered at first.
    first: Sort,
    /// Its rows.
    rows: Memo<Vec<Row>>,
) -> impl IntoView {
    let live = use_live();
    let sort = RwSignal::new(first);
    // Without scripts the buttons could do nothing.
    let cannot_choose = move || live.utc_offset.get().is_none();
    let heads = columns.iter().enumerate().map(|(place, &column)| {
        let choose = move |_| sort.update(|sort| *sort = sort.chosen(place, column));
        view! {
            <th scope="col" class=if column.is_number { "number" } else { "words" }
                aria-sort=move || sort.get().spoken(place)>
                <button type="button" disabled=cannot_choose on:click=choose>{column.title}</button>
            </th>
        }
    });
    let body = move || {
        let offset = live.utc_offset.get();
        let mut rows = rows.get();
        sort.get().apply(&mut rows);
        html(&rows, offset)
    };
    view! {
        <div class="table-box">
            <table aria-label=label>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody inner_html=body></tbody>
            </table>
        </div>
    }
    // A type that names all of its parts would be too deep for the compiler.
    .into_any()
}
