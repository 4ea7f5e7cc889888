//! The shared vocabulary: what is measured, when, of what, and how it is written for people.
//!
//! Everything here compiles for the server and for the page (wasm), does no I/O and reads no clock.

mod annotation;
mod catalogue;
mod details;
mod entry;
pub mod format;
mod labels;
mod metric;
mod panel;
mod problem;
mod readings;
mod series;
mod severity;
mod time;

pub use annotation::{Annotation, AnnotationKind, AnnotationKindError};
pub use catalogue::{Catalogue, CatalogueError};
pub use details::{BlockedBy, PostgresDetails, RedisDetails, SlowLogEntry, TopStatement};
pub use labels::{APP, Labels, is_label_name, is_metric_name};
pub use metric::{Declaration, Kind, Metric, Role, Unit};
pub use panel::{Panel, PanelDeclaration, Style};
pub use problem::Problem;
pub use readings::{Readings, Row};
pub use series::{Batch, Sample, Series, SeriesId, SeriesTable};
pub use severity::Severity;
pub use time::{ROUND_STEPS, TimeRange, Timestamp};
