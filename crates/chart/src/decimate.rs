//! Thins a line to what its pixels can show, without losing a spike or a gap.

use crate::Line;
use crate::plot::middle;
use watchglass_model::TimeRange;

/// A place on a drawn line, or a break in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When, in milliseconds since the Unix epoch.
    pub time: i64,
    /// The value; NaN lifts the pen: the points before and after it are not joined.
    pub value: f64,
}

impl Point {
    /// Whether the pen is lifted here.
    pub fn is_break(&self) -> bool {
        self.value.is_nan()
    }
}

/// Writes to `out` the first, least, greatest and last value of each column of pixels, in the order of time.
///
/// This is the M4 aggregation of Jugel and others, [M4: A Visualization-Oriented Time Series Data Aggregation]
/// (VLDB 2014): the drawn line covers the same pixels as the whole data would. `window` is cut into at most
/// `columns` columns, whose edges are multiples of their length since the epoch. The columns of a sliding window
/// thus keep their content, and the line does not shimmer.
///
/// Of points outside the window one on each side is kept, if it is joined to a point inside. A bucket of thinned
/// history counts as its middle, its least, its greatest and its middle value again. A gap becomes one break. When
/// there are several gaps within one column only the first is kept: the others are narrower than a pixel.
///
/// `out` is emptied first; its memory is used again. It holds at most four points for each column, and at most ten
/// for a column with gaps.
///
/// [M4: A Visualization-Oriented Time Series Data Aggregation]: https://www.vldb.org/pvldb/vol7/p797-jugel.pdf
pub fn decimate(
    line: &Line<'_>,
    window: TimeRange,
    gap_after_millis: i64,
    columns: usize,
    out: &mut Vec<Point>,
) {
    out.clear();
    let step = column_millis(window, columns);
    let mut open: Option<Column> = None;
    let mut last_time = i64::MIN;
    let mut gap = false;
    for (time, low, high) in line.around(window).points() {
        if !(low.is_finite() && high.is_finite()) {
            gap = true;
            continue;
        }
        gap |= time.saturating_sub(last_time) > gap_after_millis;
        match &mut open {
            Some(column) if time < column.end && (!gap || column.split) => column.add(time, low, high),
            Some(column) => {
                column.write(out);
                let split = gap && time < column.end;
                if gap {
                    out.push(Point { time, value: f64::NAN });
                }
                *column = Column::new(time, low, high, step, split);
            }
            None => open = Some(Column::new(time, low, high, step, false)),
        }
        last_time = time;
        gap = false;
    }
    if let Some(column) = open {
        column.write(out);
    }
    drop_outsiders(out, window);
}

/// Length of a column in milliseconds, at least 1.
pub(crate) fn column_millis(window: TimeRange, columns: usize) -> i64 {
    let columns = i64::try_from(columns).unwrap_or(i64::MAX).max(1);
    let millis = window.millis();
    (millis / columns + i64::from(millis % columns != 0)).max(1)
}

/// Removes the neighbours outside the window when a gap parts them from what is inside.
fn drop_outsiders(out: &mut Vec<Point>, window: TimeRange) {
    let is_before = |point: &Point| point.time < window.start.millis();
    let first_run = out.iter().position(Point::is_break).unwrap_or(out.len());
    if out.get(..first_run).is_some_and(|run| run.iter().all(is_before)) {
        out.drain(..(first_run + 1).min(out.len()));
    }
    let is_after = |point: &Point| point.time > window.end.millis();
    let last_break = out.iter().rposition(Point::is_break);
    if out.get(last_break.map_or(0, |index| index + 1)..).is_some_and(|run| run.iter().all(is_after)) {
        out.truncate(last_break.unwrap_or(0));
    }
}

struct Column {
    /// The first moment after the column.
    end: i64,
    /// Whether the column began with a gap inside the same column of pixels.
    split: bool,
    first: Point,
    least: Point,
    greatest: Point,
    last: Point,
}

impl Column {
    fn new(time: i64, low: f64, high: f64, step: i64, split: bool) -> Self {
        let at = |value| Point { time, value };
        let edge = at(middle(low, high));
        Self {
            end: time.saturating_sub(time.rem_euclid(step)).saturating_add(step),
            split,
            first: edge,
            least: at(low),
            greatest: at(high),
            last: edge,
        }
    }

    fn add(&mut self, time: i64, low: f64, high: f64) {
        if low < self.least.value {
            self.least = Point { time, value: low };
        }
        if high > self.greatest.value {
            self.greatest = Point { time, value: high };
        }
        self.last = Point { time, value: middle(low, high) };
    }

    fn write(&self, out: &mut Vec<Point>) {
        let (earlier, later) = if self.least.time <= self.greatest.time {
            (self.least, self.greatest)
        } else {
            (self.greatest, self.least)
        };
        out.push(self.first);
        for point in [earlier, later, self.last] {
            if out.last() != Some(&point) {
                out.push(point);
            }
        }
    }
}

#[cfg(test)]
#[path = "decimate_tests.rs"]
mod tests;
