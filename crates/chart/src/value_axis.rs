//! Value axis: bounds, ticks and labels.

use crate::{Tick, ValueScale, step};
use watchglass_model::Unit;
use watchglass_model::format::Scale as Multiple;

/// Maximum number of intervals of a value axis. SVG and canvas use the same, so that the scale does not change when the canvas
/// replaces the SVG.
pub const VALUE_INTERVALS: usize = 4;

/// Smaller values count as zero.
pub(crate) const MIN_VALUE: f64 = 1e-15;
/// Limit of the axis, about a hundred times the largest 64-bit integer.
pub(crate) const MAX_VALUE: f64 = 1e21;

/// A value axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Value at the bottom: 0 unless there are negative values; above 0 on a logarithmic axis.
    pub low: f64,
    /// Value at the top, always above `low`.
    pub high: f64,
    /// Ticks in ascending order, including `low` and, unless a ceiling has no even division, `high`. All labels of a linear axis
    /// have the same unit and number of decimals.
    pub ticks: Vec<Tick>,
    /// Whether the axis is logarithmic.
    pub is_log: bool,
}

impl Axis {
    /// The scale from values to positions, from `range.0` at the bottom to `range.1` at the top.
    pub fn scale(&self, range: (f64, f64)) -> ValueScale {
        let domain = (self.low, self.high);
        if self.is_log { ValueScale::log(domain, range) } else { ValueScale::linear(domain, range) }
    }
}

/// The linear axis for values in `range` (minimum, maximum); `None` means no values.
///
/// It covers zero and all of `range`. It has at most `intervals` equal intervals (1 to 20; 1-2-5 steps may need one more with
/// negative values), each 1, 2 or 5 times a power of ten in the unit of the labels, or a power of two for bytes. With a `ceiling`
/// it ends there, divided evenly if a round step allows it: a ratio in four intervals is 0 %, 25 %, 50 %, 75 %, 100 %.
pub fn value_ticks(unit: Unit, range: Option<(f64, f64)>, ceiling: Option<f64>, intervals: usize) -> Axis {
    let intervals = intervals.clamp(1, 20);
    let ceiling = ceiling.filter(|ceiling| (MIN_VALUE..=MAX_VALUE).contains(ceiling));
    let (low, high) = range.filter(|(low, high)| low <= high).unwrap_or((0.0, 0.0));
    let (low, high) = (low.clamp(-MAX_VALUE, 0.0), ceiling.unwrap_or(high.clamp(0.0, MAX_VALUE)));
    let high = if high - low < MIN_VALUE { empty_top(unit) } else { high };

    // The step is round in the unit of the labels, which depends on the top of the axis, which depends on the step. If rounding
    // up leads to a larger unit (58 s to 1 min), the step is computed again in that unit.
    let mut divisor = unit.scale_for(high.max(-low)).divisor;
    let mut axis = Bounds::new(unit, (low, high), ceiling, intervals, divisor);
    let rounded = unit.scale_for(axis.size());
    if rounded.divisor != divisor {
        divisor = rounded.divisor;
        axis = Bounds::new(unit, (low, high), ceiling, intervals, divisor);
    }
    Axis { low: axis.low, high: axis.high, ticks: axis.ticks(unit), is_log: false }
}

/// Top of the axis of an empty chart.
pub(crate) fn empty_top(unit: Unit) -> f64 {
    match unit {
        Unit::Bytes | Unit::BytesPerSecond => 4096.0,
        Unit::Ratio | Unit::Seconds | Unit::Count | Unit::PerSecond | Unit::Celsius | Unit::Hertz => 1.0,
    }
}

struct Bounds {
    low: f64,
    high: f64,
    step: f64,
}

impl Bounds {
    fn new(
        unit: Unit,
        (low, high): (f64, f64),
        ceiling: Option<f64>,
        intervals: usize,
        divisor: f64,
    ) -> Self {
        let min_step = (high - low) / intervals as f64;
        let step = match unit {
            Unit::Bytes | Unit::BytesPerSecond => step::binary(min_step.max(1.0)),
            _ => {
                ceiling
                    .filter(|_| low == 0.0)
                    .and_then(|ceiling| step::dividing(ceiling / divisor, intervals))
                    .unwrap_or_else(|| step::decimal(min_step / divisor))
                    * divisor
            }
        };
        Self {
            low: 0.0 - steps_up_to(-low, step) * step,
            high: ceiling.unwrap_or(steps_up_to(high, step) * step),
            step,
        }
    }

    fn size(&self) -> f64 {
        self.high.max(-self.low)
    }

