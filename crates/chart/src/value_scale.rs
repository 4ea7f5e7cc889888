//! The map from values to heights: even, or by factors.

use crate::Scale;

/// No logarithm is taken of less: it would have none, or one beyond any chart.
const LEAST: f64 = 1e-300;

/// Maps values onto the height of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueScale {
    scale: Scale,
    /// Natural logarithm of the least value; `None` for an even scale.
    floor: Option<f64>,
}

impl ValueScale {
    /// Equal differences are equal heights: `domain.0` lies at `range.0`, `domain.1` at `range.1`.
    pub const fn linear(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { scale: Scale::new(domain, range), floor: None }
    }

    /// Equal factors are equal heights. What is not above `domain.0`, such as zero and all that is negative, lies at `range.0`.
    pub fn log((low, high): (f64, f64), range: (f64, f64)) -> Self {
        let floor = logarithm(low);
        Self { scale: Scale::new((floor, logarithm(high)), range), floor: Some(floor) }
    }

    /// The place of `value`; beyond the range when `value` is beyond the domain, but at its end below a logarithmic one.
    pub fn map(&self, value: f64) -> f64 {
        self.scale.map(match self.floor {
            Some(floor) => logarithm(value).max(floor),
            None => value,
        })
    }
}

fn logarithm(value: f64) -> f64 {
    value.clamp(LEAST, f64::MAX).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_factors_are_equal_heights() {
        let scale = ValueScale::log((0.01, 100.0), (100.0, 0.0));
        for (value, place) in [
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
            assert!((scale.map(value) - place).abs() < 1e-9, "{value}: {}", scale.map(value));
        }
        assert_eq!(ValueScale::linear((0.0, 10.0), (100.0, 0.0)).map(2.0), 80.0);
    }

    proptest! {
        #[test]
        fn a_log_scale_is_monotone_and_finite_for_every_number(
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
