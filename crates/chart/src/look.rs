//! How a chart spreads its values over its height, as its reader chose it; and which values that leaves out.

use crate::layers::{Layers, least_and_greatest};
use crate::trace::{Frame, Pen};
use crate::{Axis, Plot, Point, VALUE_INTERVALS, heat, log_ticks, value_ticks};
use watchglass_model::{Style, TimeRange};

/// What a reader may choose of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Equal factors are equal heights. What is zero or less lies at the bottom.
    pub is_log: bool,
    /// The axis ends where [`USUAL`] of what is drawn in the window has its place, whatever ceiling there is. What exceeds it
    /// is cut off, and marked at the upper edge.
    pub is_clipped: bool,
}

/// The part of the values that is not cut off.
pub const USUAL: f64 = 0.99;

/// Each leaves out at least half of the range; what then lies between cannot be told apart in a picture.
const MOST_HALVINGS: u32 = 50;

/// Half the width, and the height, of the mark that stands for what is cut off, in units of the frame.
const MARK: (f64, f64) = (4.0, 6.0);

/// The axis of `plot`, whose drawn lines are `drawn`.
pub(crate) fn axis(plot: &Plot<'_>, drawn: &[&Layers]) -> Axis {
    if plot.style == Style::Heat {
        return heat::axis(plot.rows);
    }
    let window = plot.window;
    let Look { is_log, is_clipped } = plot.look;
    let range = |least: f64| {
        let values = drawn.iter().flat_map(|layers| layers.values_in(window));
        least_and_greatest(values.filter(|&value| value > least))
    };
    let all = range(if is_log { 0.0 } else { f64::NEG_INFINITY });
    let ticks = if is_log { log_ticks } else { value_ticks };
    let to = |range, ceiling| ticks(plot.unit, range, ceiling, VALUE_INTERVALS);
    if !is_clipped {
        return to(all, plot.ceiling);
    }
    let usual = usual(drawn, window);
    let range = all.zip(usual).map(|((low, _), usual)| (low.min(usual), usual));
    let axis = to(range, None);
    // What is round may be more than there can be.
    match plot.ceiling.filter(|ceiling| *ceiling < axis.high && usual.is_some_and(|usual| usual <= *ceiling))
    {
        Some(ceiling) => to(range, Some(ceiling)),
        None => axis,
    }
}

/// The smallest value that [`USUAL`] of all values are not above.
fn usual(drawn: &[&Layers], window: TimeRange) -> Option<f64> {
    let values = || drawn.iter().flat_map(move |layers| layers.values_in(window));
    let (mut low, mut high) = least_and_greatest(values())?;
    let all = values().count();
    let rare = all - (all as f64 * USUAL).ceil() as usize;
    // To halve the range until one value is left costs the page's program less than sorting would. Never are more than that
    // above `high`.
    for _ in 0..MOST_HALVINGS {
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

/// Marks what of a line lies above `axis`: a triangle at the upper edge, `top`, for each stretch of it, where that is highest.
pub(crate) fn mark_clipped(points: &[Point], axis_high: f64, frame: &Frame, top: f64, pen: &mut dyn Pen) {
    let mut highest: Option<&Point> = None;
    // A break ends a stretch, as a value below the edge does: neither is above it.
    for point in points.iter().chain([&Point { time: 0, value: f64::NAN }]) {
        if point.value > axis_high {
            highest = highest.filter(|known| known.value >= point.value).or(Some(point));
        } else if let Some(known) = highest.take() {
            let x = frame.x(known.time);
            pen.move_to(x - MARK.0, top + MARK.1);
            pen.line_to(x, top);
            pen.line_to(x + MARK.0, top + MARK.1);
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

    fn drawn(values: &[f64], look: Look, ceiling: Option<f64>) -> (Axis, Layers) {
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
            before: &[],
            look,
            rows: &[],
        };
        let mut layers = Layers::default();
        layers.build(&plot, 1001);
        (axis(&plot, &[&layers]), layers)
    }

    const CLIPPED: Look = Look { is_log: false, is_clipped: true };
    const LOG: Look = Look { is_log: true, is_clipped: false };

    #[test]
    fn what_is_rare_does_not_press_the_rest_to_the_ground() {
        let mut values = vec![0.003; 300];
        values[100] = 0.9;
        values[200] = 0.5;
        for (look, ceiling, high) in [
            (Look::default(), None, 1.0),
            (Look::default(), Some(1.0), 1.0),
            (CLIPPED, None, 0.003),
            // The ceiling is what would press it to the ground.
            (CLIPPED, Some(1.0), 0.003),
            (Look { is_log: true, is_clipped: true }, None, 0.01),
            // It never ends above a ceiling that holds what is usual.
            (Look { is_log: true, is_clipped: true }, Some(0.008), 0.008),
            (Look { is_log: true, is_clipped: true }, Some(0.002), 0.01),
        ] {
            let (axis, _) = drawn(&values, look, ceiling);
            assert!((axis.high - high).abs() < 1e-12, "{look:?} {ceiling:?}: {}", axis.high);
        }
        // Of fewer than a hundred values none is rare.
        assert_eq!(drawn(&values[90..110], CLIPPED, None).0.high, 1.0);
        assert_eq!(drawn(&[], CLIPPED, None).0, drawn(&[], Look::default(), None).0);
        assert_eq!(drawn(&[f64::NAN], LOG, None).0, drawn(&[], LOG, None).0);
    }

    #[test]
    fn each_stretch_that_is_cut_off_has_a_mark_where_it_is_highest() {
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
        fn at_most_one_of_a_hundred_values_is_cut_off(
            values in proptest::collection::vec(0.0_f64..1e6, 0..900), is_log: bool,
        ) {
            let (axis, layers) = drawn(&values, Look { is_log, is_clipped: true }, Some(1.0));
            let beyond = values.iter().filter(|&&value| value > axis.high * (1.0 + 1e-9)).count();
            prop_assert!(beyond * 100 <= values.len(), "{beyond} of {}", values.len());
            let mut pen = PathText::default();
            let frame = Frame { time: Scale::new((0.0, 1.0), (0.0, 1.0)), value: axis.scale((1.0, 0.0)) };
            mark_clipped(&layers.as_slice()[0].points, axis.high, &frame, 0.0, &mut pen);
            prop_assert!(pen.into_text().matches('M').count() <= beyond + 1);
        }
    }
}
