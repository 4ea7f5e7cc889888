//! Quantile sketch of durations with 1 % relative error in a few kilobytes.
//!
//! DDSketch by Charles Masson, Jee E. Rim and Homin K. Lee, "DDSketch: A Fast and Fully-Mergeable
//! Quantile Sketch with Relative-Error Guarantees", [PVLDB 12(12), 2019](https://doi.org/10.14778/3352063.3352135):
//! bin borders grow by the factor γ = (1 + α) / (1 − α), where α is the relative error.
//! The paper merges the lowest bins when there are too many; here the range is fixed, so that threads can count bins
//! without a lock.

mod ddsketch;
mod live;

pub use ddsketch::Sketch;
pub(crate) use ddsketch::SketchDelta;
pub use live::LiveSketch;

use std::time::Duration;

/// Relative error of a quantile, α: 1 %.
pub const RELATIVE_ERROR: f64 = 0.01;

/// Shortest duration with accurate quantiles. Shorter ones share the lowest bin and are reported as 0.99 µs.
pub const MIN_DURATION: Duration = Duration::from_micros(1);

/// Longest duration; longer ones are capped.
pub const MAX_DURATION: Duration = Duration::from_secs(3600);

/// Number of bins from [`MIN_DURATION`] to [`MAX_DURATION`].
pub(crate) const BINS: usize = 1102;

/// ln γ; a logarithm cannot be a constant expression.
pub(crate) const LN_GAMMA: f64 = 0.020_000_666_706_669_435;

/// Nanoseconds of a duration, capped at [`MAX_DURATION`].
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.min(MAX_DURATION).as_nanos()).unwrap_or(u64::MAX)
}

/// The bin of a duration: ⌈log_γ (x / MIN_DURATION)⌉, within the range.
pub(crate) fn bin(nanos: u64) -> usize {
    let steps = (nanos as f64 / MIN_DURATION.as_nanos() as f64).ln() / LN_GAMMA;
    // Shorter durations give a negative number or -inf: the cast makes both zero.
    (steps.ceil() as usize).min(BINS - 1)
}

/// Representative duration of a bin in seconds, within the relative error of every duration in it: 2 γ^i / (γ + 1) in
/// the paper, where 2 / (γ + 1) is 1 − α.
fn bin_value(bin: usize) -> f64 {
    MIN_DURATION.as_secs_f64() * (bin as f64 * LN_GAMMA).exp() * (1.0 - RELATIVE_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_match_the_paper_and_cover_the_range() {
        let gamma: f64 = (1.0 + RELATIVE_ERROR) / (1.0 - RELATIVE_ERROR);
        assert!((gamma.ln() - LN_GAMMA).abs() < 1e-16);
        assert!((bin_value(0) - 1e-6 * 2.0 / (gamma + 1.0)).abs() < 1e-18);
        assert_eq!(bin(nanos(MAX_DURATION)), BINS - 1, "the last bin is in use");
        assert_eq!(bin(nanos(Duration::MAX)), BINS - 1);
        for (nanos, expected) in [(0, 0), (1, 0), (1_000, 0), (1_001, 1), (1_020, 1), (1_021, 2), (2_000, 35)]
        {
            assert_eq!(bin(nanos), expected, "{nanos} ns");
        }
    }
}
