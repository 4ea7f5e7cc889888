//! Chart component of all pages. The server renders SVG; in the browser, three canvases replace it.

use crate::api::ChartBand;
use crate::chart::events::threshold_text;
use crate::clock::time_of_day;
use crate::live::{
    ChartParams, ChartView, LiveData, LiveStore, SeriesBuffer, use_chart_view, use_live_data, use_preferences,
};
use crate::view_model::LineView;
use leptos::prelude::*;
use watchglass_chart::{Band, Line, Plot};
use watchglass_model::{Panel, Timestamp};

/// View box of the SVG, the same as in `svg.rs`; it is stretched to the width of the panel.
pub(super) const VIEW_BOX: &str = "0 0 300 72";

/// Chart of the lines of a panel over the time window of the page.
#[component]
pub(crate) fn Chart(panel: Panel, lines: Memo<Vec<LineView>>) -> impl IntoView {
    let (data, view, preferences) = (use_live_data(), use_chart_view(), use_preferences());
    // The wasm client draws on canvases; SVG shapes would make it larger and slower to start.
    #[cfg(feature = "hydrate")]
    let shapes = "";
    #[cfg(not(feature = "hydrate"))]
    let shapes =
        with_plot(data, view, &panel, &lines.get_untracked(), super::svg::shapes).unwrap_or_default();
    let labels = crate::chart::annotation_labels::annotation_labels(data, &panel.id);
    let cursor_time = move || {
        let offset = preferences.utc_offset.get().unwrap_or(0);
        view.cursor.get().map(|time| time_of_day(Timestamp::from_millis(time), offset))
    };
    let label = format!("Chart: {}{}", panel.title, threshold_text(data, &panel.id));
    let frame = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    crate::chart::canvas::mount(frame, panel, lines);
    view! {
        <div class="plot">
        <div class="chart" role="img" aria-label=label tabindex="0" node_ref=frame>
            <svg viewBox=VIEW_BOX preserveAspectRatio="none" aria-hidden="true" inner_html=shapes></svg>
            <svg class="signs" aria-hidden="true" inner_html=labels></svg>
            <span class="moment clock" aria-hidden="true">{cursor_time}</span>
        </div>
        <div class="tip" role="status"></div>
        </div>
    }
}

/// Calls `draw` with the current plot of these lines. `None` when the page is being dropped.
pub(crate) fn with_plot<T>(
    data: LiveData,
    view: ChartView,
    panel: &Panel,
    lines: &[LineView],
    draw: impl FnOnce(&Plot<'_>) -> T,
) -> Option<T> {
    view.params
        .try_with_untracked(|params| {
            data.store.try_with_value(|store| plot_of(store, params, panel, lines, draw))
        })
        .flatten()
}

/// Calls `draw` with the plot of these lines in `store`.
pub(crate) fn plot_of<T>(
    store: &LiveStore,
    params: &ChartParams,
    panel: &Panel,
    lines: &[LineView],
    draw: impl FnOnce(&Plot<'_>) -> T,
) -> T {
    let rows = rows(lines);
    let shown = || lines.iter().filter(|line| !params.is_hidden(line.key));
    let end = store.window().end.millis();
    let series: Vec<Line<'_>> =
        shown().filter_map(|line| visible_line(line, &rows, store.buffer(line.series), end)).collect();
    let has_before =
        lines.iter().any(|line| store.previous(line.series).is_some_and(|track| !track.times.is_empty()));
    let before: Vec<Line<'_>> = if has_before {
        shown().filter_map(|line| visible_line(line, &rows, store.previous(line.series), end)).collect()
    } else {
        Vec::new()
    };
    let bands: Vec<Band> = store.bands(&panel.id).map(band).collect();
    let gap = lines.iter().map(|line| store.gap_after(line.series)).max().unwrap_or(i64::MAX);
    draw(&Plot {
        unit: panel.unit,
        style: panel.style,
        ceiling: panel.ceiling,
        window: store.window(),
        gap_after_millis: gap,
        lines: &series,
        bands: &bands,
        previous: &before,
        axis_options: params.axis_options(&panel.id),
        rows: &rows,
    })
}

/// Row labels of a heat map, lowest first. Rows of hidden lines stay, and are empty.
fn rows(lines: &[LineView]) -> Vec<&str> {
    let mut rows: Vec<&str> = Vec::new();
    for line in lines {
        if !line.row.is_empty() && !rows.contains(&line.row.as_str()) {
            rows.push(&line.row);
        }
    }
    rows
}

/// The visible line of a series. Rows after the `end` of a frozen chart are left out.
fn visible_line<'a>(
    line: &LineView,
    rows: &[&str],
    track: Option<&'a SeriesBuffer>,
    end: i64,
) -> Option<Line<'a>> {
    let SeriesBuffer { times, low, high } = track?;
    let count = times.partition_point(|&time| time <= end);
    let first = |values: &'a [f64]| values.get(..count).unwrap_or(values);
    let colour = rows.iter().position(|row| *row == line.row).unwrap_or(line.colour);
    Some(Line { times: times.get(..count)?, low: first(low), high: first(high), colour })
}

fn band(mark: &ChartBand) -> Band {
    let (start, end) = (mark.start.millis(), mark.end.map(Timestamp::millis));
    Band {
        start,
        end,
        severity: mark.severity as usize,
        threshold: mark.threshold,
        letter: mark.annotation.chars().next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::SeriesId;

    fn line(colour: usize, row: &str) -> LineView {
        LineView { series: SeriesId(0), label: String::new(), colour, key: 0, row: row.to_owned() }
    }

    #[test]
    fn heat_map_line_is_drawn_in_its_row() {
        let lines = ["1 ms", "2 ms", "1 ms", "longer"].map(|row| line(0, row));
        let rows = rows(&lines);
        assert_eq!(rows, ["1 ms", "2 ms", "longer"]);
        let found = lines
            .each_ref()
            .map(|line| visible_line(line, &rows, Some(&SeriesBuffer::default()), 0).unwrap().colour);
        assert_eq!(found, [0, 1, 0, 2]);
        assert!(super::rows(&[line(5, "")]).is_empty(), "other charts have no rows");
    }

    #[test]
    fn stylesheets_match_the_canvas_opacities() {
        let stylesheets = [include_str!("../../../style/panels.css"), include_str!("../snapshot/style.css")];
        for (stylesheet, head) in stylesheets.into_iter().zip([".chart ", "\n"]) {
            for (level, alpha) in watchglass_chart::HEAT_OPACITY.iter().enumerate() {
                let rule = format!("{head}.heat-{level} {{ opacity: {alpha}; }}");
                let short = rule.replace("0.", ".");
                assert!(stylesheet.contains(&rule) || stylesheet.contains(&short), "{rule}");
            }
        }
    }

    #[test]
    fn frozen_chart_does_not_change() {
        let line = line(3, "");
        let mut track = SeriesBuffer::default();
        for second in 1..=4 {
            track.add(second * 1000, second as f64);
        }
        for (end, expected) in [(4000, 4), (3999, 3), (2000, 2), (0, 0)] {
            let Line { times, low, high, colour } = visible_line(&line, &[], Some(&track), end).unwrap();
            assert_eq!(
                (times.len(), low.len(), high.len(), colour),
                (expected, expected, expected, 3),
                "{end}"
            );
        }
        assert!(visible_line(&line, &[], None, 0).is_none());
    }
}
