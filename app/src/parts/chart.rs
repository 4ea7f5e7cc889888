//! The chart that all pages use. The server draws it as SVG; in the browser three canvases take over.

use crate::live::{Live, use_live};
use crate::view_model::LineView;
use leptos::prelude::*;
use watchglass_chart::{Line, Plot, svg_paths};
use watchglass_model::Panel;

/// The SVG's own coordinates; it is stretched to the panel's width.
const SVG_WIDTH: f64 = 300.0;
const SVG_HEIGHT: f64 = 72.0;

/// A chart of the panel's lines over the page's window.
#[component]
pub(crate) fn Chart(
    /// What it shows, and how.
    panel: Panel,
    /// Its lines.
    lines: Memo<Vec<LineView>>,
) -> impl IntoView {
    let live = use_live();
    let paths =
        with_plot(live, &panel, &lines.get_untracked(), |plot| svg_paths(plot, SVG_WIDTH, SVG_HEIGHT));
    let shapes = paths
        .unwrap_or_default()
        .into_iter()
        .map(|path| {
            view! {
                <g data-colour=path.colour.to_string()>
                    {path.area.map(|area| view! { <path class="area" d=area></path> })}
                    <path class="line" d=path.line></path>
                </g>
            }
        })
        .collect_view();
    let label = format!("Chart: {}", panel.title);
    let frame = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    crate::parts::chart_canvas::mount(live, frame, panel, lines);
    view! {
        <div class="chart" role="img" aria-label=label node_ref=frame>
            <svg viewBox=format!("0 0 {SVG_WIDTH} {SVG_HEIGHT}") preserveAspectRatio="none" aria-hidden="true">
                {shapes}
            </svg>
        </div>
    }
}

/// Hands over the plot of these lines as the store has it now. `None` when the page is going away.
pub(crate) fn with_plot<T>(
    live: Live,
    panel: &Panel,
    lines: &[LineView],
    draw: impl FnOnce(&Plot<'_>) -> T,
) -> Option<T> {
    live.store.try_with_value(|store| {
        let series: Vec<Line<'_>> = lines
            .iter()
            .filter_map(|line| {
                let track = store.track(line.series)?;
                Some(Line { times: &track.times, low: &track.low, high: &track.high, colour: line.colour })
            })
            .collect();
        let gap = lines.iter().map(|line| store.gap_after(line.series)).max().unwrap_or(i64::MAX);
        draw(&Plot {
            unit: panel.unit,
            style: panel.style,
            ceiling: panel.ceiling,
            window: store.window(),
            gap_after_millis: gap,
            lines: &series,
        })
    })
}
