//! Any percentile of durations, to one percent, in a fixed few kilobytes.
//!
//! The sketch is the one of Charles Masson, Jee E. Rim and Homin K. Lee, "DDSketch: A Fast and Fully-Mergeable
//! Quantile Sketch with Relative-Error Guarantees", [PVLDB 12(12), 2019](https://doi.org/10.14778/3352063.3352135):
//! bins whose borders grow by the factor γ = (1 + α) / (1 − α), where α is the relative error that is promised.
//! Where the paper merges the lowest bins when there are too many, the range is fixed here, so that bins can be
//! counted by many threads without a lock.

mod live;
mod merged;

pub use live::LiveSketch;
pub use merged::Sketch;
pub(crate) use merged::SketchGrowth;

use std::time::Duration;

/// The relative error of a quantile, α: 1 %.
pub const RELATIVE_ERROR: f64 = 0.01;

/// The shortest duration whose quantiles are promised. Shorter ones share the lowest bin, and a quantile among
/// them comes out as 0.99 µs.
pub const SHORTEST: Duration = Duration::from_micros(1);

/// The longest duration that there is. Longer ones count as this.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// How many bins reach from [`SHORTEST`] to [`LONGEST`].
pub(crate) const BINS: usize = 1102;

/// ln γ; a logarithm cannot be a constant expression.
pub(crate) const LN_GAMMA: f64 = 0.020_000_666_706_669_435;

/// Nanoseconds of a duration, of [`LONGEST`] at most.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.min(LONGEST).as_nanos()).unwrap_or(u64::MAX)
}

/// The bin of a duration: ⌈log_γ (x / SHORTEST)⌉, within the range.
pub(crate) fn bin(nanos: u64) -> usize {
    let steps = (nanos as f64 / SHORTEST.as_nanos() as f64).ln() / LN_GAMMA;
    // Shorter than the shortest gives a negative number or none at all: the cast makes both zero.
    (steps.ceil() as usize).min(BINS - 1)
}

/// The duration, in seconds, that is no further than the relative error from any in that bin: the paper's
/// 2 γ^i / (γ + 1), of which 2 / (γ + 1) is 1 − α.
fn middle(bin: usize) -> f64 {
    SHORTEST.as_secs_f64() * (bin as f64 * LN_GAMMA).exp() * (1.0 - RELATIVE_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bins_are_those_of_the_paper_and_reach_the_longest() {
        let gamma: f64 = (1.0 + RELATIVE_ERROR) / (1.0 - RELATIVE_ERROR);
        assert!((gamma.ln() - LN_GAMMA).abs() < 1e-16);
        assert!((middle(0) - 1e-6 * 2.0 / (gamma + 1.0)).abs() < 1e-18);
        assert_eq!(bin(nanos(LONGEST)), BINS - 1, "the last bin is in use");
        assert_eq!(bin(nanos(Duration::MAX)), BINS - 1);
        for (nanos, expected) in [(0, 0), (1, 0), (1_000, 0), (1_001, 1), (1_020, 1), (1_021, 2), (2_000, 35)]
        {
            assert_eq!(bin(nanos), expected, "{nanos} ns");
        }
    }
}
