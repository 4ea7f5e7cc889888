//! Cache hit ratio between two rounds.

/// Cache hit ratio between two rounds.
#[derive(Debug, Default)]
pub(crate) struct HitRatio {
    before: Option<(f64, f64)>,
}

impl HitRatio {
    /// Hit ratio since the last call, 0 to 1, from hit and miss counters. `None` at the first call, without reads in
    /// between, and after a counter reset.
    pub(crate) fn since_last(&mut self, hits: f64, misses: f64) -> Option<f64> {
        let (hits_before, misses_before) = self.before.replace((hits, misses))?;
        let (hit, missed) = (hits - hits_before, misses - misses_before);
        (hit >= 0.0 && missed >= 0.0 && hit + missed > 0.0).then(|| hit / (hit + missed))
    }

    /// Resets the state after a failure: a ratio over the outage would not be current.
    pub(crate) fn reset(&mut self) {
        self.before = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratio_requires_reads_between_rounds() {
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
        ratio.reset();
        assert_eq!(ratio.since_last(10.0, 10.0), None);
    }
}
