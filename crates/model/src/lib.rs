//! Data model: metrics, series, samples, time ranges and value formatting.
//!
//! Compiles for the server and for the browser (wasm); no I/O, no clock.

mod annotation;
mod catalogue;
mod details;
pub mod format;
mod labels;
mod metric;
mod panel;
mod problem;
mod sample_buffer;
mod series;
mod series_table;
mod severity;
mod skipped;
mod time;
#[cfg(feature = "time-text")]
pub mod time_text;
mod value_input;
mod visible;

pub use annotation::{Annotation, AnnotationKind, AnnotationKindError};
pub use catalogue::{Catalogue, CatalogueError};
pub use details::{BlockedSession, PostgresDetails, RedisDetails, SlowLogEntry, TopStatement};
pub use labels::{APP, Labels, is_label_name, is_metric_name};
pub use metric::{Declaration, Kind, Metric, PanelRole, Unit};
pub use panel::{Panel, PanelDeclaration, Style};
pub use problem::Problem;
pub use sample_buffer::{RawSample, SampleBuffer};
pub use series::{Batch, Sample, Series, SeriesId};
pub use series_table::{RefusedSeries, RefusedSource, SeriesTable};
pub use severity::Severity;
pub use skipped::{IncompleteSources, SkipReason, SkippedReading, SkippedReadings};
pub use time::{ROUND_STEPS, TimeRange, Timestamp};
pub use visible::{escape_controls, is_hidden, push_escaped, visible, visible_lines};