    fn ticks(&self, unit: Unit) -> Vec<Tick> {
        let scale = unit.scale_for(self.size());
        let first = (self.low / self.step).round() as i64;
        let last = (self.high / self.step + TOLERANCE).floor() as i64;
        let values: Vec<f64> = (first..=last).map(|index| index as f64 * self.step).collect();
        let decimals = decimals(values.iter().map(|value| value / scale.divisor));
        values.iter().map(|&value| Tick { value, label: label(unit, scale, decimals, value) }).collect()
    }
}

fn label(unit: Unit, scale: Multiple, decimals: usize, value: f64) -> String {
    let number = value / scale.divisor;
    let separator = if scale.suffix.is_empty() { "" } else { "\u{a0}" };
    match value == 0.0 {
        // The suffix of a count is a factor, which zero does not need.
        true if unit == Unit::Count => "0".to_owned(),
        true => format!("0{separator}{}", scale.suffix),
        false => format!("{number:.decimals$}{separator}{}", scale.suffix),
    }
}

/// A tick whose label has its own unit. Times use seconds at most, because no power of ten is a round number of minutes.
pub(crate) fn tick(unit: Unit, value: f64) -> Tick {
    let scale = unit.scale_for(if unit == Unit::Seconds { value.min(1.0) } else { value });
    let decimals = decimals(std::iter::once(value / scale.divisor));
    Tick { value, label: label(unit, scale, decimals, value) }
}

/// Number of whole steps that cover `size`; 0 only for size 0.
fn steps_up_to(size: f64, step: f64) -> f64 {
    if size > 0.0 { (size / step - TOLERANCE).ceil().max(1.0) } else { 0.0 }
}

/// Tolerance, in steps, for a bound on a tick: above rounding errors, and not visible.
const TOLERANCE: f64 = 1e-9;

