//! What a chart shows.

use crate::{Look, Point, nearest};
use std::ops::Range;
use watchglass_model::{Style, TimeRange, Unit};

/// A chart's data and how it is drawn. It borrows the data, so building one each frame costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct Plot<'a> {
    /// The unit of all values.
    pub unit: Unit,
    /// How the lines are drawn.
    pub style: Style,
    /// The value at which the axis ends, in `unit`; `None` lets it follow the data.
    pub ceiling: Option<f64>,
    /// The stretch of time that the chart's width shows. Unlike elsewhere its end is shown too, since the newest
    /// sample of a live chart lies exactly there.
    pub window: TimeRange,
    /// Neighbouring points further apart than this many milliseconds are not joined.
    pub gap_after_millis: i64,
    /// The lines; upon each other, the first is the lowest.
    pub lines: &'a [Line<'a>],
    /// What is marked: what happened meanwhile, and levels.
    pub bands: &'a [Band],
    /// The lines of the stretch before, moved upon this one, in the order and the colours of `lines`. They are drawn dashed,
    /// behind them.
    pub before: &'a [Line<'a>],
    /// How the reader wants its values spread. It has no meaning for a heat map.
    pub look: Look,
    /// What the rows of a heat map are called, the lowest first; of others, nothing.
    pub rows: &'a [&'a str],
}

/// A stretch of time that is marked in a chart, or a level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// When it begins, in milliseconds since the Unix epoch.
    pub start: i64,
    /// When it ends; `None` where it goes on.
    pub end: Option<i64>,
    /// Index of its colour in the theme.
    pub level: usize,
    /// A value, in the plot's unit, where it is a level: then a dashed line across the chart stands for it. `None` where
    /// the whole height of a stretch of time is marked.
    pub value: Option<f64>,
    /// A letter where it begins, so that it is told apart without colours. `None` where a flag says enough.
    pub sign: Option<char>,
}

impl Band {
    /// The part of it in `window`: from and to, as parts of the window's length from its start. `None` where it lies outside.
    pub fn part_of(&self, window: TimeRange) -> Option<(f64, f64)> {
        let (from, to) = (window.start.millis(), window.end.millis());
        let end = self.end.unwrap_or(to).min(to);
        let start = self.start.max(from);
        let part = |time: i64| (time - from) as f64 / (to - from) as f64;
        (start <= end && from < to).then(|| (part(start), part(end)))
    }
}

/// A series as columns. All slices have the same length; what exceeds the shortest is not drawn.
///
/// For raw samples `low` and `high` are the same slice. Thinned history has the least and the greatest value of a
/// bucket there. A value that is not finite is a gap.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// When, in milliseconds since the Unix epoch, ascending.
    pub times: &'a [i64],
    /// The least value at each time.
    pub low: &'a [f64],
    /// The greatest value at each time.
    pub high: &'a [f64],
    /// Index of the line's colour in the theme; in a heat map, which row it is of.
    pub colour: usize,
}

impl<'a> Line<'a> {
    /// The points in `window`, its end included: time, least and greatest value, in order, gaps among them.
    pub fn points_in(&self, window: TimeRange) -> impl Iterator<Item = (i64, f64, f64)> + use<'a> {
        self.slice(self.range_in(window)).points()
    }

    /// The point nearest to `time`, no further away than `tolerance` milliseconds: what a tooltip tells. `None`
    /// where there is none or its value is missing. A bucket of thinned history has its middle value.
    pub fn near(&self, time: i64, tolerance: i64) -> Option<Point> {
        let index = nearest(self.times, time, tolerance)?;
        let value = middle(*self.low.get(index)?, *self.high.get(index)?);
        value.is_finite().then_some(Point { time: *self.times.get(index)?, value })
    }

    /// The part of the line in `window`, its end included, with one neighbour on each side, so that what is drawn
    /// can reach the chart's edges.
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

/// What a bucket's value is when only its least and greatest are known: the middle of them.
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
    fn takes_the_window_with_and_without_its_neighbours() {
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
    fn finds_what_a_tooltip_tells() {
        let line =
            Line { times: &[0, 10, 20], low: &[1.0, f64::NAN, 3.0], high: &[2.0, f64::NAN, 3.0], colour: 0 };
        let cases = [(1, Some((0, 1.5))), (11, None), (22, Some((20, 3.0))), (30, None)];
        for (time, expected) in cases {
            assert_eq!(line.near(time, 5).map(|point| (point.time, point.value)), expected, "{time}");
        }
    }

    #[test]
    fn a_band_is_cut_to_the_window() {
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
                Band { start, end, level: 0, value: None, sign: None }.part_of(window(15, 35)),
                expected,
                "{start} {end:?}"
            );
        }
        assert_eq!(
            Band { start: 0, end: None, level: 0, value: None, sign: None }.part_of(window(5, 5)),
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
