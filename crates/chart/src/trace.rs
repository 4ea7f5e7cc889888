//! Walks a pen along thinned lines: the one description of a chart's shapes, for SVG and canvas alike.

use crate::{Point, Scale, ValueScale};

/// Something that draws paths.
pub(crate) trait Pen {
    /// Begins a new sub-path.
    fn move_to(&mut self, x: f64, y: f64);
    /// Draws a straight line from where the pen is.
    fn line_to(&mut self, x: f64, y: f64);
    /// Joins the sub-path's end to its beginning.
    fn close(&mut self);
}

/// Half the length of the dash that stands for a lone point. A path without length is not drawn at all.
const HALF_DASH: f64 = 1.0;
/// Places further out than this are moved here, so that any value can be drawn. It is far outside any screen.
const FARTHEST: f64 = 1e6;

/// Places points on a chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) time: Scale,
    pub(crate) value: ValueScale,
}

impl Frame {
    pub(crate) fn x(&self, time: i64) -> f64 {
        self.time.map(time as f64).clamp(-FARTHEST, FARTHEST)
    }

    pub(crate) fn y(&self, value: f64) -> f64 {
        self.value.map(value).clamp(-FARTHEST, FARTHEST)
    }
}

/// The stretches between breaks.
fn runs(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points.split(Point::is_break).filter(|run| !run.is_empty())
}

/// Narrowest and lowest bar, and the space beside each, in units of the frame.
const LEAST_SIDE: f64 = 1.0;
const SPACE: f64 = 1.0;

/// Draws a line. A stretch too narrow to be seen, such as a point that is joined to none, is drawn longer.
pub(crate) fn outline(points: &[Point], frame: &Frame, pen: &mut dyn Pen) {
    for run in runs(points) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        if frame.x(last.time) - frame.x(first.time) >= 2.0 * HALF_DASH {
            follow(run.iter(), frame, pen, true);
            continue;
        }
        pen.move_to(frame.x(first.time) - HALF_DASH, frame.y(first.value));
        if run.len() > 1 {
            follow(run.iter(), frame, pen, false);
        }
        pen.line_to(frame.x(last.time) + HALF_DASH, frame.y(last.value));
    }
}

/// Draws the space between a line and the value zero.
pub(crate) fn area_to_zero(points: &[Point], frame: &Frame, pen: &mut dyn Pen) {
    let zero = frame.y(0.0);
    for run in runs(points) {
        let [first, .., last] = run else { continue };
        pen.move_to(frame.x(first.time), zero);
        follow(run.iter(), frame, pen, false);
        pen.line_to(frame.x(last.time), zero);
        pen.close();
    }
}

/// Draws the space between two lines of a stack. They have breaks at the same times.
pub(crate) fn area_between(upper: &[Point], lower: &[Point], frame: &Frame, pen: &mut dyn Pen) {
    for (above, below) in runs(upper).zip(runs(lower)) {
        if above.len() > 1 {
            follow(above.iter(), frame, pen, true);
            follow(below.iter().rev(), frame, pen, false);
            pen.close();
        }
    }
}

/// Draws the bars that end at these points, from those of the layer below upwards. They have the same times. Each stands for so
/// many `millis`, with a little space beside it. What is zero has none; what is not is never too small to be seen.
pub(crate) fn bars(tops: &[Point], below: Option<&[Point]>, millis: i64, frame: &Frame, pen: &mut dyn Pen) {
    let bottoms = below.unwrap_or_default().iter().map(|point| point.value).chain(std::iter::repeat(0.0));
    for (top, bottom) in tops.iter().zip(bottoms) {
        if !top.is_break() && top.value != bottom {
            let middle = frame.x(top.time);
            let wide = frame.x(top.time.saturating_add(millis)) - middle;
            let half = (wide - SPACE).max(LEAST_SIDE) / 2.0;
            let (one, two) = (frame.y(top.value), frame.y(bottom));
            let low = one.max(two);
            rectangle((middle - half, middle + half), (low, one.min(two).min(low - LEAST_SIDE)), pen);
        }
    }
}

/// Draws rectangles, each given by its lower left and its upper right corner.
pub(crate) fn cells(corners: &[Point], frame: &Frame, pen: &mut dyn Pen) {
    for pair in corners.chunks_exact(2) {
        if let [from, to] = pair {
            rectangle((frame.x(from.time), frame.x(to.time)), (frame.y(from.value), frame.y(to.value)), pen);
        }
    }
}

fn rectangle((left, right): (f64, f64), (bottom, top): (f64, f64), pen: &mut dyn Pen) {
    pen.move_to(left, bottom);
    pen.line_to(left, top);
    pen.line_to(right, top);
    pen.line_to(right, bottom);
    pen.close();
}

/// Draws from point to point, and to the first one too unless a new sub-path begins there.
fn follow<'a>(points: impl Iterator<Item = &'a Point>, frame: &Frame, pen: &mut dyn Pen, new: bool) {
    for (index, point) in points.enumerate() {
        let (x, y) = (frame.x(point.time), frame.y(point.value));
        if new && index == 0 {
            pen.move_to(x, y);
        } else {
            pen.line_to(x, y);
        }
    }
}
