//! Charts as SVG paths, which the server puts into the page so that it shows a chart before wasm runs.

use crate::layers::Layers;
use crate::trace::{self, Frame, Pen};
use crate::{Plot, Scale, look};
use watchglass_model::Style;

/// The shapes of one line, as the `d` attributes of SVG paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SvgPath {
    /// The line, to be stroked; empty when it has no point in the window.
    pub line: String,
    /// The space below it, to be filled; `None` in a chart of lines only.
    pub area: Option<String>,
    /// Index of the line's colour in the theme.
    pub colour: usize,
    /// The same line in the stretch before, to be stroked with dashes; `None` where that is not compared.
    pub before: Option<String>,
    /// Marks where it is cut off, to be filled; `None` where it is nowhere.
    pub clipped: Option<String>,
}

/// Space above the greatest and below the least place, so that half a stroke there is not cut off.
const MARGIN: f64 = 1.0;

/// Draws `plot` into a view box of `width` by `height` units: one entry for each line, in their order.
///
/// The value axis is the one that the canvas painter uses. Coordinates have at most one decimal, and are the same
/// on the server and in wasm. A joined neighbour outside the window lies outside the view box.
pub fn svg_paths(plot: &Plot<'_>, width: f64, height: f64) -> Vec<SvgPath> {
    let mut layers = Layers::default();
    layers.build(plot, width as usize);
    let mut before = Layers::default();
    before.build_before(plot, width as usize);
    let axis = look::axis(plot, &[&layers, &before]);
    let frame = Frame {
        time: Scale::new((plot.window.start.millis() as f64, plot.window.end.millis() as f64), (0.0, width)),
        value: axis.scale((height - MARGIN, MARGIN)),
    };
    let layers = layers.as_slice();
    let below = std::iter::once(None).chain(layers.iter().map(Some));
    let before = before.as_slice().iter().map(Some).chain(std::iter::repeat(None));
    layers
        .iter()
        .zip(below)
        .zip(before)
        .map(|((layer, below), before)| {
            let mut line = PathText::default();
            trace::outline(&layer.points, &frame, &mut line);
            let mut area = PathText::default();
            match (plot.style, below) {
                (Style::Line, _) => {}
                (Style::Stacked, Some(below)) => {
                    trace::area_between(&layer.points, &below.points, &frame, &mut area);
                }
                (Style::Area | Style::Stacked, _) => trace::area_to_zero(&layer.points, &frame, &mut area),
            }
            SvgPath {
                line: line.0,
                area: (plot.style != Style::Line).then_some(area.0),
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
mod tests {
    use super::*;
    use crate::{Line, Look};
    use proptest::prelude::*;
    use watchglass_model::{TimeRange, Timestamp, Unit};

    const GAP: f64 = f64::NAN;

    fn draw(style: Style, times: &[i64], columns: &[&[f64]]) -> Vec<SvgPath> {
        let lines: Vec<Line<'_>> = columns
            .iter()
            .enumerate()
            .map(|(colour, values)| Line { times, low: values, high: values, colour })
            .collect();
        let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(30) };
        let plot = Plot {
            unit: Unit::Ratio,
            style,
            ceiling: Some(1.0),
            window,
            gap_after_millis: 15,
            lines: &lines,
            bands: &[],
            before: &[],
            look: Look::default(),
        };
        svg_paths(&plot, 30.0, 12.0)
    }

    #[test]
    fn lines() {
        let cases: &[(&[i64], &[f64], &str)] = &[
            (&[], &[], ""),
            (&[0, 10, 20, 30], &[0.0, 1.0, 0.5, 0.25], "M0 11L10 1L20 6L30 8.5"),
            // A gap stays a gap, and a lone point is a dash.
            (&[0, 10, 20, 30], &[0.0, 1.0, GAP, 0.5], "M0 11L10 1M29 6L31 6"),
            (&[0, 10, 28, 30], &[0.0, 1.0, 0.5, 0.5], "M0 11L10 1M28 6L30 6"),
            (&[-5, 5, 35], &[1.0, 1.0, 0.0], "M-5 1L5 1"),
            // What exceeds the ceiling leaves the view box, but stays within reason.
            (&[0, 10], &[0.0, 3.0], "M0 11L10 -19"),
            (&[0, 10], &[0.0, 1e300], "M0 11L10 -1000000"),
        ];
        for (times, values, expected) in cases {
            let paths = draw(Style::Line, times, &[values]);
            assert_eq!(
                paths,
                [SvgPath {
                    line: (*expected).to_owned(),
                    area: None,
                    colour: 0,
                    before: None,
                    clipped: None
                }],
                "{values:?}"
            );
        }
    }

    #[test]
    fn the_stretch_before_is_a_line_of_its_own_on_the_same_axis() {
        let line = |high| Line { times: &[0, 10], low: high, high, colour: 0 };
        let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
        let plot = Plot {
            unit: Unit::Count,
            style: Style::Area,
            ceiling: None,
            window,
            gap_after_millis: 15,
            lines: &[line(&[0.0, 1.0])],
            bands: &[],
            before: &[line(&[4.0, 2.0])],
            look: Look::default(),
        };
        let paths = svg_paths(&plot, 10.0, 12.0);
        assert_eq!((paths[0].line.as_str(), paths[0].before.as_deref()), ("M0 11L10 8.5", Some("M0 1L10 6")));
    }

    #[test]
    fn a_reader_may_have_factors_as_heights_and_what_is_rare_cut_off() {
        let values: Vec<f64> = (0..300).map(|at| if at == 150 { 1000.0 } else { 10.0 }).collect();
        let times: Vec<i64> = (0..300).collect();
        let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(300) };
        let draw = |look| {
            let line = Line { times: &times, low: &values, high: &values, colour: 0 };
            let plot = Plot {
                unit: Unit::Count,
                style: Style::Area,
                ceiling: None,
                window,
                gap_after_millis: 15,
                lines: &[line],
                bands: &[],
                before: &[],
                look,
            };
            svg_paths(&plot, 300.0, 12.0).remove(0)
        };
        let even = draw(Look::default());
        assert!(even.clipped.is_none() && even.line.starts_with("M0 10.9L"), "{even:?}");
        // Three powers of ten: 10 is at the bottom, and what is zero too.
        let log = draw(Look { is_log: true, is_clipped: false });
        assert!(log.line.starts_with("M0 11L") && log.line.contains("L150 1L"), "{log:?}");
        assert!(log.area.unwrap().starts_with("M0 11L0 11L"));
        let clipped = draw(Look { is_log: false, is_clipped: true });
        assert_eq!(clipped.clipped.as_deref(), Some("M146 6L150 0L154 6Z"));
        assert!(clipped.line.starts_with("M0 1L"), "{clipped:?}");
    }

    #[test]
    fn areas_reach_down_to_zero() {
        let paths = draw(Style::Area, &[0, 10, 20, 30], &[&[0.5, 1.0, GAP, 0.5]]);
        assert_eq!(paths[0].line, "M0 6L10 1M29 6L31 6");
        assert_eq!(paths[0].area.as_deref(), Some("M0 11L0 6L10 1L10 11Z"));
    }

    #[test]
    fn stacked_areas_reach_down_to_the_line_below() {
        let paths = draw(
            Style::Stacked,
            &[0, 10, 20, 30],
            &[&[0.1, 0.2, GAP, 0.1], &[0.5, GAP, GAP, 0.5], &[0.2, 0.2, GAP, 0.2]],
        );
        let areas: Vec<_> = paths.iter().map(|path| path.area.as_deref().unwrap_or_default()).collect();
        assert_eq!(areas, ["M0 11L0 10L10 9L10 11Z", "M0 5L10 9L10 9L0 10Z", "M0 3L10 7L10 9L0 5Z"]);
        assert_eq!(paths[2].line, "M0 3L10 7M29 3L31 3");
        assert_eq!(paths.iter().map(|path| path.colour).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn odd_sizes_and_windows_are_safe() {
        let window = TimeRange { start: Timestamp::from_millis(7), end: Timestamp::from_millis(7) };
        let line = Line { times: &[6, 7, 8], low: &[1.0; 3], high: &[1.0; 3], colour: 0 };
        let plot = Plot {
            unit: Unit::Bytes,
            style: Style::Area,
            ceiling: None,
            window,
            gap_after_millis: 5,
            lines: &[line],
            bands: &[],
            before: &[],
            look: Look::default(),
        };
        for (width, height) in [(0.0, 0.0), (-3.0, 5.0), (f64::NAN, f64::NAN), (f64::INFINITY, 1e9)] {
            assert_eq!(svg_paths(&plot, width, height).len(), 1, "{width} by {height}");
        }
    }

    proptest! {
        #[test]
        fn numbers_have_one_decimal_at_most(number in -1e6_f64..1e6) {
            let mut text = String::new();
            push_tenths(&mut text, number);
            let back: f64 = text.parse().unwrap();
            prop_assert!((back - number).abs() <= 0.0500001);
            prop_assert!(text.split_once('.').is_none_or(|(_, decimals)| decimals.len() == 1));
            prop_assert!(text != "-0");
        }

        #[test]
        fn a_path_is_well_formed_and_has_a_move_for_each_run(
            values in proptest::collection::vec(proptest::option::of(0.0_f64..1.0), 0..60),
        ) {
            let times: Vec<i64> = (0..).take(values.len()).collect();
            let numbers: Vec<f64> = values.iter().map(|value| value.unwrap_or(GAP)).collect();
            let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(60) };
            let line = Line { times: &times, low: &numbers, high: &numbers, colour: 0 };
            let plot = Plot { unit: Unit::Ratio, style: Style::Line, ceiling: None, window, gap_after_millis: 5, lines: &[line], bands: &[], before: &[], look: Look::default() };
            // A column for each millisecond, so that no gap is narrower than a column.
            let paths = svg_paths(&plot, 60.0, 40.0);
            let runs = values.split(Option::is_none).filter(|run| !run.is_empty()).count();
            prop_assert_eq!(paths[0].line.matches('M').count(), runs);
            prop_assert!(paths[0].line.chars().all(|letter| "ML -.0123456789".contains(letter)));
        }
    }
}
