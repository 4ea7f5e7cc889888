//! Data of a chart.

use crate::{AxisOptions, Point, nearest};
use std::ops::Range;
use watchglass_model::{Style, TimeRange, Unit};

/// Data of a chart and how to draw it. It borrows the data, so building one per frame is cheap.
#[derive(Clone, Copy, Debug)]
pub struct Plot<'a> {
    /// Unit of all values.
    pub unit: Unit,
    /// How the lines are drawn.
    pub style: Style,
    /// Upper end of the axis, in `unit`; `None` lets it follow the data.
    pub ceiling: Option<f64>,
    /// Time range of the chart. Unlike elsewhere it includes its end, because the newest sample of a live chart is exactly
    /// there.
    pub window: TimeRange,
    /// Neighbouring points further apart than this many milliseconds are not joined.
    pub gap_after_millis: i64,
    /// The lines; when stacked, the first is at the bottom.
    pub lines: &'a [Line<'a>],
    /// Alerts, annotations and thresholds.
    pub bands: &'a [Band],
    /// The lines of the previous period, shifted onto this one, in the order and colours of `lines`. They are drawn dashed,
    /// behind them.
    pub previous: &'a [Line<'a>],
    /// Options of the value axis; ignored for a heat map.
    pub axis_options: AxisOptions,
    /// Row labels of a heat map, lowest first; empty for other charts.
    pub rows: &'a [&'a str],
}

/// A highlighted time range, or a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Start, in milliseconds since the Unix epoch.
    pub start: i64,
    /// End, in milliseconds since the Unix epoch; `None` while it is ongoing.
    pub end: Option<i64>,
    /// Severity: index of its colour in the theme.
    pub severity: usize,
    /// Threshold in the unit of the plot, drawn as a dashed line across the chart. `None` for a time range, which is highlighted
    /// over the full height.
    pub threshold: Option<f64>,
    /// Letter at its start, readable without colours. `None` for a plain flag.
    pub letter: Option<char>,
}

impl Band {
    /// Start and end within `window`, as fractions of its length; `None` when it is outside.
    pub fn part_of(&self, window: TimeRange) -> Option<(f64, f64)> {
        let (from, to) = (window.start.millis(), window.end.millis());
        let end = self.end.unwrap_or(to).min(to);
        let start = self.start.max(from);
        let part = |time: i64| (time - from) as f64 / (to - from) as f64;
        (start <= end && from < to).then(|| (part(start), part(end)))
    }
}

/// A series as columns. All slices have the same length; elements beyond the shortest are ignored.
///
/// For raw samples `low` and `high` are the same slice. For downsampled history they are the minimum and maximum of each
/// bucket. A value that is not finite is a gap.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Times in milliseconds since the Unix epoch, ascending.
    pub times: &'a [i64],
    /// Minimum at each time.
    pub low: &'a [f64],
    /// Maximum at each time.
    pub high: &'a [f64],
    /// Index of its colour in the theme; in a heat map, index of its row.
    pub colour: usize,
}

impl<'a> Line<'a> {
    /// The points in `window`, including its end: time, minimum and maximum, in order, with gaps.
    pub fn points_in(&self, window: TimeRange) -> impl Iterator<Item = (i64, f64, f64)> + use<'a> {
        self.slice(self.range_in(window)).points()
    }

    /// The point nearest to `time`, within `tolerance` milliseconds, for a tooltip. `None` when there is none or its value is
    /// missing. A bucket of downsampled history has its middle value.
    pub fn near(&self, time: i64, tolerance: i64) -> Option<Point> {
        let index = nearest(self.times, time, tolerance)?;
        let value = middle(*self.low.get(index)?, *self.high.get(index)?);
        value.is_finite().then_some(Point { time: *self.times.get(index)?, value })
    }

    /// The part of the line in `window`, including its end, with one neighbour on each side, so that the drawn line reaches the
    /// edges.
    pub(crate) fn around(&self, window: TimeRange) -> Self {
        let Range { start, end } = self.range_in(window);
        self.slice(start.saturating_sub(1)..end.saturating_add(1).min(self.times.len()))
    }

    pub(crate) fn points(&self) -> impl Iterator<Item = (i64, f64, f64)> + use<'a> {
        let values = self.low.iter().zip(self.high);
        self.times.iter().zip(values).map(|(&time, (&low, &high))| (time, low, high))
    }

    fn range_in(&self, window: TimeRange) -> Range<usize> {
        let start = self.times.partition_point(|&time| time < window.start.millis());
        let end = self.times.partition_point(|&time| time <= window.end.millis());
        start..end.max(start)
    }

    fn slice(&self, range: Range<usize>) -> Self {
        Self {
            times: part(self.times, &range),
            low: part(self.low, &range),
            high: part(self.high, &range),
            colour: self.colour,
        }
    }
}

