//! The part of the reads that a cache could answer, between two rounds.

/// The part of the reads that a cache could answer, between two rounds.
#[derive(Debug, Default)]
pub(crate) struct HitRatio {
    before: Option<(f64, f64)>,
}

impl HitRatio {
    /// The ratio since the last call, 0 to 1, from counters of hits and misses. `None` at the first call, when
    /// nothing was read in between, and when a counter fell because the server or its statistics restarted.
    pub(crate) fn since_last(&mut self, hits: f64, misses: f64) -> Option<f64> {
        let (hits_before, misses_before) = self.before.replace((hits, misses))?;
        let (hit, missed) = (hits - hits_before, misses - misses_before);
        (hit >= 0.0 && missed >= 0.0 && hit + missed > 0.0).then(|| hit / (hit + missed))
    }

    /// Forgets the last call: what happened while nobody looked is not the ratio of a moment.
    pub(crate) fn forget(&mut self) {
        self.before = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_needs_reads_between_two_rounds() {
        let mut ratio = HitRatio::default();
        for (hits, misses, expected) in [
            (100.0, 100.0, None),
            (109.0, 101.0, Some(0.9)),
            (109.0, 101.0, None),
            (109.0, 103.0, Some(0.0)),
            (0.0, 103.0, None),
            (1.0, 103.0, Some(1.0)),
            (2.0, 0.0, None),
        ] {
            assert_eq!(ratio.since_last(hits, misses), expected, "{hits} {misses}");
        }
        ratio.forget();
        assert_eq!(ratio.since_last(10.0, 10.0), None);
    }
}
