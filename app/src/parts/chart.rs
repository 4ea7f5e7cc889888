//! The chart that all pages use. The server draws it as SVG; in the browser three canvases take over.

use crate::api::Mark;
use crate::clock::time_of_day;
use crate::live::{Live, use_live};
use crate::view_model::LineView;
use leptos::prelude::*;
use watchglass_chart::{Band, Line, Plot, svg_paths};
use watchglass_model::{Panel, Timestamp};

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
    let drawn = with_plot(live, &panel, &lines.get_untracked(), |plot| {
        (svg_paths(plot, SVG_WIDTH, SVG_HEIGHT), svg_bands(plot))
    });
    let (paths, bands) = drawn.unwrap_or_default();
    let areas = paths.iter().filter_map(|path| {
        let area = path.area.clone()?;
        Some(view! { <path class="area" data-colour=path.colour.to_string() d=area></path> })
    });
    // In the order of the canvas: the first line last, so that those that are zero do not hide it.
    let strokes = paths.iter().rev().map(|path| {
        view! { <path class="line" data-colour=path.colour.to_string() d=path.line.clone()></path> }
    });
    let (areas, strokes) = (areas.collect_view(), strokes.collect_view());
    let pointed_at = move || {
        let offset = live.utc_offset.get().unwrap_or(0);
        live.cursor.get().map(|moment| time_of_day(Timestamp::from_millis(moment), offset))
    };
    let label = format!("Chart: {}", panel.title);
    let frame = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    crate::parts::chart_canvas::mount(live, frame, panel, lines);
    view! {
        <div class="chart" role="img" aria-label=label node_ref=frame>
            <svg viewBox=format!("0 0 {SVG_WIDTH} {SVG_HEIGHT}") preserveAspectRatio="none" aria-hidden="true">
                <g inner_html=bands></g>
                {areas}
                {strokes}
            </svg>
            <span class="moment clock" aria-hidden="true">{pointed_at}</span>
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
        let bands: Vec<Band> = store.marks(&panel.id).map(band).collect();
        let gap = lines.iter().map(|line| store.gap_after(line.series)).max().unwrap_or(i64::MAX);
        draw(&Plot {
            unit: panel.unit,
            style: panel.style,
            ceiling: panel.ceiling,
            window: store.window(),
            gap_after_millis: gap,
            lines: &series,
            bands: &bands,
        })
    })
}

fn band(mark: &Mark) -> Band {
    Band { start: mark.start.millis(), end: mark.end.map(Timestamp::millis), level: mark.severity as usize }
}

/// The bands as rectangles. As HTML they cost the page's program least.
fn svg_bands(plot: &Plot<'_>) -> String {
    let rectangle = |band: &Band| {
        let (from, to) = band.part_of(plot.window)?;
        // Whole parts of a view box this small are fine enough, and a band is never narrower than one.
        let (x, end) = ((from * SVG_WIDTH) as u32, (to * SVG_WIDTH) as u32);
        let (width, level) = ((end - x).max(1), band.level);
        Some(format!(
            "<rect class=\"band\" data-level=\"{level}\" x=\"{x}\" width=\"{width}\" height=\"100%\"></rect>"
        ))
    };
    plot.bands.iter().filter_map(rectangle).collect()
}
