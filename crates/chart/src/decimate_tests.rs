use super::*;
use proptest::prelude::*;
use watchglass_model::Timestamp;

const GAP: f64 = f64::NAN;

fn window(start: i64, end: i64) -> TimeRange {
    TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) }
}

fn thin(
    times: &[i64],
    low: &[f64],
    high: &[f64],
    window: TimeRange,
    gap_after: i64,
    columns: usize,
) -> Vec<Point> {
    let mut out = vec![Point { time: 0, value: 0.0 }];
    decimate(&Line { times, low, high, colour: 0 }, window, gap_after, columns, &mut out);
    out
}

/// Formats points as `time:value`, and breaks as `|`.
fn text(points: &[Point]) -> String {
    let one = |point: &Point| match point.is_break() {
        true => "|".to_owned(),
        false => format!("{}:{}", point.time, point.value),
    };
    points.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn column_keeps_first_minimum_maximum_and_last() {
    let cases: &[(&[i64], &[f64], &str)] = &[
        (&[], &[], ""),
        (&[5], &[1.0], "5:1"),
        (&[0, 2, 4, 6, 8], &[3.0, 1.0, 2.0, 9.0, 4.0], "0:3 2:1 6:9 8:4"),
        (&[0, 2, 4, 6, 8], &[3.0, 9.0, 2.0, 1.0, 4.0], "0:3 2:9 6:1 8:4"),
        (&[0, 2, 4], &[1.0, 2.0, 3.0], "0:1 4:3"),
        (&[0, 2, 4], &[2.0, 2.0, 2.0], "0:2 4:2"),
        // A second column starts at 10.
        (&[0, 5, 10, 15], &[1.0, 2.0, 3.0, 4.0], "0:1 5:2 10:3 15:4"),
        // Gaps: a missing value, and points too far apart.
        (&[0, 10, 20], &[1.0, GAP, 3.0], "0:1 | 20:3"),
        (&[0, 10, 50], &[1.0, 2.0, 3.0], "0:1 10:2 | 50:3"),
        (&[0, 10, 20], &[GAP, GAP, GAP], ""),
        (&[0, 10, 20], &[GAP, 2.0, GAP], "10:2"),
        (&[0, 10, 20], &[1.0, f64::INFINITY, 3.0], "0:1 | 20:3"),
        // Within one column the first gap is kept.
        (&[0, 1, 2, 3, 4, 5, 6], &[1.0, GAP, 3.0, GAP, 5.0, GAP, 2.0], "0:1 | 2:3 4:5 6:2"),
    ];
    for (times, values, expected) in cases {
        assert_eq!(
            text(&thin(times, values, values, window(0, 100), 30, 10)),
            *expected,
            "{times:?} {values:?}"
        );
    }
}

#[test]
fn downsampled_bucket_shows_minimum_and_maximum() {
    let points = thin(&[0, 10], &[1.0, 2.0], &[3.0, 2.0], window(0, 100), 30, 10);
    assert_eq!(text(&points), "0:2 0:1 0:3 0:2 10:2");
}

#[test]
fn joined_neighbours_outside_the_window_are_kept() {
    let times = [-10, 0, 10, 20];
    for (values, start, end, expected) in [
        ([1.0, 2.0, 3.0, 4.0], -5, 15, "-10:1 0:2 10:3 20:4"),
        ([1.0, GAP, 3.0, 4.0], -5, 15, "10:3 20:4"),
        ([1.0, 2.0, GAP, 4.0], -5, 15, "-10:1 0:2"),
        ([1.0, 2.0, 3.0, 4.0], 2, 8, "0:2 10:3"),
        ([1.0, GAP, GAP, 4.0], -5, 15, ""),
        ([1.0, 2.0, 3.0, 4.0], 30, 40, ""),
        ([1.0, 2.0, 3.0, 4.0], -40, -30, ""),
    ] {
        assert_eq!(text(&thin(&times, &values, &values, window(start, end), 15, 10)), expected, "{values:?}");
    }
}

#[test]
fn columns_are_stable_in_a_sliding_window() {
    let times: Vec<i64> = (0..2000).collect();
    let values: Vec<f64> = times.iter().map(|&time| ((time * 7919) % 1013) as f64).collect();
    let inside = |points: Vec<Point>| -> Vec<Point> {
        points.into_iter().filter(|point| (200..1000).contains(&point.time)).collect()
    };
    let before = inside(thin(&times, &values, &values, window(100, 1100), 5, 50));
    for shift in [1, 7, 13, 20] {
        let after = inside(thin(&times, &values, &values, window(100 + shift, 1100 + shift), 5, 50));
        assert_eq!(before, after, "{shift}");
    }
}

#[test]
fn extreme_times_do_not_overflow() {
    let times = [i64::MIN, -1, 0, i64::MAX];
    let values = [1.0, 2.0, 3.0, 4.0];
    let points = thin(&times, &values, &values, window(i64::MIN, i64::MAX), i64::MAX, 0);
    assert_eq!(points.iter().filter(|point| !point.is_break()).count(), 4);
}

prop_compose! {
    /// Ascending times with a minimum and a maximum each; one in eight is missing.
    fn data()(steps in proptest::collection::vec((0_i64..60, -100.0_f64..100.0, 0.0_f64..5.0, 0_u8..8), 0..400))
        -> (Vec<i64>, Vec<f64>, Vec<f64>) {
        let mut time = 0;
        let mut columns = (Vec::new(), Vec::new(), Vec::new());
        for (step, low, extent, kind) in steps {
            time += step;
            columns.0.push(time);
            columns.1.push(if kind == 0 { GAP } else { low });
            columns.2.push(if kind == 1 { low } else { low + extent });
        }
        columns
    }
}

fn extremes(values: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    values.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
}

proptest! {
    #[test]
    fn extremes_are_preserved((times, low, high) in data(), columns in 1_usize..200) {
        let whole = window(0, 40_000);
        let points = thin(&times, &low, &high, whole, 50, columns);
        let given = low.iter().zip(&high).filter(|(low, _)| low.is_finite()).map(|(&low, &high)| (low, high));
        let kept = points.iter().filter(|point| !point.is_break()).map(|point| (point.value, point.value));
        prop_assert_eq!(extremes(given), extremes(kept));
    }

    #[test]
    fn gaps_wider_than_a_column_are_preserved((times, low, high) in data(), columns in 1_usize..2000) {
        let whole = window(0, 24_000);
        let points = thin(&times, &low, &high, whole, 50, columns);
        let step = column_millis(whole, columns);
        let present: Vec<usize> = (0..times.len()).filter(|&index| low[index].is_finite()).collect();
        for pair in present.windows(2) {
            let (from, to) = (times[pair[0]], times[pair[1]]);
            if (pair[1] > pair[0] + 1 || to - from > 50) && from.div_euclid(step) != to.div_euclid(step) {
                prop_assert!(points.iter().any(|point| point.is_break() && point.time == to), "{from} to {to}");
            }
        }
    }

    #[test]
    fn no_break_without_a_gap((times, low, high) in data(), columns in 1_usize..200) {
        let low: Vec<f64> = low.iter().map(|&value| if value.is_finite() { value } else { 0.0 }).collect();
        let points = thin(&times, &low, &high.iter().map(|&value| value.max(0.0)).collect::<Vec<_>>(),
            window(0, 24_000), 60, columns);
        prop_assert!(!points.iter().any(Point::is_break));
        // One extra column, because the window need not start at a column edge, and two neighbours.
        prop_assert!(points.len() <= 4 * (columns + 3));
    }

    #[test]
    fn output_is_bounded_and_ordered(
        (times, low, high) in data(), columns in 1_usize..50, start in -100_i64..12_000, length in 0_i64..12_000,
    ) {
        let points = thin(&times, &low, &high, window(start, start + length), 50, columns);
        prop_assert!(points.len() <= 10 * (columns + 3));
        prop_assert!(points.is_sorted_by_key(|point| point.time));
        prop_assert!(points.first().is_none_or(|point| !point.is_break()));
        prop_assert!(points.last().is_none_or(|point| !point.is_break()));
        prop_assert!(!points.windows(2).any(|pair| pair[0].is_break() && pair[1].is_break()));
    }
}
