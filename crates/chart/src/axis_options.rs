//! Options of the value axis: logarithmic scale, and clipping of outliers.

use crate::layers::{Layers, min_max};
use crate::path::{Frame, Pen};
use crate::{Axis, Plot, Point, VALUE_INTERVALS, heat, log_ticks, value_ticks};
use watchglass_model::{Style, TimeRange};

/// Options of the value axis, selected by the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AxisOptions {
    /// Logarithmic scale. Values of zero or less are at the bottom.
    pub is_log: bool,
    /// The axis ends at the quantile [`CLIP_QUANTILE`] of the drawn values in the window, regardless of a ceiling. Higher values
    /// are clipped, with a marker at the upper edge.
    pub is_clipped: bool,
}

/// Quantile at which outliers are clipped.
pub const CLIP_QUANTILE: f64 = 0.99;

/// Maximum number of bisection steps: each halves the range, and the rest is not visible.
const MAX_HALVINGS: u32 = 50;

/// Half the width, and the height, of the marker of clipped values, in units of the frame.
const MARKER_SIZE: (f64, f64) = (4.0, 6.0);

/// The value axis of `plot` for the layers `drawn`.
pub(crate) fn axis(plot: &Plot<'_>, drawn: &[&Layers]) -> Axis {
    if plot.style == Style::Heat {
        return heat::axis(plot.rows);
    }
    let window = plot.window;
    let AxisOptions { is_log, is_clipped } = plot.axis_options;
    let range = |min: f64| {
        let values = drawn.iter().flat_map(|layers| layers.values_in(window));
        min_max(values.filter(|&value| value > min))
    };
    let all = range(if is_log { 0.0 } else { f64::NEG_INFINITY });
    let ticks = if is_log { log_ticks } else { value_ticks };
    let to = |range, ceiling| ticks(plot.unit, range, ceiling, VALUE_INTERVALS);
    if !is_clipped {
        return to(all, plot.ceiling);
    }
    let quantile = clip_quantile(drawn, window);
    let range = all.zip(quantile).map(|((low, _), quantile)| (low.min(quantile), quantile));
    let axis = to(range, None);
    // A rounded end may be above the ceiling.
    match plot
        .ceiling
        .filter(|ceiling| *ceiling < axis.high && quantile.is_some_and(|quantile| quantile <= *ceiling))
    {
        Some(ceiling) => to(range, Some(ceiling)),
        None => axis,
    }
}

/// The quantile [`CLIP_QUANTILE`] of all drawn values in the window.
fn clip_quantile(drawn: &[&Layers], window: TimeRange) -> Option<f64> {
    let values = || drawn.iter().flat_map(move |layers| layers.values_in(window));
    let (mut low, mut high) = min_max(values())?;
    let all = values().count();
    let rare = all - (all as f64 * CLIP_QUANTILE).ceil() as usize;
    // Bisection until one value is left; it adds less to the wasm bundle than sorting. Invariant: at most `rare` values are
    // above `high`.
    for _ in 0..MAX_HALVINGS {
        if low >= high {
            break;
        }
        let middle = f64::midpoint(low, high);
        let (mut above, mut below, mut count) = (high, low, 0);
        for value in values() {
            if value > middle {
                count += 1;
                above = above.min(value);
            } else {
                below = below.max(value);
            }
        }
        if count > rare {
            low = above;
        } else {
            high = below;
        }
    }
    Some(high)
}

