//! What leaves for other programs: Prometheus text and OpenMetrics, CSV, and the system report of the REST API; and the
//! figures of pages that are about certain things: cards, routes, processes.
//!
//! Pure: it is given the newest values and the answers of the history, and writes. This is the one place outside of the
//! probes that knows metrics by name, because the report's fields have names of their own: see `names.rs`.

pub mod cards;
mod current;
mod exposition;
pub mod judgement;
mod limits;
mod measured;
mod names;
pub mod processes;
mod report;
pub mod routes;
pub mod series;
pub mod system;
mod time;
mod words;

pub use current::Current;
pub use exposition::{TextFormat, write_metrics};
pub use limits::{Limit, Limits};
pub use measured::Judgeable;
pub use names::report_metrics;
pub use report::*;
pub use time::{parse_time, written};
pub use words::{KindWord, unit_word};
