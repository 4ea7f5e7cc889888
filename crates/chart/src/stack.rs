//! Stacking of lines.

use crate::Line;
use watchglass_model::TimeRange;

/// Cumulative sums of lines: the first line, the first two, and so on.
///
/// All sums share the union of the times of all lines. A line without a value adds nothing; where no line has a value, all sums
/// have a gap. Lines of one probe share their times; other lines are summed as if each were missing at the times of the others.
///
/// For downsampled history the sums are bounds: the lines of a stack need not peak at the same time. Memory is reused between
/// calls of [`Stack::build`].
#[derive(Debug, Default)]
pub struct Stack {
    times: Vec<i64>,
    present: Vec<bool>,
    sums: Vec<Sum>,
}

#[derive(Debug, Default)]
struct Sum {
    low: Vec<f64>,
    high: Vec<f64>,
    colour: usize,
}

impl Stack {
    /// Sums `lines` in `window`, including the neighbours outside its edges.
    pub fn build(&mut self, lines: &[Line<'_>], window: TimeRange) {
        self.collect_times(lines, window);
        let count = self.times.len();
        self.present.clear();
        self.present.resize(count, false);
        self.sums.resize_with(lines.len(), Sum::default);
        let mut below: Option<&Sum> = None;
        for (line, sum) in lines.iter().zip(&mut self.sums) {
            sum.colour = line.colour;
            for (column, under) in
                [(&mut sum.low, below.map(|sum| &sum.low)), (&mut sum.high, below.map(|sum| &sum.high))]
            {
                column.clear();
                match under {
                    Some(under) => column.extend_from_slice(under),
                    None => column.resize(count, 0.0),
                }
            }
            sum.add(&line.around(window), &self.times, &mut self.present);
            below = Some(sum);
        }
        for sum in &mut self.sums {
            for (index, _) in self.present.iter().enumerate().filter(|&(_, present)| !present) {
                for column in [&mut sum.low, &mut sum.high] {
                    if let Some(value) = column.get_mut(index) {
                        *value = f64::NAN;
                    }
                }
            }
        }
    }

    /// The sums, lowest first, each with the colour of its line.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.sums.iter().map(|sum| Line {
            times: &self.times,
            low: &sum.low,
            high: &sum.high,
            colour: sum.colour,
        })
    }

    fn collect_times(&mut self, lines: &[Line<'_>], window: TimeRange) {
        self.times.clear();
        let mut parts = lines.iter().map(|line| line.around(window).times);
        let first = parts.next().unwrap_or_default();
        self.times.extend_from_slice(first);
        for part in parts {
            if part != first {
                self.times.extend_from_slice(part);
            }
        }
        if self.times.len() > first.len() {
            self.times.sort_unstable();
        }
        self.times.dedup();
    }
}

impl Sum {
    /// Adds a line to the sums at `times`, which include all times of the line. Both are ascending, so one pass is enough. Of
    /// several values at the same time, the last one counts.
    fn add(&mut self, line: &Line<'_>, times: &[i64], present: &mut [bool]) {
        let mut slots = times.iter().zip(self.low.iter_mut().zip(&mut self.high)).zip(present);
        let mut points = line.points().peekable();
        while let Some((time, low, high)) = points.next() {
            if points.peek().is_some_and(|&(next, ..)| next == time) || !(low.is_finite() && high.is_finite())
            {
                continue;
            }
            if let Some(((_, (sum_low, sum_high)), present)) = slots.find(|((slot, _), _)| **slot == time) {
                *sum_low += low;
                *sum_high += high;
                *present = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchglass_model::Timestamp;

    const GAP: f64 = f64::NAN;
    const ALL: TimeRange = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(1000) };

    fn text(stack: &Stack) -> Vec<String> {
        let value = |value: &f64| {
            if value.is_nan() { "-".to_owned() } else { value.to_string() }
        };
        stack.lines().map(|line| line.high.iter().map(value).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn lines_are_summed() {
        type Columns<'a> = &'a [(&'a [i64], &'a [f64])];
        let cases: &[(Columns<'_>, &[&str])] = &[
            (&[], &[]),
            (&[(&[1, 2], &[1.0, 2.0])], &["1 2"]),
            (&[(&[1, 2], &[1.0, 2.0]), (&[1, 2], &[3.0, 4.0])], &["1 2", "4 6"]),
            // A missing value adds nothing; where all are missing there is a gap.
            (&[(&[1, 2, 3], &[1.0, GAP, GAP]), (&[1, 2, 3], &[3.0, 4.0, GAP])], &["1 0 -", "4 4 -"]),
            // Different times.
            (&[(&[1, 3], &[1.0, 3.0]), (&[2, 3], &[4.0, 5.0])], &["1 0 3", "1 4 8"]),
            (&[(&[1], &[1.0]), (&[2, 5], &[4.0, GAP])], &["1 0 -", "1 4 -"]),
            (&[(&[], &[]), (&[2], &[4.0])], &["0", "4"]),
            // The same time twice.
            (&[(&[1, 1, 2], &[9.0, 1.0, 2.0]), (&[1, 2], &[3.0, 4.0])], &["1 2", "4 6"]),
        ];
        let mut stack = Stack::default();
        for (columns, expected) in cases {
            let lines: Vec<Line<'_>> = columns
                .iter()
                .map(|&(times, values)| Line { times, low: values, high: values, colour: 0 })
                .collect();
            stack.build(&lines, ALL);
            assert_eq!(text(&stack), *expected, "{columns:?}");
        }
    }

    #[test]
    fn colours_are_kept_and_bounds_are_summed_separately() {
        let line = |colour| Line { times: &[1], low: &[1.0], high: &[2.0], colour };
        let mut stack = Stack::default();
        stack.build(&[line(4), line(7)], ALL);
        let sums: Vec<_> = stack.lines().map(|sum| (sum.colour, sum.low[0], sum.high[0])).collect();
        assert_eq!(sums, [(4, 1.0, 2.0), (7, 2.0, 4.0)]);
    }

    proptest! {
        #[test]
        fn top_line_is_the_sum_of_all_values(
            first in proptest::collection::btree_map(0_i64..40, 0_u32..100, 0..30),
            second in proptest::collection::btree_map(0_i64..40, 0_u32..100, 0..30),
        ) {
            let columns = |map: &std::collections::BTreeMap<i64, u32>| -> (Vec<i64>, Vec<f64>) {
                map.iter().map(|(&time, &value)| (time, f64::from(value))).unzip()
            };
            let ((a_times, a), (b_times, b)) = (columns(&first), columns(&second));
            let mut stack = Stack::default();
            stack.build(&[
                Line { times: &a_times, low: &a, high: &a, colour: 0 },
                Line { times: &b_times, low: &b, high: &b, colour: 1 },
            ], ALL);
            let top = stack.lines().last().unwrap();
            let all: std::collections::BTreeSet<i64> = first.keys().chain(second.keys()).copied().collect();
            prop_assert!(top.times.iter().eq(all.iter()));
            for (time, sum) in top.times.iter().zip(top.high) {
                let expected = first.get(time).unwrap_or(&0) + second.get(time).unwrap_or(&0);
                prop_assert_eq!(*sum, f64::from(expected));
            }
        }
    }
}
