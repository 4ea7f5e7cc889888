//! Standalone SVG chart for emails and chat messages, without a style sheet.

use crate::layers::Layers;
use crate::path::{self, Frame};
use crate::svg::PathText;
use crate::{AxisOptions, Layout, Line, Plot, Scale, VALUE_INTERVALS, summary, time_ticks, value_ticks};
use std::fmt::Write as _;
use watchglass_model::{Style, TimeRange, Unit};

/// One series over a time range.
#[derive(Clone, Copy, Debug)]
pub struct StandaloneChart<'a> {
    /// Title; truncated to 56 characters.
    pub title: &'a str,
    /// Unit of all values.
    pub unit: Unit,
    /// Time range, including both ends.
    pub window: TimeRange,
    /// Neighbouring points further apart than this many milliseconds are not joined.
    pub gap_after_millis: i64,
    /// The series; its colour is ignored.
    pub line: Line<'a>,
    /// Threshold of the alert rule, in `unit`.
    pub threshold: Option<f64>,
}

/// Size of the chart, in CSS pixels.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 190.0;
/// Height of the title above the chart.
const TITLE: f64 = 22.0;
/// Distance between the lowest value label and the time labels.
const LABEL_GAP: f64 = 6.0;
const FONT_SIZE: f64 = 11.0;
/// Estimated width of a character, an upper bound for most fonts.
const LETTER: f64 = 7.2;
const MAX_TITLE_CHARS: usize = 56;
/// Time zone of the time axis.
const ZONE: &str = "UTC";
/// Distance of the baseline of a text below its middle.
const BASE: f64 = 4.0;

// Always dark on white: an email cannot detect the theme of the mail client. The colours are those of the light theme
// (`style/tokens.css`).
const GROUND: &str = "#ffffff";
const TEXT: &str = "#17202a";
const MUTED: &str = "#566372";
const GRID: &str = "#e4e9ef";
const SERIES: &str = "#0072b2";
const THRESHOLD: &str = "#c4480c";

/// Renders the chart as an SVG document of less than 64 KiB; `None` without values in the window.
///
/// It has a fixed size, a value axis that covers zero, the data and the threshold, a time axis in UTC, and a text summary for
/// screen readers. It loads nothing, and has no scripts, styles or ids.
pub fn standalone_svg(chart: &StandaloneChart<'_>) -> Option<String> {
    let StandaloneChart { unit, window, .. } = *chart;
    let threshold = chart.threshold.filter(|threshold| threshold.is_finite());
    let mut title: String = chart.title.chars().take(MAX_TITLE_CHARS).collect();
    if title.len() < chart.title.len() {
        title.push('…');
    }
    let mut layers = Layers::default();
    let plot = Plot {
        unit,
        style: Style::Line,
        ceiling: None,
        window,
        gap_after_millis: chart.gap_after_millis,
        lines: &[chart.line],
        bands: &[],
        previous: &[],
        axis_options: AxisOptions::default(),
        rows: &[],
    };
    // Columns of two pixels are fine enough, and limit the size of the document for any data.
    layers.build(&plot, (WIDTH / 2.0) as usize);
    let (low, high) = layers.value_range(window)?;
    let with = |level: f64| (low.min(level), high.max(level));
    let axis = value_ticks(unit, Some(threshold.map_or((low, high), with)), None, VALUE_INTERVALS);

    let widest = axis.ticks.iter().map(|tick| text_width(&tick.label)).fold(text_width(ZONE), f64::max);
    let layout = Layout::new(WIDTH, HEIGHT - TITLE - LABEL_GAP, widest, FONT_SIZE);
    let (left, right, top, bottom) = (layout.left, layout.right, layout.top + TITLE, layout.bottom + TITLE);
    let value = axis.scale((bottom, top));
    let mut svg = Svg::default();
    let summary = summary(&title, unit, &chart.line, window, chart.gap_after_millis);
    svg.open(&match threshold {
        Some(threshold) => format!("{summary}; threshold {}", unit.format(threshold)),
        None => summary,
    });
    svg.text((left, 15.0), "start", &format!("fill=\"{TEXT}\" font-weight=\"600\""), &title);

    let muted = format!("fill=\"{MUTED}\"");
    for tick in &axis.ticks {
        let y = value.map(tick.value);
        svg.rule((left, right), y, GRID, "");
        svg.text((left - 6.0, y + BASE), "end", &muted, &tick.label);
    }
    let time = Scale::new((window.start.millis() as f64, window.end.millis() as f64), (left, right));
    svg.text((left - 6.0, HEIGHT - 5.0), "end", &muted, ZONE);
    for tick in time_ticks(window, right - left, 0, text_width) {
        let x = time.map(tick.value);
        // Skip labels at the ends that would overlap the zone label or the edge.
        if x - text_width(&tick.label) / 2.0 >= left && x + text_width(&tick.label) / 2.0 <= WIDTH {
            svg.text((x, HEIGHT - 5.0), "middle", &muted, &tick.label);
        }
    }
    for layer in layers.as_slice() {
        let mut path = PathText::default();
        path::outline(&layer.points, &Frame { time, value }, &mut path);
        svg.line((left, top - 1.0, right - left, bottom - top + 2.0), &path.into_text());
    }
    if let Some(threshold) = threshold {
        let y = value.map(threshold);
        svg.rule((left, right), y, THRESHOLD, " stroke-dasharray=\"5 3\" stroke-width=\"1.5\"");
        // Above the line, or below it when the title is in the way; at the left end.
        let base = if y - top < FONT_SIZE + BASE { y + FONT_SIZE + 2.0 } else { y - BASE };
        let words = format!("threshold {}", unit.format(threshold));
        // With an outline, so that it is readable where the series crosses it.
        let look = format!(
            "fill=\"{THRESHOLD}\" font-weight=\"600\" stroke=\"{GROUND}\" stroke-width=\"3\" \
             stroke-linejoin=\"round\" paint-order=\"stroke\""
        );
        svg.text((left + 4.0, base), "start", &look, &words);
    }
    Some(svg.close())
}

fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// Writer of SVG elements. Writing to a string cannot fail.
#[derive(Default)]
struct Svg(String);

impl Svg {
    fn open(&mut self, summary: &str) {
        let _ = write!(
            self.0,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             role=\"img\" aria-label=\"{}\" font-family=\"system-ui, Roboto, Arial, sans-serif\" font-size=\"{FONT_SIZE}\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{GROUND}\"/>\n",
            escape(summary)
        );
    }

    fn close(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: &str, look: &str, text: &str) {
        let _ = writeln!(
            self.0,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {look}>{}</text>",
            escape(text)
        );
    }

    fn rule(&mut self, (left, right): (f64, f64), y: f64, colour: &str, more: &str) {
        let _ = writeln!(
            self.0,
            "<line x1=\"{left:.1}\" x2=\"{right:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\"{more}/>"
        );
    }

    /// A path in the coordinates of the chart, clipped to the rectangle.
    fn line(&mut self, (x, y, width, height): (f64, f64, f64, f64), path: &str) {
        let _ = writeln!(
            self.0,
            "<svg x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             viewBox=\"{x:.1} {y:.1} {width:.1} {height:.1}\"><path d=\"{path}\" fill=\"none\" stroke=\"{SERIES}\" \
             stroke-width=\"1.5\" stroke-linejoin=\"round\"/></svg>"
        );
    }
}

/// Escapes text for XML, including attributes. Characters that are invalid in XML become spaces.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            other if other.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