/// The smallest number of decimals that represents all numbers exactly.
fn decimals(numbers: impl Iterator<Item = f64> + Clone) -> usize {
    let mut factor = 1.0;
    for decimals in 0..12 {
        if numbers.clone().all(|number| {
            let scaled = number * factor;
            (scaled - scaled.round()).abs() <= 1e-9 * scaled.abs().max(1.0)
        }) {
            return decimals;
        }
        factor *= 10.0;
    }
    12
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIB: f64 = 1_048_576.0;

    fn labels(axis: &Axis) -> String {
        axis.ticks.iter().map(|tick| tick.label.replace('\u{a0}', " ")).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn labels_are_round_and_share_a_unit() {
        let cases = [
            (Unit::Ratio, (0.0, 0.3), Some(1.0), "0 %, 25 %, 50 %, 75 %, 100 %"),
            (Unit::Ratio, (0.0, 0.004), None, "0 %, 0.1 %, 0.2 %, 0.3 %, 0.4 %"),
            (Unit::Ratio, (0.0, 1.7), None, "0 %, 50 %, 100 %, 150 %, 200 %"),
            (Unit::Count, (0.0, 7.0), None, "0, 2, 4, 6, 8"),
            (Unit::Count, (2.0, 3.0), None, "0, 1, 2, 3"),
            (Unit::Count, (0.0, 0.1), None, "0, 0.05, 0.10"),
            (Unit::Count, (0.0, 995.0), None, "0, 0.5 k, 1.0 k"),
            (Unit::Count, (0.0, 45_000.0), None, "0, 20 k, 40 k, 60 k"),
            (Unit::PerSecond, (0.0, 1234.0), None, "0 k/s, 0.5 k/s, 1.0 k/s, 1.5 k/s"),
            (Unit::Bytes, (0.0, 900.0), None, "0 KiB, 0.25 KiB, 0.50 KiB, 0.75 KiB, 1.00 KiB"),
            (Unit::Bytes, (0.0, 2.0), None, "0 B, 1 B, 2 B"),
            (Unit::Bytes, (0.0, 900.0 * MIB), None, "0 GiB, 0.25 GiB, 0.50 GiB, 0.75 GiB, 1.00 GiB"),
            (Unit::Bytes, (0.0, 700.0 * MIB), None, "0 MiB, 256 MiB, 512 MiB, 768 MiB"),
            (Unit::Bytes, (0.0, 12.4 * 1024.0 * MIB), None, "0 GiB, 4 GiB, 8 GiB, 12 GiB, 16 GiB"),
            (Unit::BytesPerSecond, (0.0, 5.0 * MIB), None, "0 MiB/s, 2 MiB/s, 4 MiB/s, 6 MiB/s"),
            (Unit::Seconds, (0.0, 0.0031), None, "0 ms, 1 ms, 2 ms, 3 ms, 4 ms"),
            (Unit::Seconds, (0.0, 58.0), None, "0 min, 0.5 min, 1.0 min"),
            (Unit::Seconds, (0.0, 7000.0), None, "0 h, 0.5 h, 1.0 h, 1.5 h, 2.0 h"),
            (Unit::Count, (-3.0, 4.0), None, "-4, -2, 0, 2, 4"),
            (Unit::Count, (-3.0, -1.0), None, "-3, -2, -1, 0"),
            (Unit::Count, (0.0, 5.0), Some(100.0), "0, 25, 50, 75, 100"),
            (Unit::Count, (0.0, 5.0), Some(17.3), "0, 5, 10, 15"),
            (Unit::Bytes, (0.0, 1.0), Some(3.0 * MIB), "0 MiB, 1 MiB, 2 MiB, 3 MiB"),
            (Unit::Ratio, (0.0, 0.5), Some(f64::NAN), "0 %, 20 %, 40 %, 60 %"),
        ];
        for (unit, range, ceiling, expected) in cases {
            let axis = value_ticks(unit, Some(range), ceiling, 4);
            assert_eq!(labels(&axis), expected, "{unit:?} {range:?} {ceiling:?}");
        }
    }

    #[test]
    fn empty_chart_has_a_valid_axis() {
        for (unit, expected) in [
            (Unit::Ratio, "0 %, 50 %, 100 %"),
            (Unit::Bytes, "0 KiB, 1 KiB, 2 KiB, 3 KiB, 4 KiB"),
            (Unit::Seconds, "0 s, 0.5 s, 1.0 s"),
            (Unit::Count, "0, 0.5, 1.0"),
        ] {
            for range in
                [None, Some((0.0, 0.0)), Some((f64::NAN, f64::NAN)), Some((1.0, -1.0)), Some((0.0, 1e-300))]
            {
                let axis = value_ticks(unit, range, None, 4);
                assert_eq!(labels(&axis), expected, "{unit:?} {range:?}");
            }
        }
    }

    #[test]
    fn axis_ends_at_the_ceiling() {
        for (ceiling, values) in
            [(1.0, (0.0, 0.01)), (1.0, (0.0, 3.0)), (17.3, (0.0, 9.0)), (17.3, (-1.0, 9.0))]
        {
            assert_eq!(
                value_ticks(Unit::Count, Some(values), Some(ceiling), 4).high,
                ceiling,
                "{ceiling} {values:?}"
            );
        }
    }

    #[test]
    fn extreme_values_are_safe() {
        for range in [(-f64::MAX, f64::MAX), (f64::NEG_INFINITY, f64::INFINITY), (0.0, 1e308), (0.0, 1e-14)] {
            for unit in Unit::ALL {
                let axis = value_ticks(unit, Some(range), None, usize::MAX);
                assert!(axis.low < axis.high && axis.high.is_finite(), "{unit:?} {range:?}");
                assert!((2..=23).contains(&axis.ticks.len()), "{unit:?} {range:?}: {}", axis.ticks.len());
            }
        }
    }

    proptest! {
        #[test]
        fn axis_covers_zero_and_the_data_with_distinct_labels(
            low_digits in 0.0_f64..10.0, digits in 1.0_f64..10.0, exponent in -9_i32..15, negative: bool, intervals in 1_usize..10,
        ) {
            let high = digits * 10_f64.powi(exponent);
            let low = if negative { -low_digits * 10_f64.powi(exponent) } else { 0.0 };
            for unit in Unit::ALL {
                let axis = value_ticks(unit, Some((low, high)), None, intervals);
                let slack = 1e-6 * (axis.high - axis.low);
                prop_assert!(axis.low <= low + slack && high <= axis.high + slack);
                prop_assert!(axis.ticks.len() >= 2 && axis.ticks.len() <= intervals + 3);
                prop_assert!(axis.ticks.windows(2).all(|pair| pair[0].value < pair[1].value));
                prop_assert!(axis.ticks.iter().any(|tick| tick.value == 0.0));
                prop_assert_eq!(axis.ticks.first().unwrap().value, axis.low);
                prop_assert!((axis.ticks.last().unwrap().value - axis.high).abs() <= slack);
                let mut labels: Vec<&str> = axis.ticks.iter().map(|tick| tick.label.as_str()).collect();
                labels.sort_unstable();
                labels.dedup();
                prop_assert_eq!(labels.len(), axis.ticks.len(), "{:?}", axis);
            }
        }
    }
}
