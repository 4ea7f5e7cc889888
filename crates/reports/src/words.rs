//! Names of metric kinds and units in responses.

use serde::Serialize;
use utoipa::ToSchema;
use watchglass_model::{Kind, Unit};

/// Metric kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = KindWord)]
pub enum MetricKind {
    /// Value that goes up and down.
    Gauge,
    /// Value that only grows; shown as its rate per second.
    Counter,
}

impl From<Kind> for MetricKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Gauge => Self::Gauge,
            Kind::Counter => Self::Counter,
        }
    }
}

/// Name of a unit: `bytes_per_second`.
pub fn unit_name(unit: Unit) -> &'static str {
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
