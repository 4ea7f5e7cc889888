//! Bars of counts: samples are aggregated into time buckets of a few pixel columns.

use crate::decimate::column_millis;
use crate::{Line, Point};
use watchglass_model::TimeRange;

/// Minimum width of a bar with the space beside it, in pixel columns.
const MIN_BAR_COLUMNS: usize = 3;

/// Time buckets of samples. Their edges are multiples of their length since the epoch, so that buckets of a sliding window keep
/// their content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimeBuckets {
    /// Length of a bucket in milliseconds, at least 1.
    pub(crate) length: i64,
    /// Interval of samples in milliseconds, at most `length`.
    pub(crate) spacing: i64,
}

impl TimeBuckets {
    /// The shortest buckets that hold a whole number of samples and are at least `MIN_BAR_COLUMNS` pixel columns wide, when
    /// `columns` columns show `window`. Samples further apart than `gap_after_millis` are ignored for the interval.
    pub(crate) fn of<'a>(
        lines: &mut dyn Iterator<Item = Line<'a>>,
        window: TimeRange,
        gap_after_millis: i64,
        columns: usize,
    ) -> Self {
        let min_millis = column_millis(window, columns / MIN_BAR_COLUMNS);
        let mut spacing = i64::MAX;
        for line in lines {
            let times = line.around(window).times;
            for (earlier, later) in times.iter().zip(times.iter().skip(1)) {
                let apart = later.saturating_sub(*earlier);
                if (1..=gap_after_millis).contains(&apart) {
                    spacing = spacing.min(apart);
                }
            }
        }
        if spacing >= min_millis {
            // A single sample gets the minimum width.
            let length = if spacing == i64::MAX { min_millis } else { spacing };
            return Self { length, spacing: length };
        }
        let samples = min_millis / spacing + i64::from(min_millis % spacing != 0);
        Self { length: spacing.saturating_mul(samples), spacing }
    }

    /// Centre of the samples in the bucket that contains `time`.
    fn middle(&self, time: i64) -> i64 {
        if self.length == self.spacing {
            return time;
        }
        let start = time.saturating_sub(time.rem_euclid(self.length));
        start.saturating_add((self.length - self.spacing) / 2)
    }
}

/// Writes the top of each bar of `line` to `out`: the maximum of its bucket, so that no peak is lost, at the centre of the
/// bucket. A gap becomes a break. Lines with the same times and gaps have tops at the same times.
pub(crate) fn bar_tops(line: &Line<'_>, groups: TimeBuckets, gap_after_millis: i64, out: &mut Vec<Point>) {
    out.clear();
    let mut last = i64::MIN;
    for (time, _, high) in line.points().filter(|(_, _, high)| !high.is_nan()) {
        let is_same = !out.is_empty() && time.div_euclid(groups.length) == last.div_euclid(groups.length);
        if !out.is_empty() && !is_same && time.saturating_sub(last) > gap_after_millis {
            out.push(Point { time, value: f64::NAN });
        }
        last = time;
        match out.last_mut().filter(|_| is_same) {
            Some(top) => top.value = top.value.max(high),
            None => out.push(Point { time: groups.middle(time), value: high }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchglass_model::Timestamp;

    fn window(start: i64, end: i64) -> TimeRange {
        TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) }
    }

    fn groups(times: &[i64], window: TimeRange, columns: usize) -> TimeBuckets {
        let line = Line { times, low: &[], high: &[], colour: 0 };
        TimeBuckets::of(&mut std::iter::once(line), window, 25, columns)
    }

    #[test]
    fn buckets_hold_whole_samples_and_are_wide_enough() {
        for (times, columns, expected) in [
            // Ten columns per sample: one sample per bar.
            (&[0, 10, 20][..], 100, (10, 10)),
            // One column per sample: four samples per bar.
            (&[0, 10, 20], 10, (40, 10)),
            // A missing sample does not widen bars; samples beyond a gap are ignored.
            (&[0, 20, 30], 100, (10, 10)),
            (&[0, 90], 100, (4, 4)),
            (&[0], 100, (4, 4)),
            (&[], 0, (100, 100)),
            (&[5, 5, 5], 100, (4, 4)),
        ] {
            let found = groups(times, window(0, 100), columns);
            assert_eq!((found.length, found.spacing), expected, "{times:?} {columns}");
        }
    }

    #[test]
    fn bar_height_is_the_maximum_of_its_bucket() {
        const GAP: f64 = f64::NAN;
        let times = [0, 10, 20, 30, 40, 70, 100];
        let values = [0.0, 3.0, 1.0, 0.0, GAP, 2.0, 5.0];
        let line = Line { times: &times, low: &values, high: &values, colour: 0 };
        for (length, expected) in [
            (10, "0:0 10:3 20:1 30:0 70:- 70:2 100:- 100:5"),
            (20, "5:3 25:1 70:- 65:2 100:- 105:5"),
            (50, "20:3 70:- 70:2 100:- 120:5"),
        ] {
            let mut out = vec![Point { time: 1, value: 1.0 }];
            bar_tops(&line, TimeBuckets { length, spacing: 10 }, 25, &mut out);
            let text = |point: &Point| {
                let value = if point.is_break() { "-".to_owned() } else { point.value.to_string() };
                format!("{}:{value}", point.time)
            };
            assert_eq!(out.iter().map(text).collect::<Vec<_>>().join(" "), expected, "{length}");
        }
    }

    proptest! {
        #[test]
        fn peaks_are_preserved(
            samples in proptest::collection::btree_map(0_i64..3000, 0_u32..9, 0..300), columns in 0_usize..400,
        ) {
            let (times, values): (Vec<i64>, Vec<f64>) =
                samples.iter().map(|(&time, &value)| (time, f64::from(value))).unzip();
            let line = Line { times: &times, low: &values, high: &values, colour: 0 };
            let groups = groups(&times, window(0, 3000), columns);
            let mut out = Vec::new();
            bar_tops(&line, groups, 25, &mut out);
            let bars: Vec<&Point> = out.iter().filter(|point| !point.is_break()).collect();
            for (time, value) in times.iter().zip(&values) {
                let own: Vec<_> = bars
                    .iter()
                    .filter(|bar| bar.time.div_euclid(groups.length) == time.div_euclid(groups.length))
                    .collect();
                prop_assert_eq!(own.len(), 1, "each sample is in one bar");
                prop_assert!(own[0].value >= *value);
            }
            for bar in bars {
                let own = times.iter().zip(&values).filter(|(time, _)| {
                    bar.time.div_euclid(groups.length) == time.div_euclid(groups.length)
                });
                let max = own.map(|(_, value)| *value).reduce(f64::max);
                prop_assert_eq!(max, Some(bar.value));
            }
        }

        #[test]
        fn extreme_times_do_not_panic(
            mut times in proptest::collection::vec(proptest::num::i64::ANY, 0..20), columns in 0_usize..400,
            gap in proptest::num::i64::ANY,
        ) {
            times.sort_unstable();
            let values = vec![1.0; times.len()];
            let line = Line { times: &times, low: &values, high: &values, colour: 0 };
            let groups = TimeBuckets::of(&mut std::iter::once(line), window(0, 1000), gap, columns);
            prop_assert!(1 <= groups.spacing && groups.spacing <= groups.length);
            let mut out = Vec::new();
            bar_tops(&line, groups, gap, &mut out);
            prop_assert_eq!(out.is_empty(), times.is_empty());
        }
    }
}
