//! Hit test of the tooltip and the time cursor.

/// Index of the point nearest to `time`, within `tolerance` milliseconds; of two equally near points the earlier. `times` are
/// ascending.
pub fn nearest(times: &[i64], time: i64, tolerance: i64) -> Option<usize> {
    let after = times.partition_point(|&other| other < time);
    let distance = |index: usize| times.get(index).map(|&other| (other.abs_diff(time), index));
    let before = after.checked_sub(1).and_then(distance);
    // `min` keeps the first of equals, and the earlier point comes first.
    let (away, index) = before.into_iter().chain(distance(after)).min()?;
    (away <= u64::try_from(tolerance).ok()?).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_the_nearest_within_the_tolerance() {
        let times = [0, 10, 20, 100];
        let cases = [
            (10, 0, Some(1)),
            (14, 5, Some(1)),
            (16, 5, Some(2)),
            (15, 5, Some(1)),
            (60, 5, None),
            (-3, 5, Some(0)),
            (-9, 5, None),
            (104, 5, Some(3)),
            (10, -1, None),
            (i64::MAX, i64::MAX, Some(3)),
        ];
        for (time, tolerance, expected) in cases {
            assert_eq!(nearest(&times, time, tolerance), expected, "{time} ± {tolerance}");
        }
        assert_eq!(nearest(&[], 0, i64::MAX), None);
    }

    proptest! {
        #[test]
        fn matches_a_linear_search(
            mut times in proptest::collection::vec(-1000_i64..1000, 0..50),
            time in -1100_i64..1100,
            tolerance in 0_i64..200,
        ) {
            times.sort_unstable();
            let best = times.iter().map(|other| other.abs_diff(time)).min();
            let found = nearest(&times, time, tolerance).map(|index| times[index].abs_diff(time));
            prop_assert_eq!(found, best.filter(|&away| away <= tolerance as u64));
        }
    }
}
