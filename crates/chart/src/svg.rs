//! Charts as SVG paths, which the server puts into the page so that it shows a chart before wasm runs.

use crate::heat::CLASSES;
use crate::layers::Layers;
use crate::trace::{self, Frame, Pen};
use crate::{Plot, Scale, look};
use watchglass_model::Style;

/// The shapes of one line, as the `d` attributes of SVG paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SvgPath {
    /// The line, to be stroked; empty when it has no point in the window, and in charts of bars and heat maps.
    pub line: String,
    /// The space below it, to be filled, or bars, or cells; `None` in a chart of lines only.
    pub area: Option<String>,
    /// The classes of what is filled: `area`, and `bars` or how strong the cells are, `heat-0` to `heat-6`.
    pub class: &'static str,
    /// Index of the line's colour in the theme.
    pub colour: usize,
    /// The same line in the stretch before, to be stroked with dashes; `None` where that is not compared.
    pub before: Option<String>,
    /// Marks where it is cut off, to be filled; `None` where it is nowhere.
    pub clipped: Option<String>,
}

/// Space above the greatest and below the least place, so that half a stroke there is not cut off.
const MARGIN: f64 = 1.0;

/// Draws `plot` into a view box of `width` by `height` units: one entry for each line, in their order; for a heat map one for each
/// strength of cells, the weakest first.
///
/// The value axis is the one that the canvas painter uses. Coordinates have at most one decimal, and are the same
/// on the server and in wasm. A joined neighbour outside the window lies outside the view box.
pub fn svg_paths(plot: &Plot<'_>, width: f64, height: f64) -> Vec<SvgPath> {
    let mut drawn = Layers::default();
    drawn.build(plot, width as usize);
    let mut before = Layers::default();
    before.build_before(plot, width as usize);
    let axis = look::axis(plot, &[&drawn, &before]);
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
        .zip(CLASSES.iter().chain(std::iter::repeat(&"area")))
        .map(|(((layer, below), before), class)| {
            let mut line = PathText::default();
            if !matches!(plot.style, Style::Bars | Style::Heat) {
                trace::outline(&layer.points, &frame, &mut line);
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
                clipped: plot.look.is_clipped.then(|| {
                    let mut marks = PathText::default();
                    look::mark_clipped(&layer.points, axis.high, &frame, 0.0, &mut marks);
                    marks.0
                }),
                before: before.map(|before| {
                    let mut line = PathText::default();
                    trace::outline(&before.points, &frame, &mut line);
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
    /// What was drawn, as the `d` attribute of a path.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    fn place(&mut self, command: char, x: f64, y: f64) {
        self.0.push(command);
        push_tenths(&mut self.0, x);
        self.0.push(' ');
        push_tenths(&mut self.0, y);
    }
}

impl Pen for PathText {
    fn move_to(&mut self, x: f64, y: f64) {
        self.place('M', x, y);
    }

    fn line_to(&mut self, x: f64, y: f64) {
        self.place('L', x, y);
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}

/// Writes `number` rounded to tenths: `12`, `12.5`, `-0.5`. Formatting an integer costs a third of formatting a
/// float, and brings less code into the wasm.
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
    // The remainder is a digit, so that the fallback is never taken.
    text.push(char::from_digit((number % 10) as u32, 10).unwrap_or('0'));
}

#[cfg(test)]
#[path = "svg_tests.rs"]
mod tests;
