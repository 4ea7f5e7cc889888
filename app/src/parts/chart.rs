//! The chart that all pages use. The server draws it as SVG; in the browser three canvases take over.

use crate::api::Mark;
use crate::clock::time_of_day;
use crate::live::{Live, LiveStore, Track, use_live};
use crate::parts::marks::levels_in_words;
use crate::view_model::LineView;
use leptos::prelude::*;
use watchglass_chart::{Band, Line, Plot};
use watchglass_model::{Panel, Timestamp};

/// The SVG's own coordinates, which are those of `chart_svg.rs`; it is stretched to the panel's width.
pub(super) const VIEW_BOX: &str = "0 0 300 72";

/// A chart of the panel's lines over the page's window.
#[component]
pub(crate) fn Chart(
    /// What it shows, and how.
    panel: Panel,
    /// Its lines.
    lines: Memo<Vec<LineView>>,
) -> impl IntoView {
    let live = use_live();
    // The program has canvases: to make shapes of its own it would be larger, and slower to begin.
    #[cfg(feature = "hydrate")]
    let shapes = "";
    #[cfg(not(feature = "hydrate"))]
    let shapes =
        with_plot(live, &panel, &lines.get_untracked(), super::chart_svg::shapes).unwrap_or_default();
    let signs = crate::parts::signs::signs(live, &panel.id);
    let pointed_at = move || {
        let offset = live.utc_offset.get().unwrap_or(0);
        live.cursor.get().map(|moment| time_of_day(Timestamp::from_millis(moment), offset))
    };
    let label = format!("Chart: {}{}", panel.title, levels_in_words(live, &panel.id));
    let frame = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    crate::parts::chart_canvas::mount(live, frame, panel, lines);
    view! {
        <div class="plot">
        <div class="chart" role="img" aria-label=label tabindex="0" node_ref=frame>
            <svg viewBox=VIEW_BOX preserveAspectRatio="none" aria-hidden="true" inner_html=shapes></svg>
            <svg class="signs" aria-hidden="true" inner_html=signs></svg>
            <span class="moment clock" aria-hidden="true">{pointed_at}</span>
        </div>
        <div class="tip" role="status"></div>
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
    live.store.try_with_value(|store| plot_of(store, panel, lines, draw))
}

/// Hands over the plot of these lines as `store` has it.
pub(crate) fn plot_of<T>(
    store: &LiveStore,
    panel: &Panel,
    lines: &[LineView],
    draw: impl FnOnce(&Plot<'_>) -> T,
) -> T {
    let rows = rows(lines);
    let shown = || lines.iter().filter(|line| !store.is_hidden(line.key));
    let end = store.window().end.millis();
    let series: Vec<Line<'_>> =
        shown().filter_map(|line| drawn(line, &rows, store.track(line.series), end)).collect();
    let has_before =
        lines.iter().any(|line| store.before(line.series).is_some_and(|track| !track.times.is_empty()));
    let before: Vec<Line<'_>> = if has_before {
        shown().filter_map(|line| drawn(line, &rows, store.before(line.series), end)).collect()
    } else {
        Vec::new()
    };
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
        before: &before,
        look: store.asked().look(&panel.id),
        rows: &rows,
    })
}

/// What the rows of a heat map are called, the lowest first; those of lines that are hidden stay, and are empty.
fn rows(lines: &[LineView]) -> Vec<&str> {
    let mut rows: Vec<&str> = Vec::new();
    for line in lines {
        if !line.row.is_empty() && !rows.contains(&line.row.as_str()) {
            rows.push(&line.row);
        }
    }
    rows
}

/// What is drawn of a track. What came after the `end` of a picture that stands still does not touch its edge.
fn drawn<'a>(line: &LineView, rows: &[&str], track: Option<&'a Track>, end: i64) -> Option<Line<'a>> {
    let Track { times, low, high } = track?;
    let count = times.partition_point(|&time| time <= end);
    let first = |values: &'a [f64]| values.get(..count).unwrap_or(values);
    let colour = rows.iter().position(|row| *row == line.row).unwrap_or(line.colour);
    Some(Line { times: times.get(..count)?, low: first(low), high: first(high), colour })
}

fn band(mark: &Mark) -> Band {
    let (start, end) = (mark.start.millis(), mark.end.map(Timestamp::millis));
    Band { start, end, level: mark.severity as usize, value: mark.value, sign: mark.sign.chars().next() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::SeriesId;

    fn line(colour: usize, row: &str) -> LineView {
        LineView { series: SeriesId(0), label: String::new(), colour, key: 0, row: row.to_owned() }
    }

    #[test]
    fn a_line_of_a_heat_map_is_drawn_in_the_row_that_has_its_name() {
        let lines = ["1 ms", "2 ms", "1 ms", "longer"].map(|row| line(0, row));
        let rows = rows(&lines);
        assert_eq!(rows, ["1 ms", "2 ms", "longer"]);
        let found =
            lines.each_ref().map(|line| drawn(line, &rows, Some(&Track::default()), 0).unwrap().colour);
        assert_eq!(found, [0, 1, 0, 2]);
        assert!(super::rows(&[line(5, "")]).is_empty(), "other charts have none");
    }

    #[test]
    fn style_sheets_have_the_opacities_of_the_canvas() {
        let sheets = [include_str!("../../../style/panels.css"), include_str!("../offline/style.css")];
        for (sheet, head) in sheets.into_iter().zip([".chart ", "\n"]) {
            for (level, alpha) in watchglass_chart::HEAT.iter().enumerate() {
                let rule = format!("{head}.heat-{level} {{ opacity: {alpha}; }}");
                let short = rule.replace("0.", ".");
                assert!(sheet.contains(&rule) || sheet.contains(&short), "{rule}");
            }
        }
    }

    #[test]
    fn a_picture_that_stands_still_gains_nothing_when_it_is_drawn_again() {
        let line = line(3, "");
        let mut track = Track::default();
        for second in 1..=4 {
            track.add(second * 1000, second as f64);
        }
        for (end, expected) in [(4000, 4), (3999, 3), (2000, 2), (0, 0)] {
            let Line { times, low, high, colour } = drawn(&line, &[], Some(&track), end).unwrap();
            assert_eq!(
                (times.len(), low.len(), high.len(), colour),
                (expected, expected, expected, 3),
                "{end}"
            );
        }
        assert!(drawn(&line, &[], None, 0).is_none());
    }
}
