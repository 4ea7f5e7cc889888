//! Quantile sketch: merge, difference and quantiles.

use super::{BINS, LiveSketch, bin, bin_value, nanos};
use std::time::Duration;

/// Quantile sketch of durations, with an error of [`RELATIVE_ERROR`](super::RELATIVE_ERROR).
///
/// Uses 9 KB, independent of the number of durations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    counts: Box<[u64]>,
    sum_nanos: u64,
}

/// Increase of a sketch since it was last read: eight bytes per bin that grew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SketchDelta {
    /// Bins and their increase. A bin may occur more than once.
    pub(crate) bins: Vec<(u16, u32)>,
    pub(crate) sum_nanos: u64,
}

impl SketchDelta {
    /// Clears it and keeps the allocation.
    pub(crate) fn clear(&mut self) {
        self.bins.clear();
        self.sum_nanos = 0;
    }

    /// Adds a later increase.
    pub(crate) fn append(&mut self, later: &Self) {
        self.bins.extend_from_slice(&later.bins);
        self.sum_nanos = self.sum_nanos.wrapping_add(later.sum_nanos);
    }
}

impl Default for Sketch {
    fn default() -> Self {
        Self { counts: vec![0; BINS].into(), sum_nanos: 0 }
    }
}

impl Sketch {
    /// An empty sketch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a duration, capped at [`MAX_DURATION`](super::MAX_DURATION).
    pub fn record(&mut self, duration: Duration) {
        let nanos = nanos(duration);
        if let Some(count) = self.counts.get_mut(bin(nanos)) {
            *count = count.saturating_add(1);
        }
        self.sum_nanos = self.sum_nanos.wrapping_add(nanos);
    }

