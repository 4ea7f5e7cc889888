//! Parsing and formatting of values in form fields, with units.

use crate::Unit;
use crate::format::Scale;

impl Unit {
    /// Parses user input: a number with an optional display unit, such as `80 %`, `1.5 GiB` or `250 ms`. Without a
    /// unit, ratios are in percent and everything else in the base unit.
    ///
    /// # Errors
    /// The text is not a number with a known unit; the message lists the accepted units. A ratio between 0 and 1 without a
    /// unit: `0.9` may mean 0.9 % or 90 %.
    pub fn parse(self, text: &str) -> Result<f64, String> {
        let text = text.trim();
        let end = text.find(|sign: char| !matches!(sign, '0'..='9' | '.' | '-' | '+')).unwrap_or(text.len());
        let (number, suffix) = text.split_at_checked(end).unwrap_or((text, ""));
        if self == Self::Ratio && suffix.trim().is_empty() && is_fraction(number) {
            return Err(format!("{text:?} needs a unit: write it in %, such as 90 %"));
        }
        let suffix = match suffix.trim() {
            "" => self.default_suffix(),
            "us" => "µs",
            other => other,
        };
        let scale = self.scales().iter().find(|scale| scale.suffix == suffix);
        let value = scale.and_then(|scale| Some(multiplied(number.parse().ok()?, scale)));
        value.filter(|value| value.is_finite()).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            match self.scales() {
                [_] | [] => format!("{shown:?} must be a number{}", unit_hint(self.default_suffix())),
                scales => {
                    let known: Vec<&str> =
                        scales.iter().map(|scale| scale.suffix).filter(|suffix| !suffix.is_empty()).collect();
                    let known = known.join(", ");
                    format!(
                        "{shown:?} must be a number{}, or one with {known}",
                        unit_hint(self.default_suffix())
                    )
                }
            }
        })
    }

    /// Formats a finite `value` so that [`Unit::read`] gives the same value back: in the best-fitting unit where that
    /// is exact, otherwise in the default unit.
    pub fn format_input(self, value: f64) -> String {
        let best_fit = self.scale_for(value);
        let default = self.scales().iter().find(|scale| scale.suffix == self.default_suffix()).copied();
        let text = |scale: &Scale, number: f64| match scale.suffix {
            "" => number.to_string(),
            suffix => format!("{number} {suffix}"),
        };
        let is_exact = |text: &String| self.parse(text) == Ok(value);
        let rounded = [Some(best_fit), default].into_iter().flatten().map(|scale| {
            // More than twelve digits are rounding errors, not what a user typed.
            let number = format!("{:.11e}", divided(value, &scale));
            text(&scale, number.parse().unwrap_or(value))
        });
        let default = default.unwrap_or(best_fit);
        rounded.into_iter().find(is_exact).unwrap_or_else(|| text(&default, divided(value, &default)))
    }

    /// The unit of a number without a suffix.
    const fn default_suffix(self) -> &'static str {
        match self {
            Self::Ratio => "%",
            Self::Bytes => "B",
            Self::BytesPerSecond => "B/s",
            Self::Seconds => "s",
            Self::Count => "",
            Self::PerSecond => "/s",
            Self::Celsius => "°C",
            Self::Hertz => "Hz",
        }
    }
}

/// Whether this is a number between 0 and 1, both excluded.
fn is_fraction(number: &str) -> bool {
    number.parse().is_ok_and(|number: f64| number > 0.0 && number < 1.0)
}

fn unit_hint(suffix: &str) -> String {
    if suffix.is_empty() { String::new() } else { format!(" (in {suffix})") }
}

/// Divides by 100 instead of multiplying by 0.01, which is not exact.
fn multiplied(number: f64, scale: &Scale) -> f64 {
    if scale.divisor < 1.0 { number / (1.0 / scale.divisor).round() } else { number * scale.divisor }
}

fn divided(value: f64, scale: &Scale) -> f64 {
    if scale.divisor < 1.0 { value * (1.0 / scale.divisor).round() } else { value / scale.divisor }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn user_input_is_parsed() {
        for (unit, text, expected) in [
            (Unit::Ratio, "80", 0.8),
            (Unit::Ratio, " 29 % ", 0.29),
            (Unit::Ratio, "0.5 %", 0.005),
            (Unit::Ratio, "0", 0.0),
            (Unit::Bytes, "512", 512.0),
            (Unit::Bytes, "1.5 GiB", 1_610_612_736.0),
            (Unit::Seconds, "250ms", 0.25),
            (Unit::Seconds, "3 us", 3e-6),
            (Unit::Seconds, "3\u{a0}µs", 3e-6),
            (Unit::Seconds, "1.5 min", 90.0),
            (Unit::Count, "-3", -3.0),
            (Unit::Count, "2 k", 2000.0),
            (Unit::PerSecond, "100 /s", 100.0),
            (Unit::Celsius, "70", 70.0),
            (Unit::Hertz, "2.4 GHz", 2.4e9),
        ] {
            assert_eq!(unit.parse(text), Ok(expected), "{unit:?} {text:?}");
        }
    }

    #[test]
    fn invalid_input_is_rejected_with_the_accepted_units() {
        for (unit, text, expected) in [
            (Unit::Ratio, "much", "\"much\" must be a number (in %)"),
            (Unit::Ratio, "0.9", "\"0.9\" needs a unit: write it in %, such as 90 %"),
            (Unit::Bytes, "5 GB", "\"5 GB\" must be a number (in B), or one with B, KiB, MiB, GiB, TiB, PiB"),
            (Unit::Count, "", "\"\" must be a number, or one with k, M, G"),
            (Unit::Count, "inf", "\"inf\" must be a number, or one with k, M, G"),
            (
                Unit::Seconds,
                "1.2.3",
                "\"1.2.3\" must be a number (in s), or one with ns, µs, ms, s, min, h, d",
            ),
            (Unit::Celsius, "70 °F", "\"70 °F\" must be a number (in °C)"),
        ] {
            assert_eq!(unit.parse(text), Err(expected.to_owned()), "{unit:?} {text:?}");
        }
    }

    #[test]
    fn values_are_formatted_for_input_fields() {
        for (unit, value, expected) in [
            (Unit::Ratio, 0.8, "80 %"),
            (Unit::Ratio, 0.29, "29 %"),
            (Unit::Ratio, 0.0, "0 %"),
            (Unit::Bytes, 1_610_612_736.0, "1.5 GiB"),
            (Unit::Bytes, 1e9, "1000000000 B"),
            (Unit::Seconds, 2.0, "2 s"),
            (Unit::Seconds, 0.25, "250 ms"),
            (Unit::Seconds, 1000.0, "1000 s"),
            (Unit::Count, 100.0, "100"),
            (Unit::PerSecond, 10.0, "10 /s"),
        ] {
            assert_eq!(unit.format_input(value), expected, "{unit:?} {value}");
        }
    }

    proptest! {
        #[test]
        fn formatted_values_round_trip(value in -1e12_f64..1e12, digits in 0_i32..9) {
            let value = (value * 10_f64.powi(digits - 12)).round() / 10_f64.powi(digits);
            for unit in Unit::ALL {
                let back = unit.parse(&unit.format_input(value)).unwrap();
                prop_assert!((back - value).abs() <= value.abs() * 1e-15, "{unit:?} {value} {}", unit.format_input(value));
            }
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,20}") {
            for unit in Unit::ALL {
                if let Ok(value) = unit.parse(&text) {
                    prop_assert!(value.is_finite(), "{text:?}");
                }
            }
        }
    }
}
