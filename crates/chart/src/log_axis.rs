//! Logarithmic value axis.

use crate::value_axis::{MAX_VALUE, MIN_VALUE, empty_top, tick};
use crate::{Axis, step};
use watchglass_model::Unit;

/// Minimum ratio of the bottom to the top of the axis; smaller values count as zero.
const MIN_RATIO: f64 = 1e-12;
/// Candidate steps between ticks, in powers of the base.
const STRIDES: [i32; 7] = [1, 2, 3, 5, 10, 20, 40];
/// Below this ratio of top to bottom, ticks at 2 and 5 times a power of ten are added.
const MAX_RATIO_WITH_MINOR_TICKS: f64 = 500.0;

/// The logarithmic axis for positive values in `range` (minimum, maximum); `None` means no values.
///
/// It starts and ends at a power of ten, or of two for bytes; with a `ceiling` above its start it ends there. It has at most
/// `intervals` intervals (1 to 20) of equal height; with few powers of ten, also ticks at 2 and 5 times each. Each label has the
/// unit that fits its value.
pub fn log_ticks(unit: Unit, range: Option<(f64, f64)>, ceiling: Option<f64>, intervals: usize) -> Axis {
    let intervals = intervals.clamp(1, 20);
    let range = range.filter(|(low, high)| 0.0 < *low && low <= high && high.is_finite());
    let top = empty_top(unit);
    let (low, high) = range.unwrap_or((top / 10.0, top));
    let high = high.clamp(MIN_VALUE, MAX_VALUE);
    let low = low.clamp((high * MIN_RATIO).max(MIN_VALUE), high);
    let base: f64 = if matches!(unit, Unit::Bytes | Unit::BytesPerSecond) { 2.0 } else { 10.0 };
    let mut powers = Vec::new();
    for stride in STRIDES {
        powers = powers_around(low, high, base.powi(stride));
        if powers.len() <= intervals + 1 {
            break;
        }
    }
    let (first, last) =
        powers.first().zip(powers.last()).map_or((top / 10.0, top), |(first, last)| (*first, *last));
    let factors: &[f64] =
        if base == 10.0 && last < first * MAX_RATIO_WITH_MINOR_TICKS { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let end = ceiling.filter(|ceiling| ceiling.is_finite() && *ceiling > first).unwrap_or(last);
    let mut ticks = Vec::new();
    for power in powers {
        let values = factors.iter().map(|factor| factor * power).filter(|&value| value <= end);
        ticks.extend(values.map(|value| tick(unit, value)));
    }
    Axis { low: first, high: end, ticks, is_log: true }
}

/// The powers of `base` that enclose `low` and `high`; at least two.
fn powers_around(low: f64, high: f64, base: f64) -> Vec<f64> {
    let mut power = step::floor_power(low, base);
    let mut powers = vec![power];
    while power < high || powers.len() < 2 {
        // Below 1, multiplying would accumulate rounding errors.
        power = if power < 1.0 { 1.0 / (1.0 / power / base).round() } else { power * base };
        powers.push(power);
    }
    powers
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIB: f64 = 1_048_576.0;

    #[test]
    fn ticks_are_powers_with_fitting_units() {
        for (unit, range, ceiling, expected) in [
            (Unit::Seconds, (0.0012, 4.0), None, "1 ms, 10 ms, 100 ms, 1 s, 10 s"),
            (Unit::Seconds, (0.002, 0.009), None, "1 ms, 2 ms, 5 ms, 10 ms"),
            (Unit::Seconds, (0.1, 500.0), None, "100 ms, 1 s, 10 s, 100 s, 1000 s"),
            (Unit::Ratio, (0.0001, 0.4), Some(1.0), "0.01 %, 0.1 %, 1 %, 10 %, 100 %"),
            (Unit::Ratio, (0.3, 0.5), Some(0.6), "10 %, 20 %, 50 %"),
            (Unit::Ratio, (0.3, 0.5), Some(0.05), "10 %, 20 %, 50 %, 100 %"),
            (Unit::Count, (1.0, 1.0), None, "1, 2, 5, 10"),
            (Unit::Count, (3.0, 2e6), None, "1, 100, 10 k, 1 M, 100 M"),
            (Unit::PerSecond, (0.5, 30.0), None, "0.1 /s, 1 /s, 10 /s, 100 /s"),
            (Unit::Bytes, (900.0, 700.0 * MIB), None, "32 B, 1 KiB, 32 KiB, 1 MiB, 32 MiB, 1 GiB"),
            (Unit::Bytes, (MIB, 3.0 * MIB), None, "1 MiB, 2 MiB, 4 MiB"),
            (Unit::Celsius, (35.0, 60.0), None, "10 °C, 20 °C, 50 °C, 100 °C"),
        ] {
            let axis = log_ticks(unit, Some(range), ceiling, 5);
            let labels: Vec<String> =
                axis.ticks.iter().map(|tick| tick.label.replace('\u{a0}', " ")).collect();
            assert_eq!(labels.join(", "), expected, "{unit:?} {range:?} {ceiling:?}");
        }
    }

    #[test]
    fn axis_without_values_is_valid() {
        for range in
            [None, Some((0.0, 1.0)), Some((-1.0, 1.0)), Some((f64::NAN, 1.0)), Some((1.0, f64::INFINITY))]
        {
            for unit in Unit::ALL {
                let axis = log_ticks(unit, range, None, 4);
                assert!(axis.is_log && 0.0 < axis.low && axis.low < axis.high, "{unit:?} {range:?}");
                assert!(axis.ticks.len() >= 2, "{unit:?} {range:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn axis_covers_the_data_with_distinct_labels(
            digits in 1.0_f64..10.0, exponent in -9_i32..15, factor in 1.0_f64..1e9, intervals in 1_usize..10,
        ) {
            let low = digits * 10_f64.powi(exponent);
            let high = (low * factor).min(MAX_VALUE);
            for unit in Unit::ALL {
                let axis = log_ticks(unit, Some((low, high)), None, intervals);
                prop_assert!(0.0 < axis.low && axis.low <= low * (1.0 + 1e-9) && high <= axis.high, "{axis:?}");
                prop_assert!((2..=intervals.max(7) + 1).contains(&axis.ticks.len()), "{axis:?}");
                prop_assert!(axis.ticks.windows(2).all(|pair| pair[0].value < pair[1].value));
                let mut labels: Vec<&str> = axis.ticks.iter().map(|tick| tick.label.as_str()).collect();
                labels.sort_unstable();
                labels.dedup();
                prop_assert_eq!(labels.len(), axis.ticks.len(), "{:?}", axis);
            }
        }

        #[test]
        fn extreme_ranges_are_safe(low in proptest::num::f64::ANY, high in proptest::num::f64::ANY, ceiling in proptest::num::f64::ANY) {
            for unit in Unit::ALL {
                let axis = log_ticks(unit, Some((low, high)), Some(ceiling), 4);
                prop_assert!(0.0 < axis.low && axis.low < axis.high && axis.high.is_finite(), "{axis:?}");
                prop_assert!(axis.ticks.len() <= 20, "{axis:?}");
            }
        }
    }
}
