//! Kinds and units in words, for answers.

use serde::Serialize;
use utoipa::ToSchema;
use watchglass_model::{Kind, Unit};

/// How a metric's value moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindWord {
    /// It goes up and down.
    Gauge,
    /// It only grows; what is shown is its rate per second.
    Counter,
}

impl From<Kind> for KindWord {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Gauge => Self::Gauge,
            Kind::Counter => Self::Counter,
        }
    }
}

/// A unit in words: `bytes_per_second`.
pub fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Ratio => "ratio",
        Unit::Bytes => "bytes",
        Unit::BytesPerSecond => "bytes_per_second",
        Unit::Seconds => "seconds",
        Unit::Count => "count",
        Unit::PerSecond => "per_second",
        Unit::Celsius => "celsius",
        Unit::Hertz => "hertz",
    }
}
