//! Numbers of the report: whole ones are written as integers, such as `80` instead of `80.0`.

use serde::{Serialize, Serializer};

/// Up to here every whole number is an exact `f64`.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// 0.55 as a percentage is 55.00000000000001.
const ROUNDING: f64 = 1e-9;

/// Serialises a whole number as an integer.
pub(crate) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let whole = value.round();
    if (value - whole).abs() < ROUNDING && whole.abs() <= MAX_WHOLE {
        serializer.serialize_i64(whole as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

/// [`number`] or null.
pub(crate) fn optional<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    struct Number(f64);
    impl Serialize for Number {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            number(&self.0, serializer)
        }
    }
    value.map(Number).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Report {
        #[serde(serialize_with = "number")]
        threshold: f64,
        #[serde(serialize_with = "optional")]
        count: Option<f64>,
    }

    #[test]
    fn whole_numbers_are_integers() {
        for (threshold, count, expected) in [
            (0.55 * 100.0, Some(1.0), r#"{"threshold":55,"count":1}"#),
            (80.0, Some(0.0), r#"{"threshold":80,"count":0}"#),
            (80.5, None, r#"{"threshold":80.5,"count":null}"#),
            (-1.0, Some(1e15), r#"{"threshold":-1,"count":1000000000000000}"#),
            (1e300, Some(0.5), r#"{"threshold":1e+300,"count":0.5}"#),
        ] {
            assert_eq!(serde_json::to_string(&Report { threshold, count }).unwrap(), expected);
        }
    }
}
