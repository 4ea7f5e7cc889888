//! Scale from values to positions: linear or logarithmic.

use crate::Scale;

/// Smaller values are clamped before taking the logarithm.
const MIN_LOG_VALUE: f64 = 1e-300;

/// Maps values to vertical positions on a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueScale {
    scale: Scale,
    /// Natural logarithm of the lower end; `None` for a linear scale.
    floor: Option<f64>,
}

impl ValueScale {
    /// A linear scale from `domain.0` at `range.0` to `domain.1` at `range.1`.
    pub const fn linear(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { scale: Scale::new(domain, range), floor: None }
    }

    /// A logarithmic scale. Values not above `domain.0`, such as zero and negative values, are at `range.0`.
    pub fn log((low, high): (f64, f64), range: (f64, f64)) -> Self {
        let floor = logarithm(low);
        Self { scale: Scale::new((floor, logarithm(high)), range), floor: Some(floor) }
    }

    /// The position of `value`. Values outside the domain are outside the range, except that a logarithmic scale clamps at its
    /// lower end.
    pub fn map(&self, value: f64) -> f64 {
        self.scale.map(match self.floor {
            Some(floor) => logarithm(value).max(floor),
            None => value,
        })
    }
}

fn logarithm(value: f64) -> f64 {
    value.clamp(MIN_LOG_VALUE, f64::MAX).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_factors_have_equal_distances() {
        let scale = ValueScale::log((0.01, 100.0), (100.0, 0.0));
        for (value, position) in [
            (0.01, 100.0),
            (0.1, 75.0),
            (1.0, 50.0),
            (100.0, 0.0),
            (1e4, -50.0),
            (0.0, 100.0),
            (-0.0, 100.0),
            (-5.0, 100.0),
            (0.0001, 100.0),
            (f64::NEG_INFINITY, 100.0),
        ] {
            assert!((scale.map(value) - position).abs() < 1e-9, "{value}: {}", scale.map(value));
        }
        assert_eq!(ValueScale::linear((0.0, 10.0), (100.0, 0.0)).map(2.0), 80.0);
    }

    proptest! {
        #[test]
        fn log_scale_is_monotone_and_finite(
            low in 1e-15_f64..1e20, factor in 1.1_f64..1e12,
            one in proptest::num::f64::ANY, two in proptest::num::f64::ANY,
        ) {
            let scale = ValueScale::log((low, low * factor), (0.0, 100.0));
            let (one, two) = (if one.is_nan() { 0.0 } else { one }, if two.is_nan() { 0.0 } else { two });
            let (lower, higher) = (scale.map(one.min(two)), scale.map(one.max(two)));
            prop_assert!(lower.is_finite() && higher.is_finite());
            prop_assert!(0.0 <= lower && lower <= higher, "{lower} {higher}");
            prop_assert!(low < one || scale.map(one) == 0.0);
        }
    }
}
