//! Full SVG chart with axes, for documents with their own style sheet.

use crate::layers::Layers;
use crate::{
    Band, Layout, Plot, Scale, VALUE_INTERVALS, heat, svg_paths, svg_thresholds, thin_labels, time_ticks,
    value_ticks,
};
use std::fmt::Write as _;
use watchglass_model::{Style, TimeRange};

/// Size of the view box.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
const FONT_SIZE: f64 = 11.0;
/// Estimated width of a character, an upper bound for most fonts.
const LETTER: f64 = 7.2;
/// Distance of the baseline of a text below its middle.
const BASE: f64 = 4.0;
/// Margin above and below the lines, the same as in [`svg_paths`].
const MARGIN: f64 = 1.0;
/// Time zone of the time axis.
const ZONE: &str = "UTC";

/// Renders the chart as an `svg` element; `None` without values in the window.
///
/// It has a value axis, a time axis in UTC, lines with their areas, bands with their letters, and thresholds. The style sheet
/// sets the colours of the classes `grid`, `label`, `line`, `band`, `level`, `sign` and those of
/// [`SvgPath::class`](crate::SvgPath::class), and of `data-colour` and `data-level`. `accessible_label` is
/// the text for screen readers. It loads nothing and has no ids.
pub fn svg_chart(plot: &Plot<'_>, accessible_label: &str) -> Option<String> {
    let mut layers = Layers::default();
    layers.build(plot, WIDTH as usize);
    let mut axis = match plot.style {
        Style::Heat => {
            // The data may start before the window and end after it.
            layers.as_slice().iter().find(|layer| !layer.points.is_empty())?;
            heat::axis(plot.rows)
        }
        _ => value_ticks(plot.unit, Some(layers.value_range(plot.window)?), plot.ceiling, VALUE_INTERVALS),
    };
    let widest = axis.ticks.iter().map(|tick| text_width(&tick.label)).fold(text_width(ZONE), f64::max);
    let Layout { left, right, top, bottom, .. } = Layout::new(WIDTH, HEIGHT, widest, FONT_SIZE);
    let (width, height) = (right - left, bottom - top);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        accessible_label.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
    );
    let value = axis.scale((bottom - MARGIN, top + MARGIN));
    thin_labels(&mut axis.ticks, &value, FONT_SIZE);
    for tick in &axis.ticks {
        let y = value.map(tick.value);
        rule(&mut svg, "grid", (left, right), y);
        if !tick.label.is_empty() {
            label(&mut svg, (left - 6.0, y + BASE), "end", &tick.label);
        }
    }
    label(&mut svg, (left - 6.0, HEIGHT - 4.0), "end", ZONE);
    let TimeRange { start, end } = plot.window;
    let time = Scale::new((start.millis() as f64, end.millis() as f64), (left, right));
    for tick in time_ticks(plot.window, width, 0, text_width) {
        let (x, half) = (time.map(tick.value), text_width(&tick.label) / 2.0);
        // Skip labels at the ends that would overlap the zone label or the edge.
        if x - half >= left && x + half <= WIDTH {
            label(&mut svg, (x, HEIGHT - 4.0), "middle", &tick.label);
        }
    }
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        "<svg x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" viewBox=\"0 0 {width:.1} {height:.1}\">"
    );
    for band in plot.bands.iter().filter(|band| band.threshold.is_none()) {
        put_band(&mut svg, band, plot.window, (width, height));
    }
    for (band, y) in svg_thresholds(plot, width, height, MARGIN) {
        let level = band.severity;
        let _ = write!(
            svg,
            "<line class=\"level\" data-level=\"{level}\" x2=\"{width:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
        );
    }
    let paths = svg_paths(plot, width, height);
    for path in &paths {
        if let Some(area) = &path.area {
            let (class, colour) = (path.class, path.colour);
            let _ = write!(svg, "<path class=\"{class}\" data-colour=\"{colour}\" d=\"{area}\"/>");
        }
    }
    // The first line last, as on the page, so that lines at zero do not hide it.
    for path in paths.iter().rev().filter(|path| !path.line.is_empty()) {
        let _ = write!(svg, "<path class=\"line\" data-colour=\"{}\" d=\"{}\"/>", path.colour, path.line);
    }
    for band in plot.bands {
        put_letter(&mut svg, band, plot.window, width);
    }
    svg.push_str("</svg></svg>");
    Some(svg)
}

/// A rectangle at least one unit wide.
fn put_band(svg: &mut String, band: &Band, window: TimeRange, (width, height): (f64, f64)) {
    let Some((from, to)) = band.part_of(window) else { return };
    let (x, level) = (from * width, band.severity);
    let wide = ((to - from) * width).max(1.0);
    let _ = write!(
        svg,
        "<rect class=\"band\" data-level=\"{level}\" x=\"{x:.1}\" width=\"{wide:.1}\" height=\"{height:.1}\"/>"
    );
}

