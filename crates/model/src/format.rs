//! Value formatting: the only place where base units become percent, milliseconds and gibibytes.

use crate::Unit;

/// Display multiple of a base unit: divide by `divisor`, append `suffix`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Divisor for a value in the base unit.
    pub divisor: f64,
    /// Unit after the number; `""` for none.
    pub suffix: &'static str,
}

const fn scale(divisor: f64, suffix: &'static str) -> Scale {
    Scale { divisor, suffix }
}

const KIB: f64 = 1024.0;
static RATIO: [Scale; 1] = [scale(0.01, "%")];
static BYTES: [Scale; 6] = [
    scale(1.0, "B"),
    scale(KIB, "KiB"),
    scale(KIB * KIB, "MiB"),
    scale(KIB * KIB * KIB, "GiB"),
    scale(KIB * KIB * KIB * KIB, "TiB"),
    scale(KIB * KIB * KIB * KIB * KIB, "PiB"),
];
static BYTES_PER_SECOND: [Scale; 5] = [
    scale(1.0, "B/s"),
    scale(KIB, "KiB/s"),
    scale(KIB * KIB, "MiB/s"),
    scale(KIB * KIB * KIB, "GiB/s"),
    scale(KIB * KIB * KIB * KIB, "TiB/s"),
];
static SECONDS: [Scale; 7] = [
    scale(1e-9, "ns"),
    scale(1e-6, "µs"),
    scale(1e-3, "ms"),
    scale(1.0, "s"),
    scale(60.0, "min"),
    scale(3600.0, "h"),
    scale(86400.0, "d"),
];
static COUNT: [Scale; 4] = [scale(1.0, ""), scale(1e3, "k"), scale(1e6, "M"), scale(1e9, "G")];
static PER_SECOND: [Scale; 4] = [scale(1.0, "/s"), scale(1e3, "k/s"), scale(1e6, "M/s"), scale(1e9, "G/s")];
static CELSIUS: [Scale; 1] = [scale(1.0, "°C")];
static HERTZ: [Scale; 4] = [scale(1.0, "Hz"), scale(1e3, "kHz"), scale(1e6, "MHz"), scale(1e9, "GHz")];

impl Unit {
    pub(crate) fn scales(self) -> &'static [Scale] {
        match self {
            Self::Ratio => &RATIO,
            Self::Bytes => &BYTES,
            Self::BytesPerSecond => &BYTES_PER_SECOND,
            Self::Seconds => &SECONDS,
            Self::Count => &COUNT,
            Self::PerSecond => &PER_SECOND,
            Self::Celsius => &CELSIUS,
            Self::Hertz => &HERTZ,
        }
    }

    /// The multiple that is easiest to read for values around `value`. Zero uses the base unit.
    pub fn scale_for(self, value: f64) -> Scale {
        let size = value.abs();
        let scales = self.scales();
        let smallest = scales.first().copied().unwrap_or(scale(1.0, ""));
        if size == 0.0 && self == Self::Seconds {
            return scale(1.0, "s");
        }
        // At most three digits: the next multiple takes over at 999.5, which would round to 1,000.
        // Seconds, minutes and hours switch at 60 anyway.
        scales
            .windows(2)
            .rev()
            .find_map(|pair| match pair {
                [below, above] if size >= above.divisor || size / below.divisor >= 999.5 => Some(*above),
                _ => None,
            })
            .unwrap_or(smallest)
    }

    /// Formats `value` with the best-fitting unit: `("12.4", "GiB")`. At most three digits, except beyond the largest
    /// multiple; `("–", "")` when it is not finite.
    pub fn format_parts(self, value: f64) -> (String, &'static str) {
        if !value.is_finite() {
            return ("–".to_owned(), "");
        }
        let scale = self.scale_for(value);
        (digits(value / scale.divisor, self == Self::Count && scale.divisor == 1.0), scale.suffix)
    }

    /// [`Unit::write`] as one string with a no-break space: `12.4 GiB`.
    pub fn format(self, value: f64) -> String {
        let (number, suffix) = self.format_parts(value);
        if suffix.is_empty() { number } else { format!("{number}\u{a0}{suffix}") }
    }
}

