//! A panel: what it is, its numbers, its chart, its legend.

use crate::live::use_live;
use crate::parts::{Chart, Legend, LookInWords, Marks, chart_menu};
use crate::view_model::{Figure, PanelView, panel_view, text_or_dash};
use leptos::prelude::*;

/// The panel with that id, drawn from the catalogue.
#[component]
pub(crate) fn PanelCard(
    /// Id of the panel.
    panel: String,
) -> impl IntoView {
    let live = use_live();
    let id = panel.clone();
    let view = Memo::new(move |_| {
        live.shape.track();
        live.store.try_with_value(|store| panel_view(store, &panel)).flatten()
    });
    let Some(PanelView { panel, .. }) = view.get_untracked() else { return ().into_any() };
    let lines = Memo::new(move |_| view.get().map(|view| view.lines).unwrap_or_default());
    let headlines = move || figures(view.get().map(|view| view.headlines), "figure");
    let details = move || figures(view.get().map(|view| view.details), "detail");
    // A panel of what this machine does not have (sensors, a container's limits) would stay empty for ever.
    let is_empty = Memo::new(move |_| view.with(|view| view.as_ref().is_none_or(PanelView::is_empty)));
    let (title, menu) = (panel.title.clone(), chart_menu(live, &panel));
    let heading = format!("panel-{id}");
    let labelled_by = heading.clone();
    view! {
        <article class="panel" data-panel=id aria-labelledby=labelled_by hidden=move || is_empty.get()>
            <header>
                <h3 id=heading>{title}</h3>
                <div class="figures">{headlines}</div>
                <div class="details">{details}</div>
                <div inner_html=menu></div>
            </header>
            {crate::parts::meaning::meaning(live, &panel)}
            <Chart panel=panel.clone() lines/>
            <LookInWords panel=panel.id.clone()/>
            <Marks panel=panel.id.clone()/>
            <Legend lines unit=panel.unit/>
        </article>
    }
    .into_any()
}

fn figures(figures: Option<Vec<Figure>>, class: &'static str) -> impl IntoView {
    let live = use_live();
    figures
        .unwrap_or_default()
        .into_iter()
        // What this machine does not have is not missing: there is no number to show for it.
        .filter(|figure| !figure.series.is_empty())
        .map(|figure| {
            let label = figure.label.clone();
            let text = move || {
                let value = live.read(|store| figure.value(|series| store.reading(series))).flatten();
                text_or_dash(figure.unit, value)
            };
            view! {
                <p class=class>
                    <span class="number">{text}</span>
                    " "
                    <span class="label">{label}</span>
                </p>
            }
        })
        .collect_view()
}