/// The letter at the start of a band, kept inside the chart at its edges.
fn put_letter(svg: &mut String, band: &Band, window: TimeRange, width: f64) {
    let Some((from, _)) = band.part_of(window) else { return };
    if let Some(sign) =
        band.letter.filter(|sign| sign.is_alphanumeric() && band.start >= window.start.millis())
    {
        let x = (from * width).clamp(LETTER, (width - LETTER).max(LETTER));
        let _ = write!(svg, "<text class=\"sign\" x=\"{x:.1}\" y=\"{FONT_SIZE}\">{sign}</text>");
    }
}

fn rule(svg: &mut String, class: &str, (left, right): (f64, f64), y: f64) {
    let _ = write!(
        svg,
        "<line class=\"{class}\" x1=\"{left:.1}\" x2=\"{right:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
    );
}

/// Axis labels are numbers, units and times, so they need no escaping.
fn label(svg: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let _ =
        write!(svg, "<text class=\"label\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}

fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Line;
    use proptest::prelude::*;
    use watchglass_model::{Timestamp, Unit};

    fn plot<'a>(lines: &'a [Line<'a>], bands: &'a [Band], style: Style) -> Plot<'a> {
        Plot {
            unit: Unit::Ratio,
            style,
            ceiling: Some(1.0),
            window: TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(60_000) },
            gap_after_millis: 15_000,
            lines,
            previous: &[],
            bands,
            axis_options: crate::AxisOptions::default(),
            rows: &["1 ms", "longer"],
        }
    }

    #[test]
    fn chart_has_axes_lines_thresholds_bands_and_letters() {
        let (times, values) = ([0, 10_000, 20_000], [0.2, 0.4, 0.3]);
        let line = |colour| Line { times: &times, low: &values, high: &values, colour };
        let band = |start, end, value, sign| Band { start, end, severity: 1, threshold: value, letter: sign };
        let bands = [
            band(10_000, Some(20_000), None, None),
            band(30_000, Some(30_000), None, Some('D')),
            band(-5_000, Some(5_000), None, Some('N')),
            band(0, None, Some(0.5), None),
            band(70_000, None, None, Some('R')),
        ];
        let svg =
            svg_chart(&plot(&[line(0), line(3)], &bands, Style::Stacked), "a \"<chart>\" & more").unwrap();
        for (part, count) in [
            ("aria-label=\"a &quot;&lt;chart>&quot; &amp; more\"", 1),
            ("class=\"line\"", 2),
            ("class=\"area\"", 2),
            ("data-colour=\"3\"", 2),
            ("class=\"band\"", 3),
            ("class=\"level\"", 1),
            (">D</text>", 1),
            (">N</text>", 0),
            (">100\u{a0}%</text>", 1),
            (">UTC</text>", 1),
        ] {
            assert_eq!(svg.matches(part).count(), count, "{part}: {svg}");
        }
    }

    #[test]
    fn heat_map_has_row_labels_and_cells() {
        let (times, values) = ([0, 10_000, 20_000], [0.0, 4.0, 0.0]);
        let line = Line { times: &times, low: &values, high: &values, colour: 1 };
        let plot = Plot { rows: &["1 ms", "2 ms", "longer"], ..plot(&[], &[], Style::Heat) };
        let svg = svg_chart(&Plot { lines: &[line], ..plot }, "").unwrap();
        for (part, count) in [
            (">1 ms</text>", 1),
            (">2 ms</text>", 1),
            (">longer</text>", 0),
            ("%</text>", 0),
            ("class=\"area heat-6\"", 1),
            ("class=\"line\"", 0),
        ] {
            assert_eq!(svg.matches(part).count(), count, "{part}: {svg}");
        }
        let times: Vec<i64> = (-1..8).map(|index| index * 10_000).collect();
        let line = Line { times: &times, low: &[1.0; 9], high: &[1.0; 9], colour: 0 };
        assert!(svg_chart(&Plot { lines: &[line], ..plot }, "").is_some(), "the window is within the data");
    }

    #[test]
    fn no_values_give_no_chart() {
        let gap = [f64::NAN];
        let line = Line { times: &[5], low: &gap, high: &gap, colour: 0 };
        assert_eq!(svg_chart(&plot(&[], &[], Style::Line), ""), None);
        assert_eq!(svg_chart(&plot(&[line], &[], Style::Line), ""), None);
        assert_eq!(svg_chart(&plot(&[line], &[], Style::Heat), ""), None);
    }

    proptest! {
        #[test]
        fn size_is_bounded_for_any_data(
            points in proptest::collection::vec((0_i64..60_000, -1e12_f64..1e12), 1..500),
            style in proptest::sample::select(vec![Style::Line, Style::Stacked, Style::Bars, Style::Heat]),
        ) {
            let mut points = points;
            points.sort_by_key(|point| point.0);
            let (times, values): (Vec<i64>, Vec<f64>) = points.into_iter().unzip();
            let line = Line { times: &times, low: &values, high: &values, colour: 0 };
            let svg = svg_chart(&plot(&[line], &[], style), "").unwrap();
            prop_assert!(svg.len() < 100_000 && !svg.contains("NaN") && !svg.contains("inf"), "{}", svg.len());
        }
    }
}
