//! The samples of one series.

use std::collections::BTreeMap;

/// Times in milliseconds and values, in the order of time, one for a moment.
pub(crate) type Samples = Vec<(i64, f64)>;

/// All of both; of two for the same moment the newer.
pub(crate) fn merge(stored: Samples, newer: Samples) -> Samples {
    match (stored.last(), newer.first()) {
        (None, _) => newer,
        (_, None) => stored,
        (Some(last), Some(first)) if last.0 < first.0 => [stored, newer].concat(),
        _ => stored.into_iter().chain(newer).collect::<BTreeMap<_, _>>().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_of_two_for_a_moment_stays() {
        for (stored, newer, expected) in [
            (vec![], vec![(1, 1.0)], vec![(1, 1.0)]),
            (vec![(1, 1.0)], vec![], vec![(1, 1.0)]),
            (vec![(1, 1.0)], vec![(2, 2.0)], vec![(1, 1.0), (2, 2.0)]),
            (vec![(1, 1.0), (3, 3.0)], vec![(2, 2.0), (3, 9.0)], vec![(1, 1.0), (2, 2.0), (3, 9.0)]),
            (vec![(2, 2.0)], vec![(1, 1.0)], vec![(1, 1.0), (2, 2.0)]),
        ] {
            assert_eq!(merge(stored, newer), expected);
        }
    }
}
