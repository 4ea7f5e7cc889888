//! Samples of one series.

use std::collections::BTreeMap;

/// Times in milliseconds and values, sorted by time without duplicates.
pub(crate) type Samples = Vec<(i64, f64)>;

/// Merges both; `newer` wins for equal times.
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
    fn newer_samples_win() {
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