    /// Adds all durations of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
        self.sum_nanos = self.sum_nanos.wrapping_add(other.sum_nanos);
    }

    /// Increase since `earlier`, an earlier state of the same sketch.
    pub fn since(&self, earlier: &Self) -> Self {
        let grown = |(now, before): (&u64, &u64)| now.saturating_sub(*before);
        Self {
            counts: self.counts.iter().zip(&earlier.counts).map(grown).collect(),
            sum_nanos: self.sum_nanos.wrapping_sub(earlier.sum_nanos),
        }
    }

    /// Number of durations.
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Number of durations up to `bound`; may include durations longer by up to twice
    /// [`RELATIVE_ERROR`](super::RELATIVE_ERROR).
    pub fn count_up_to(&self, bound: Duration) -> u64 {
        let bins = self.counts.iter().take(bin(nanos(bound)) + 1);
        bins.fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Sum of all durations in seconds. Wraps after 584 years.
    pub fn sum(&self) -> f64 {
        self.sum_nanos as f64 / 1e9
    }

    /// Exact mean in seconds; `None` without durations.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum() / count as f64)
    }

    /// The `quantile` (0 to 1) of the durations in seconds: 0.5 is the median.
    /// Of n sorted durations it is the one at index ⌊quantile · (n − 1)⌋ (algorithm 2 of the paper). `None` without
    /// durations, or if `quantile` is not within 0 and 1.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let last = self.count().checked_sub(1)?;
        if !(0.0..=1.0).contains(&quantile) {
            return None;
        }
        let rank = (quantile * last as f64) as u64;
        let mut seen = 0_u64;
        let found = self.counts.iter().position(|count| {
            seen = seen.saturating_add(*count);
            seen > rank
        });
        found.map(bin_value)
    }

    /// Increase by bin since `earlier`, or everything without `earlier`.
    #[cfg(feature = "push")]
    pub(crate) fn delta_since(&self, earlier: Option<&Self>) -> SketchDelta {
        let before = |bin: u16| {
            earlier.and_then(|earlier| earlier.counts.get(usize::from(bin))).copied().unwrap_or_default()
        };
        let grown = (0_u16..).zip(&self.counts).filter_map(|(bin, now)| {
            let grown = now.saturating_sub(before(bin));
            (grown > 0).then(|| (bin, u32::try_from(grown).unwrap_or(u32::MAX)))
        });
        let sum_before = earlier.map_or(0, |earlier| earlier.sum_nanos);
        SketchDelta { bins: grown.collect(), sum_nanos: self.sum_nanos.wrapping_sub(sum_before) }
    }

    /// Updates the sketch from `live`, and adds the increase to `growth`.
    pub(crate) fn update_from(&mut self, live: &LiveSketch, growth: &mut SketchDelta) {
        for ((bin, kept), now) in (0_u16..).zip(&mut self.counts).zip(live.counts()) {
            let grown = now.wrapping_sub(*kept);
            if grown > 0 {
                *kept = now;
                growth.bins.push((bin, u32::try_from(grown).unwrap_or(u32::MAX)));
            }
        }
        let sum_nanos = live.sum_nanos();
        growth.sum_nanos = growth.sum_nanos.wrapping_add(sum_nanos.wrapping_sub(self.sum_nanos));
        self.sum_nanos = sum_nanos;
    }

    /// Adds an increase.
    pub(crate) fn add(&mut self, growth: &SketchDelta) {
        for (bin, grown) in &growth.bins {
            if let Some(count) = self.counts.get_mut(usize::from(*bin)) {
                *count = count.saturating_add(u64::from(*grown));
            }
        }
        self.sum_nanos = self.sum_nanos.wrapping_add(growth.sum_nanos);
    }

    /// Subtracts an increase.
    pub(crate) fn subtract(&mut self, growth: &SketchDelta) {
        for (bin, grown) in &growth.bins {
            if let Some(count) = self.counts.get_mut(usize::from(*bin)) {
                *count = count.saturating_sub(u64::from(*grown));
            }
        }
        self.sum_nanos = self.sum_nanos.wrapping_sub(growth.sum_nanos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::RELATIVE_ERROR;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Durations over the whole accurate range, uniform on a logarithmic scale.
    fn in_range() -> impl Strategy<Value = Duration> {
        (3.0_f64..12.556).prop_map(|digits| Duration::from_nanos((10_f64.powf(digits)).ceil() as u64))
    }

    fn sketch_of(durations: &[Duration]) -> Sketch {
        let mut sketch = Sketch::new();
        durations.iter().for_each(|duration| sketch.record(*duration));
        sketch
    }

    #[test]
    fn empty_sketch_has_no_quantile_and_no_mean() {
        let sketch = Sketch::new();
        assert_eq!((sketch.count(), sketch.mean(), sketch.quantile(0.5)), (0, None, None));
    }

    #[test]
    fn any_duration_is_accepted_and_invalid_quantiles_are_none() {
        let sketch =
            sketch_of(&[Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(7200), Duration::MAX]);
        assert_eq!(sketch.count(), 4);
        assert!(sketch.quantile(0.0).unwrap() <= 1e-6);
        assert!((sketch.quantile(1.0).unwrap() / 3600.0 - 1.0).abs() <= RELATIVE_ERROR);
        assert!((sketch.mean().unwrap() - 1800.0).abs() < 1e-6);
        for quantile in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
            assert_eq!(sketch.quantile(quantile), None, "{quantile}");
        }
    }

    proptest! {
        #[test]
        fn count_up_to_is_within_twice_the_error(
            durations in proptest::collection::vec(in_range(), 0..60), bound in in_range(),
        ) {
            let found = sketch_of(&durations).count_up_to(bound);
            let up_to = |bound: f64| durations.iter().filter(|one| one.as_secs_f64() <= bound).count() as u64;
            let longer = bound.as_secs_f64() * (1.0 + 2.1 * RELATIVE_ERROR);
            prop_assert!(up_to(bound.as_secs_f64()) <= found && found <= up_to(longer), "{found}");
        }
    }

    #[test]
    fn quantiles_of_few_durations() {
        let millis =
            |all: &[u64]| sketch_of(&all.iter().map(|&ms| Duration::from_millis(ms)).collect::<Vec<_>>());
        for (all, quantile, expected) in [
            (&[10][..], 0.5, 0.010),
            (&[10, 20], 0.5, 0.010),
            (&[10, 20, 30], 0.5, 0.020),
            (&[30, 10, 20], 1.0, 0.030),
            (&[10, 20, 30], 0.0, 0.010),
        ] {
            let found = millis(all).quantile(quantile).unwrap();
            assert!((found / expected - 1.0).abs() <= RELATIVE_ERROR, "{all:?} at {quantile}: {found}");
        }
    }

    proptest! {
        #[test]
        fn quantiles_are_within_the_relative_error(
            mut durations in vec(in_range(), 1..300),
            quantile in 0.0_f64..=1.0,
        ) {
            let found = sketch_of(&durations).quantile(quantile).unwrap();
            durations.sort();
            let exact = durations[(quantile * (durations.len() - 1) as f64) as usize].as_secs_f64();
            // Tolerance for the rounding of the logarithm.
            prop_assert!((found - exact).abs() <= exact * (RELATIVE_ERROR + 1e-9), "{found} for {exact}");
        }

        #[test]
        fn merge_and_difference_are_inverse(
            left in vec(any::<u64>().prop_map(Duration::from_nanos), 0..50),
            right in vec(in_range(), 0..50),
        ) {
            let mut merged = sketch_of(&left);
            merged.merge(&sketch_of(&right));
            prop_assert_eq!(&merged, &sketch_of(&[left.clone(), right.clone()].concat()));
            prop_assert_eq!(merged.since(&sketch_of(&left)), sketch_of(&right));
        }

        #[test]
        fn following_a_live_sketch_returns_the_increase(
            rounds in vec(vec(in_range(), 0..30), 1..5),
        ) {
            let (live, mut copy, mut window) = (LiveSketch::new(), Sketch::new(), Sketch::new());
            for round in &rounds {
                round.iter().for_each(|duration| live.record(*duration));
                let mut growth = SketchDelta::default();
                copy.update_from(&live, &mut growth);
                window.add(&growth);
                prop_assert_eq!(&window, &sketch_of(round));
                window.subtract(&growth);
            }
            prop_assert_eq!(&copy, &sketch_of(&rounds.concat()));
            prop_assert_eq!(copy, live.sketch());
            prop_assert_eq!(window, Sketch::new());
        }
    }
}
