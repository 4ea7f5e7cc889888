//! SVG paths of charts, embedded in the page so that charts are visible before the wasm runs.

use crate::heat::HEAT_CLASSES;
use crate::layers::Layers;
use crate::path::{self, Frame, Pen};
use crate::{Plot, Scale, axis_options};
use watchglass_model::Style;

/// Shapes of one line, as `d` attributes of SVG paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SvgPath {
    /// Stroke of the line; empty without points in the window, and for bars and heat maps.
    pub line: String,
    /// Filled area, bars or cells; `None` in a line chart.
    pub area: Option<String>,
    /// CSS classes of the fill: `area`, with `bars` or the strength of the cells, `heat-0` to `heat-6`.
    pub class: &'static str,
    /// Index of the colour in the theme.
    pub colour: usize,
    /// Dashed stroke of the line in the previous period; `None` without comparison.
    pub previous: Option<String>,
    /// Filled markers of clipped values; `None` when the axis is not clipped.
    pub clipped: Option<String>,
}

/// Margin above and below, so that half a stroke is not clipped.
const MARGIN: f64 = 1.0;

/// Draws `plot` into a view box of `width` by `height` units: one entry per line, in order; for a heat map one per strength of
/// cells, weakest first.
///
/// The value axis is that of the canvas painter. Coordinates have at most one decimal, and are the same on the server and in
/// wasm. A joined neighbour outside the window is outside the view box.
pub fn svg_paths(plot: &Plot<'_>, width: f64, height: f64) -> Vec<SvgPath> {
    let mut drawn = Layers::default();
    drawn.build(plot, width as usize);
    let mut before = Layers::default();
    before.build_previous(plot, width as usize);
    let axis = axis_options::axis(plot, &[&drawn, &before]);
    let frame = Frame {
        time: Scale::new((plot.window.start.millis() as f64, plot.window.end.millis() as f64), (0.0, width)),
        value: axis.scale((height - MARGIN, MARGIN)),
    };
    let layers = drawn.as_slice();
    let below = std::iter::once(None).chain(layers.iter().map(Some));
    let before = before.as_slice().iter().map(Some).chain(std::iter::repeat(None));
    layers
        .iter()
        .zip(below)
        .zip(before)
        .zip(HEAT_CLASSES.iter().chain(std::iter::repeat(&"area")))
        .map(|(((layer, below), before), class)| {
            let mut line = PathText::default();
            if !matches!(plot.style, Style::Bars | Style::Heat) {
                path::outline(&layer.points, &frame, &mut line);
            }
            let mut area = PathText::default();
            drawn.fill(plot.style, layer, below, &frame, &mut area);
            SvgPath {
                line: line.0,
                area: (plot.style != Style::Line).then_some(area.0),
                class: match plot.style {
                    Style::Heat => class,
                    Style::Bars => "area bars",
                    _ => "area",
                },
                colour: layer.colour,
                clipped: plot.axis_options.is_clipped.then(|| {
                    let mut marks = PathText::default();
                    axis_options::mark_clipped(&layer.points, axis.high, &frame, 0.0, &mut marks);
                    marks.0
                }),
                previous: before.map(|before| {
                    let mut line = PathText::default();
                    path::outline(&before.points, &frame, &mut line);
                    line.0
                }),
            }
        })
        .collect()
}

/// Path data as in [SVG 2, "Path Data"](https://www.w3.org/TR/SVG2/paths.html#PathData).
#[derive(Default)]
pub(crate) struct PathText(String);

impl PathText {
    /// The path as `d` attribute.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    fn command(&mut self, command: char, x: f64, y: f64) {
        self.0.push(command);
        push_tenths(&mut self.0, x);
        self.0.push(' ');
        push_tenths(&mut self.0, y);
    }
}

impl Pen for PathText {
    fn move_to(&mut self, x: f64, y: f64) {
        self.command('M', x, y);
    }

    fn line_to(&mut self, x: f64, y: f64) {
        self.command('L', x, y);
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}

/// Writes `number` rounded to tenths: `12`, `12.5`, `-0.5`. Formatting an integer takes a third of the time of a float, and
/// adds less code to the wasm bundle.
fn push_tenths(text: &mut String, number: f64) {
    let tenths = (number * 10.0).round() as i64;
    if tenths < 0 {
        text.push('-');
    }
    let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    push_integer(text, whole);
    if tenth != 0 {
        text.push('.');
        push_integer(text, tenth);
    }
}

fn push_integer(text: &mut String, number: u64) {
    if number >= 10 {
        push_integer(text, number / 10);
    }
    // The remainder is always a digit.
    text.push(char::from_digit((number % 10) as u32, 10).unwrap_or('0'));
}

#[cfg(test)]
#[path = "svg_tests.rs"]
mod tests;
