//! A chart as an SVG document that stands alone: for mails and chats, which have no style sheets of this program's.

use crate::layers::Layers;
use crate::svg::PathText;
use crate::trace::{self, Frame};
use crate::{Layout, Line, Look, Plot, Scale, VALUE_INTERVALS, summary, time_ticks, value_ticks};
use std::fmt::Write as _;
use watchglass_model::{Style, TimeRange, Unit};

/// One series over a stretch of time.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// What it shows, in a few words. Of more than 56 characters, the first are shown.
    pub title: &'a str,
    /// The unit of all values.
    pub unit: Unit,
    /// The stretch of time, both its ends included.
    pub window: TimeRange,
    /// Neighbouring points further apart than this many milliseconds are not joined.
    pub gap_after_millis: i64,
    /// The series; its colour is not looked at.
    pub line: Line<'a>,
    /// The level beyond which it is bad, in `unit`.
    pub threshold: Option<f64>,
}

/// Width and height of every picture, in CSS pixels.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 190.0;
/// Room for the title above the chart.
const TITLE: f64 = 22.0;
/// Room between the lowest label of values and those of time.
const APART: f64 = 6.0;
const FONT_SIZE: f64 = 11.0;
/// Width of a letter: fonts differ, and this is more than most of them take.
const LETTER: f64 = 7.2;
const MOST_TITLE: usize = 56;
/// What times are in.
const ZONE: &str = "UTC";
/// How far a text's base line is below its middle.
const BASE: f64 = 4.0;

// Dark on white, whatever is around it: a mail cannot know whether its reader's program is dark. The colours are those of
// the pages in the light (`style/tokens.css`).
const GROUND: &str = "#ffffff";
const TEXT: &str = "#17202a";
const MUTED: &str = "#566372";
const GRID: &str = "#e4e9ef";
const SERIES: &str = "#0072b2";
const THRESHOLD: &str = "#c4480c";

/// The picture as an SVG document, less than 64 KiB; `None` when there is no value in the window.
///
/// It has a size, an axis of values that holds zero, the data and the threshold, an axis of time in UTC, and a sentence for
/// those who do not see it. Nothing in it is fetched, and it has no scripts, styles or ids.
pub fn picture(picture: &Picture<'_>) -> Option<String> {
    let Picture { unit, window, .. } = *picture;
    let threshold = picture.threshold.filter(|threshold| threshold.is_finite());
    let mut title: String = picture.title.chars().take(MOST_TITLE).collect();
    if title.len() < picture.title.len() {
        title.push('…');
    }
    let mut layers = Layers::default();
    let plot = Plot {
        unit,
        style: Style::Line,
        ceiling: None,
        window,
        gap_after_millis: picture.gap_after_millis,
        lines: &[picture.line],
        bands: &[],
        before: &[],
        look: Look::default(),
        rows: &[],
    };
    // A column of two pixels is fine enough, and bounds what can become of any data.
    layers.build(&plot, (WIDTH / 2.0) as usize);
    let (low, high) = layers.value_range(window)?;
    let with = |level: f64| (low.min(level), high.max(level));
    let axis = value_ticks(unit, Some(threshold.map_or((low, high), with)), None, VALUE_INTERVALS);

    let widest = axis.ticks.iter().map(|tick| text_width(&tick.label)).fold(text_width(ZONE), f64::max);
    let layout = Layout::new(WIDTH, HEIGHT - TITLE - APART, widest, FONT_SIZE);
    let (left, right, top, bottom) = (layout.left, layout.right, layout.top + TITLE, layout.bottom + TITLE);
    let value = axis.scale((bottom, top));
    let mut svg = Svg::default();
    let spoken = summary(&title, unit, &picture.line, window, picture.gap_after_millis);
    svg.open(&match threshold {
        Some(threshold) => format!("{spoken}; threshold {}", unit.text(threshold)),
        None => spoken,
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
        // The labels at the ends keep clear of what is beside them.
        if x - text_width(&tick.label) / 2.0 >= left && x + text_width(&tick.label) / 2.0 <= WIDTH {
            svg.text((x, HEIGHT - 5.0), "middle", &muted, &tick.label);
        }
    }
    for layer in layers.as_slice() {
        let mut path = PathText::default();
        trace::outline(&layer.points, &Frame { time, value }, &mut path);
        svg.line((left, top - 1.0, right - left, bottom - top + 2.0), &path.into_text());
    }
    if let Some(threshold) = threshold {
        let y = value.map(threshold);
        svg.rule((left, right), y, THRESHOLD, " stroke-dasharray=\"5 3\" stroke-width=\"1.5\"");
        // Above its line, unless the title is there; where the series is oldest.
        let base = if y - top < FONT_SIZE + BASE { y + FONT_SIZE + 2.0 } else { y - BASE };
        let words = format!("threshold {}", unit.text(threshold));
        // With a halo, so that it can be read where the series crosses it.
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

/// Writes the elements. Writing to a text never fails.
#[derive(Default)]
struct Svg(String);

impl Svg {
    fn open(&mut self, spoken: &str) {
        let _ = write!(
            self.0,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             role=\"img\" aria-label=\"{}\" font-family=\"system-ui, Roboto, Arial, sans-serif\" font-size=\"{FONT_SIZE}\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{GROUND}\"/>\n",
            escape(spoken)
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

    /// A path in the picture's places, of which nothing is seen outside the rectangle.
    fn line(&mut self, (x, y, width, height): (f64, f64, f64, f64), path: &str) {
        let _ = writeln!(
            self.0,
            "<svg x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             viewBox=\"{x:.1} {y:.1} {width:.1} {height:.1}\"><path d=\"{path}\" fill=\"none\" stroke=\"{SERIES}\" \
             stroke-width=\"1.5\" stroke-linejoin=\"round\"/></svg>"
        );
    }
}

/// A text that stays one in XML, also within an attribute. What XML cannot have at all becomes a space.
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