fn part<'a, T>(all: &'a [T], range: &Range<usize>) -> &'a [T] {
    all.get(range.start..range.end.min(all.len())).unwrap_or_default()
}

/// The value of a bucket with known minimum and maximum: their middle.
pub(crate) fn middle(low: f64, high: f64) -> f64 {
    if low == high { low } else { f64::midpoint(low, high) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Timestamp;

    fn window(start: i64, end: i64) -> TimeRange {
        TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) }
    }

    #[test]
    fn window_with_and_without_neighbours() {
        let times = [10, 20, 30, 40];
        let values = [1.0, 2.0, 3.0, 4.0];
        let line = Line { times: &times, low: &values, high: &values, colour: 0 };
        let cases: &[(i64, i64, &[i64], &[i64])] = &[
            (15, 35, &[20, 30], &[10, 20, 30, 40]),
            (20, 30, &[20, 30], &[10, 20, 30, 40]),
            (0, 5, &[], &[10]),
            (50, 60, &[], &[40]),
            (22, 28, &[], &[20, 30]),
            (0, 100, &[10, 20, 30, 40], &[10, 20, 30, 40]),
            (35, 15, &[], &[30, 40]),
        ];
        for &(start, end, inside, around) in cases {
            let within: Vec<i64> = line.points_in(window(start, end)).map(|(time, ..)| time).collect();
            assert_eq!(
                (within.as_slice(), line.around(window(start, end)).times),
                (inside, around),
                "{start}..{end}"
            );
        }
    }

    #[test]
    fn nearest_point_for_the_tooltip() {
        let line =
            Line { times: &[0, 10, 20], low: &[1.0, f64::NAN, 3.0], high: &[2.0, f64::NAN, 3.0], colour: 0 };
        let cases = [(1, Some((0, 1.5))), (11, None), (22, Some((20, 3.0))), (30, None)];
        for (time, expected) in cases {
            assert_eq!(line.near(time, 5).map(|point| (point.time, point.value)), expected, "{time}");
        }
    }

    #[test]
    fn band_is_clipped_to_the_window() {
        let cases = [
            (5, Some(25), Some((0.0, 0.5))),
            (20, Some(25), Some((0.25, 0.5))),
            (25, None, Some((0.5, 1.0))),
            (25, Some(90), Some((0.5, 1.0))),
            (20, Some(20), Some((0.25, 0.25))),
            (0, Some(14), None),
            (36, None, None),
            (30, Some(20), None),
        ];
        for (start, end, expected) in cases {
            assert_eq!(
                Band { start, end, severity: 0, threshold: None, letter: None }.part_of(window(15, 35)),
                expected,
                "{start} {end:?}"
            );
        }
        assert_eq!(
            Band { start: 0, end: None, severity: 0, threshold: None, letter: None }.part_of(window(5, 5)),
            None
        );
    }

    #[test]
    fn slices_of_different_length_end_at_the_shortest() {
        let line = Line { times: &[1, 2, 3], low: &[1.0], high: &[1.0, 2.0], colour: 0 };
        assert_eq!(line.points_in(window(0, 9)).count(), 1);
        assert_eq!(line.points_in(window(3, 9)).count(), 0);
    }
}
