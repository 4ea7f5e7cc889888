//! Paths of lines, areas, bars and cells, shared by SVG and canvas.

use crate::{Point, Scale, ValueScale};

/// Target of path commands.
pub(crate) trait Pen {
    /// Starts a new subpath.
    fn move_to(&mut self, x: f64, y: f64);
    /// Draws a straight line from the current position.
    fn line_to(&mut self, x: f64, y: f64);
    /// Closes the subpath.
    fn close(&mut self);
}

/// Half the length of the dash for an isolated point, because a path without length is not drawn.
const HALF_DASH: f64 = 1.0;
/// Limit of coordinates, far outside any screen, so that any value can be drawn.
const MAX_COORDINATE: f64 = 1e6;

/// Maps points to positions on a chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) time: Scale,
    pub(crate) value: ValueScale,
}

impl Frame {
    pub(crate) fn x(&self, time: i64) -> f64 {
        self.time.map(time as f64).clamp(-MAX_COORDINATE, MAX_COORDINATE)
    }

    pub(crate) fn y(&self, value: f64) -> f64 {
        self.value.map(value).clamp(-MAX_COORDINATE, MAX_COORDINATE)
    }
}

/// The runs between breaks.
fn runs(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points.split(Point::is_break).filter(|run| !run.is_empty())
}

/// Minimum size of a bar, and the space between bars, in units of the frame.
const MIN_BAR_SIZE: f64 = 1.0;
const BAR_GAP: f64 = 1.0;

/// Draws a line. A run too narrow to be visible, such as an isolated point, is extended.
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

/// Draws the area between a line and zero.
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

/// Draws the area between two lines of a stack, which have breaks at the same times.
pub(crate) fn area_between(upper: &[Point], lower: &[Point], frame: &Frame, pen: &mut dyn Pen) {
    for (above, below) in runs(upper).zip(runs(lower)) {
        if above.len() > 1 {
            follow(above.iter(), frame, pen, true);
            follow(below.iter().rev(), frame, pen, false);
            pen.close();
        }
    }
}

/// Draws bars from the tops of the layer below, which have the same times, up to these points. Each covers `millis` milliseconds,
/// with a small gap. Zero has no bar; any other value has a visible one.
pub(crate) fn bars(tops: &[Point], below: Option<&[Point]>, millis: i64, frame: &Frame, pen: &mut dyn Pen) {
    let bottoms = below.unwrap_or_default().iter().map(|point| point.value).chain(std::iter::repeat(0.0));
    for (top, bottom) in tops.iter().zip(bottoms) {
        if !top.is_break() && top.value != bottom {
            let middle = frame.x(top.time);
            let wide = frame.x(top.time.saturating_add(millis)) - middle;
            let half = (wide - BAR_GAP).max(MIN_BAR_SIZE) / 2.0;
            let (one, two) = (frame.y(top.value), frame.y(bottom));
            let low = one.max(two);
            rectangle((middle - half, middle + half), (low, one.min(two).min(low - MIN_BAR_SIZE)), pen);
        }
    }
}

/// Draws rectangles, each given by its lower left and upper right corner.
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

/// Draws from point to point, starting with a new subpath if `new`.
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