/// Two decimals below 1, one below 100, none above; a whole `count` has no decimals.
fn digits(value: f64, count: bool) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size == 0.0 || (count && value.fract() == 0.0) => 0,
        _ if size < 0.995 => 2,
        _ if size < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    // Zero after rounding has no sign: "-0.00" becomes "0.00".
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| matches!(byte, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

/// Formats an age: `12 s`, `3 min`, `5 h`, `2 d`. Negative counts as zero.
pub fn age(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..=119 => format!("{seconds}\u{a0}s"),
        120..=7199 => format!("{}\u{a0}min", seconds / 60),
        7200..=172_799 => format!("{}\u{a0}h", seconds / 3600),
        _ => format!("{}\u{a0}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_formatted_in_the_best_fitting_unit() {
        let cases = [
            (Unit::Ratio, 0.0, "0 %"),
            (Unit::Ratio, 0.0042, "0.42 %"),
            (Unit::Ratio, 0.1234, "12.3 %"),
            (Unit::Ratio, 0.9996, "100 %"),
            (Unit::Ratio, 1.0, "100 %"),
            (Unit::Bytes, 0.0, "0 B"),
            (Unit::Bytes, 999.0, "999 B"),
            (Unit::Bytes, 1023.0, "1.0 KiB"),
            (Unit::Bytes, 13_314_398_617.0, "12.4 GiB"),
            (Unit::Bytes, 1023.0 * 1024.0, "1.0 MiB"),
            (Unit::BytesPerSecond, 1536.0, "1.5 KiB/s"),
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Seconds, 0.0031, "3.1 ms"),
            (Unit::Seconds, 0.0000005, "500 ns"),
            (Unit::Seconds, 59.0, "59.0 s"),
            (Unit::Seconds, 90.0, "1.5 min"),
            (Unit::Seconds, 172_800.0, "2.0 d"),
            (Unit::Count, 5.0, "5"),
            (Unit::Count, 0.5, "0.50"),
            (Unit::Count, 12_345.0, "12.3 k"),
            (Unit::Count, -3.0, "-3"),
            (Unit::PerSecond, -0.001, "0.00 /s"),
            (Unit::PerSecond, 2500.0, "2.5 k/s"),
            (Unit::Celsius, 47.25, "47.2 °C"),
            (Unit::Celsius, -3.0, "-3.0 °C"),
            (Unit::Celsius, 1250.0, "1250 °C"),
            (Unit::Hertz, 2_400_000_000.0, "2.4 GHz"),
            (Unit::Bytes, f64::NAN, "–"),
        ];
        for (unit, value, expected) in cases {
            assert_eq!(unit.format(value).replace('\u{a0}', " "), expected, "{unit:?} {value}");
        }
    }

    #[test]
    fn ages() {
        for (millis, expected) in [
            (-5, "0 s"),
            (999, "0 s"),
            (61_000, "61 s"),
            (120_000, "2 min"),
            (7_200_000, "2 h"),
            (172_800_000, "2 d"),
        ] {
            assert_eq!(age(millis).replace('\u{a0}', " "), expected);
        }
    }

    proptest! {
        #[test]
        fn formatted_values_are_close_to_the_exact_value(value in -1e15_f64..1e15) {
            for unit in Unit::ALL {
                let scale = unit.scale_for(value);
                let (number, suffix) = unit.format_parts(value);
                prop_assert_eq!(suffix, scale.suffix);
                let back: f64 = number.parse::<f64>().unwrap() * scale.divisor;
                prop_assert!((back - value).abs() <= 0.06 * value.abs().max(scale.divisor), "{value} -> {number}{suffix}");
            }
        }
    }
}