/// Marks values above `axis_high`: a triangle at the upper edge `top` for each run of clipped points, at its maximum.
pub(crate) fn mark_clipped(points: &[Point], axis_high: f64, frame: &Frame, top: f64, pen: &mut dyn Pen) {
    let mut max_point: Option<&Point> = None;
    // A break ends a run like a value below the edge: NaN is not above it.
    for point in points.iter().chain([&Point { time: 0, value: f64::NAN }]) {
        if point.value > axis_high {
            max_point = max_point.filter(|known| known.value >= point.value).or(Some(point));
        } else if let Some(known) = max_point.take() {
            let x = frame.x(known.time);
            pen.move_to(x - MARKER_SIZE.0, top + MARKER_SIZE.1);
            pen.line_to(x, top);
            pen.line_to(x + MARKER_SIZE.0, top + MARKER_SIZE.1);
            pen.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::svg::PathText;
    use crate::{Line, Scale, ValueScale};
    use proptest::prelude::*;
    use watchglass_model::{Timestamp, Unit};

    fn drawn(values: &[f64], look: AxisOptions, ceiling: Option<f64>) -> (Axis, Layers) {
        let times: Vec<i64> = (0..).take(values.len()).collect();
        let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(1000) };
        let line = Line { times: &times, low: values, high: values, colour: 0 };
        let plot = Plot {
            unit: Unit::Ratio,
            style: Style::Line,
            ceiling,
            window,
            gap_after_millis: 5,
            lines: &[line],
            bands: &[],
            previous: &[],
            axis_options: look,
            rows: &[],
        };
        let mut layers = Layers::default();
        layers.build(&plot, 1001);
        (axis(&plot, &[&layers]), layers)
    }

    const CLIPPED: AxisOptions = AxisOptions { is_log: false, is_clipped: true };
    const LOG: AxisOptions = AxisOptions { is_log: true, is_clipped: false };

    #[test]
    fn outliers_do_not_compress_the_axis() {
        let mut values = vec![0.003; 300];
        values[100] = 0.9;
        values[200] = 0.5;
        for (look, ceiling, high) in [
            (AxisOptions::default(), None, 1.0),
            (AxisOptions::default(), Some(1.0), 1.0),
            (CLIPPED, None, 0.003),
            // The ceiling does not apply when clipped.
            (CLIPPED, Some(1.0), 0.003),
            (AxisOptions { is_log: true, is_clipped: true }, None, 0.01),
            // The axis does not exceed a ceiling that is above the quantile.
            (AxisOptions { is_log: true, is_clipped: true }, Some(0.008), 0.008),
            (AxisOptions { is_log: true, is_clipped: true }, Some(0.002), 0.01),
        ] {
            let (axis, _) = drawn(&values, look, ceiling);
            assert!((axis.high - high).abs() < 1e-12, "{look:?} {ceiling:?}: {}", axis.high);
        }
        // With fewer than 100 values, none is clipped.
        assert_eq!(drawn(&values[90..110], CLIPPED, None).0.high, 1.0);
        assert_eq!(drawn(&[], CLIPPED, None).0, drawn(&[], AxisOptions::default(), None).0);
        assert_eq!(drawn(&[f64::NAN], LOG, None).0, drawn(&[], LOG, None).0);
    }

    #[test]
    fn each_clipped_run_has_a_marker_at_its_maximum() {
        let frame = Frame {
            time: Scale::new((0.0, 100.0), (0.0, 100.0)),
            value: ValueScale::linear((0.0, 1.0), (50.0, 0.0)),
        };
        let point = |time, value| Point { time, value };
        let gap = f64::NAN;
        for (points, expected) in [
            (vec![], ""),
            (vec![point(10, 1.0)], ""),
            (vec![point(10, 2.0)], "M6 6L10 0L14 6Z"),
            (vec![point(10, 2.0), point(20, 3.0), point(30, 0.5)], "M16 6L20 0L24 6Z"),
            (vec![point(10, 2.0), point(15, gap), point(20, 3.0)], "M6 6L10 0L14 6ZM16 6L20 0L24 6Z"),
        ] {
            let mut pen = PathText::default();
            mark_clipped(&points, 1.0, &frame, 0.0, &mut pen);
            assert_eq!(pen.into_text(), expected, "{points:?}");
        }
    }

    proptest! {
        #[test]
        fn at_most_one_percent_is_clipped(
            values in proptest::collection::vec(0.0_f64..1e6, 0..900), is_log: bool,
        ) {
            let (axis, layers) = drawn(&values, AxisOptions { is_log, is_clipped: true }, Some(1.0));
            let beyond = values.iter().filter(|&&value| value > axis.high * (1.0 + 1e-9)).count();
            prop_assert!(beyond * 100 <= values.len(), "{beyond} of {}", values.len());
            let mut pen = PathText::default();
            let frame = Frame { time: Scale::new((0.0, 1.0), (0.0, 1.0)), value: axis.scale((1.0, 0.0)) };
            mark_clipped(&layers.as_slice()[0].points, axis.high, &frame, 0.0, &mut pen);
            prop_assert!(pen.into_text().matches('M').count() <= beyond + 1);
        }
    }
}
