//! Downsampling of a line to pixel columns, without losing spikes or gaps.

use crate::Line;
use crate::plot::middle;
use watchglass_model::TimeRange;

/// A point of a drawn line, or a break in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// The value; NaN is a break: the points before and after it are not joined.
    pub value: f64,
}

impl Point {
    /// Whether this is a break.
    pub fn is_break(&self) -> bool {
        self.value.is_nan()
    }
}

/// Writes the first, minimum, maximum and last value of each pixel column to `out`, in order of time.
///
/// This is the M4 aggregation of Jugel and others, [M4: A Visualization-Oriented Time Series Data Aggregation]
/// (VLDB 2014): the drawn line covers the same pixels as the full data. `window` is divided into at most `columns` columns,
/// whose edges are multiples of their length since the epoch. So the columns of a sliding window keep their content, and the
/// line does not flicker.
///
/// One point outside the window is kept on each side, if it is joined to a point inside. A bucket of downsampled history
/// counts as its middle, minimum, maximum and again its middle value. A gap becomes one break. Of several gaps within one
/// column only the first is kept: the others are narrower than a pixel.
///
/// `out` is cleared first; its memory is reused. It gets at most four points per column, and at most ten for a column with
/// gaps.
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
    drop_detached_neighbours(out, window);
}

/// Length of a column in milliseconds, at min 1.
pub(crate) fn column_millis(window: TimeRange, columns: usize) -> i64 {
    let columns = i64::try_from(columns).unwrap_or(i64::MAX).max(1);
    let millis = window.millis();
    (millis / columns + i64::from(millis % columns != 0)).max(1)
}

/// Removes the neighbours outside the window that a gap separates from the points inside.
fn drop_detached_neighbours(out: &mut Vec<Point>, window: TimeRange) {
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
    /// End of the column, exclusive.
    end: i64,
    /// Whether it starts after a gap within the same pixel column.
    split: bool,
    first: Point,
    min: Point,
    max: Point,
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
            min: at(low),
            max: at(high),
            last: edge,
        }
    }

    fn add(&mut self, time: i64, low: f64, high: f64) {
        if low < self.min.value {
            self.min = Point { time, value: low };
        }
        if high > self.max.value {
            self.max = Point { time, value: high };
        }
        self.last = Point { time, value: middle(low, high) };
    }

    fn write(&self, out: &mut Vec<Point>) {
        let (earlier, later) =
            if self.min.time <= self.max.time { (self.min, self.max) } else { (self.max, self.min) };
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
