//! Steps between the ticks of a value axis.
//!
//! Server and page must find the same step, so no logarithms are used: their last digit differs between implementations, while
//! multiplication and division give the same result everywhere.

/// The largest power of `base` that is not above `value`, a positive finite number.
pub(crate) fn floor_power(value: f64, base: f64) -> f64 {
    let mut power = 1.0;
    if value >= 1.0 {
        while power * base <= value {
            power *= base;
        }
        return power;
    }
    // Multiplied powers are exact, and the reciprocal is rounded only once.
    while 1.0 / power > value && power.is_finite() {
        power *= base;
    }
    1.0 / power
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `min`, a positive finite number.
pub(crate) fn decimal(min: f64) -> f64 {
    let power = floor_power(min, 10.0);
    [1.0, 2.0, 5.0].iter().map(|digit| digit * power).find(|&step| step >= min).unwrap_or(10.0 * power)
}

/// The smallest power of two that is not below `min`, a positive finite number.
pub(crate) fn binary(min: f64) -> f64 {
    let power = floor_power(min, 2.0);
    if power >= min { power } else { 2.0 * power }
}

/// The smallest step of 1, 2, 2.5 or 5 times a power of ten that divides `whole` evenly into at most `intervals` parts. `None`
/// when there is none, as for 17.3.
pub(crate) fn dividing(whole: f64, intervals: usize) -> Option<f64> {
    let power = floor_power(whole / intervals as f64, 10.0);
    [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|digit| digit * power).find(|step| {
        let parts = whole / step;
        parts <= intervals as f64 + 1e-9 && (parts - parts.round()).abs() < 1e-9
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimal_steps() {
        for (min, expected) in [
            (1.0, 1.0),
            (1.1, 2.0),
            (2.5, 5.0),
            (5.1, 10.0),
            (99.0, 100.0),
            (0.03, 0.05),
            (0.001, 0.001),
            (0.0007, 0.001),
            (1e20, 1e20),
        ] {
            assert_eq!(decimal(min), expected, "{min}");
        }
    }

    #[test]
    fn binary_steps() {
        for (min, expected) in [(1.0, 1.0), (3.0, 4.0), (1024.0, 1024.0), (1025.0, 2048.0), (0.3, 0.5)] {
            assert_eq!(binary(min), expected, "{min}");
        }
    }

    #[test]
    fn dividing_steps() {
        for (whole, intervals, expected) in [
            (1.0, 4, Some(0.25)),
            (1.0, 5, Some(0.2)),
            (1.0, 10, Some(0.1)),
            (1.0, 3, Some(0.5)),
            (1.0, 1, Some(1.0)),
            (100.0, 4, Some(25.0)),
            (8.0, 4, Some(2.0)),
            (17.3, 4, None),
        ] {
            assert_eq!(dividing(whole, intervals), expected, "{whole} in {intervals}");
        }
    }

    proptest! {
        #[test]
        fn step_is_close_above_the_minimum(exponent in -12_i32..18, digits in 1.0_f64..10.0) {
            let min = digits * 10_f64.powi(exponent);
            prop_assert!((1.0..=2.5001).contains(&(decimal(min) / min)));
            prop_assert!((1.0..=2.0).contains(&(binary(min) / min)));
        }
    }
}
