//! Export formats: Prometheus text, OpenMetrics, CSV and the system report of the REST API; and the statistics of cards,
//! routes and processes.
//!
//! Free of I/O: the input is the newest values and query results. This is the only crate besides the probes that knows
//! metric names, because the report has fields of its own: see `names.rs`.

pub mod cards;
mod current;
mod exposed;
mod exposition;
pub mod health;
mod latest_values;
mod limits;
mod names;
mod number;
pub mod points;
pub mod processes;
mod report;
pub mod routes;
pub mod series;
mod sources;
pub mod system;
mod time;
mod words;

pub use current::Current;
pub use exposition::{TextFormat, write_metrics};
pub use latest_values::LatestValues;
pub use limits::{Limit, Limits};
pub use names::report_metrics;
pub use report::*;
pub use sources::MetricSources;
pub use time::{format_rfc3339, format_with_offset, parse_time};
pub use words::{MetricKind, unit_name};
