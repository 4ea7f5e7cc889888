//! Linear scale between data and positions on a chart.

/// Maps a domain (time or value) linearly onto a range (pixels or view-box units).
///
/// Either may run backwards: a value axis maps small values to large y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    domain: (f64, f64),
    range: (f64, f64),
}

impl Scale {
    /// A scale that maps `domain.0` to `range.0` and `domain.1` to `range.1`.
    pub const fn new(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { domain, range }
    }

    /// The position of `value`; outside the range when `value` is outside the domain.
    ///
    /// A domain without extent maps everything to the middle of the range.
    pub fn map(&self, value: f64) -> f64 {
        interpolate(value, self.domain, self.range).unwrap_or(f64::midpoint(self.range.0, self.range.1))
    }

    /// The value at `position`: the inverse of [`Scale::map`].
    ///
    /// A range without extent, such as that of a hidden chart, maps everything to the start of the domain.
    pub fn invert(&self, position: f64) -> f64 {
        interpolate(position, self.range, self.domain).unwrap_or(self.domain.0)
    }
}

/// `None` when `from` has no finite extent.
fn interpolate(at: f64, from: (f64, f64), to: (f64, f64)) -> Option<f64> {
    let extent = from.1 - from.0;
    (extent.is_finite() && extent != 0.0).then(|| to.0 + (at - from.0) / extent * (to.1 - to.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn maps_and_inverts() {
        let cases = [
            ((0.0, 10.0), (0.0, 100.0), 5.0, 50.0),
            ((0.0, 10.0), (100.0, 0.0), 2.0, 80.0),
            ((0.0, 10.0), (0.0, 100.0), 12.0, 120.0),
            ((-5.0, 5.0), (0.0, 10.0), -5.0, 0.0),
        ];
        for (domain, range, value, position) in cases {
            let scale = Scale::new(domain, range);
            assert_eq!((scale.map(value), scale.invert(position)), (position, value), "{domain:?} {range:?}");
        }
    }

    #[test]
    fn a_scale_without_extent_is_safe() {
        for domain in [(3.0, 3.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (-f64::MAX, f64::MAX)] {
            assert_eq!(Scale::new(domain, (0.0, 100.0)).map(7.0), 50.0, "{domain:?}");
        }
        assert_eq!(Scale::new((1.0, 2.0), (40.0, 40.0)).invert(40.0), 1.0);
    }

    proptest! {
        #[test]
        fn invert_undoes_map(low in -1e6_f64..1e6, extent in 1.0_f64..1e6, part in 0.0_f64..1.0) {
            let scale = Scale::new((low, low + extent), (300.0, 0.0));
            let value = low + part * extent;
            prop_assert!((scale.invert(scale.map(value)) - value).abs() < 1e-6);
        }
    }
}
