//! Panel: title, values, chart and legend.

use crate::chart::{AxisNote, Chart, ChartEvents, Legend, all_series_link, chart_menu};
use crate::live::{ChartView, LiveData, use_chart_view, use_live_data};
use crate::view_model::{PanelStat, PanelView, panel_view, text_or_dash};
use leptos::prelude::*;

/// The panel of the catalogue with that id.
#[component]
pub(crate) fn PanelCard(
    /// Id of the panel.
    panel: String,
) -> impl IntoView {
    let (data, charts) = (use_live_data(), use_chart_view());
    let id = panel.clone();
    let view = Memo::new(move |_| {
        data.series_changed.track();
        data.store.try_with_value(|store| panel_view(store, &panel)).flatten()
    });
    let Some(PanelView { panel, .. }) = view.get_untracked() else { return ().into_any() };
    let lines = Memo::new(move |_| view.get().map(|view| view.lines).unwrap_or_default());
    let headlines = move || values(view.get().map(|view| view.headlines), "figure");
    let details = move || values(view.get().map(|view| view.details), "detail");
    // Panels of absent hardware or limits (sensors, container limits) would always be empty.
    let is_empty = Memo::new(move |_| view.with(|view| view.as_ref().is_none_or(PanelView::is_empty)));
    // HTML adds least to the wasm bundle.
    let note = move || {
        view.with(|view| view.as_ref().map(|view| series_note(view, data, charts))).unwrap_or_default()
    };
    let (title, menu) = (panel.title.clone(), chart_menu(data, charts, &panel));
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
            {crate::chart::meaning::meaning(data, &panel)}
            <Chart panel=panel.clone() lines/>
            <AxisNote panel=panel.id.clone()/>
            <ChartEvents panel=panel.id.clone()/>
            <Legend lines unit=panel.unit/>
            <p class="more-series" inner_html=note></p>
        </article>
    }
    .into_any()
}

/// Note below a chart that does not draw all of its series.
fn series_note(view: &PanelView, data: LiveData, charts: ChartView) -> String {
    let (shown, all) = (view.lines.len(), view.series);
    if shown >= all {
        return String::new();
    }
    format!(
        "{shown} of {all} series shown, with the highest values. {}",
        all_series_link(data, charts, &view.panel.id)
    )
}

fn values(stats: Option<Vec<PanelStat>>, class: &'static str) -> impl IntoView {
    let data = use_live_data();
    stats
        .unwrap_or_default()
        .into_iter()
        // No value for metrics without series, such as absent hardware.
        .filter(|stat| !stat.series.is_empty())
        .map(|stat| {
            let label = stat.label.clone();
            let text = move || {
                let value = data.read(|store| stat.value(|series| store.reading(series))).flatten();
                text_or_dash(stat.unit, value)
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
