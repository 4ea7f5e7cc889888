//! What an application tells a server of its requests: a report, and its form on the wire.
//!
//! A report says what came **since the one before**: counts, and how long answers took. Whoever takes it adds it up, so
//! several processes of one application may report under one name. The form is JSON, version 1; `docs/ingest.md`
//! describes it for those who write it in other languages, and `golden/` holds what is sent.
//!
//! Latencies are the bins of [`sketch`](crate::sketch), of which only those that grew are written: at rest a route
//! is not written at all, and a busy one takes some hundred bytes.

mod error;
mod wire;

pub use error::ReportError;

use crate::requests::Counts;
use crate::sketch::SketchGrowth;
use std::time::Duration;

/// The version of the form, the only one that there is.
pub const VERSION: u32 = 1;

/// A body longer than this is not read, in bytes: 1 MiB.
pub const MOST_BYTES: usize = 1 << 20;

/// The longest time that a report covers, or that a request in it took: 30 days.
pub const LONGEST: Duration = Duration::from_secs(2_592_000);

/// The longest name of an application or of one of its processes, in bytes.
const LONGEST_NAME: usize = 64;

/// The longest route, in bytes.
const LONGEST_ROUTE: usize = 256;

/// What came to an application since its last report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its name: 1 to 64 of `a`–`z`, `A`–`Z`, `0`–`9`, `.`, `_` and `-`, the first no sign.
    pub app: String,
    /// Tells its processes apart, where several report under one name; in the form of a name, or empty.
    pub instance: String,
    /// The time that the report covers.
    pub covers: Duration,
    /// Requests that had no answer yet when it was written.
    pub in_flight: u64,
    /// Whether it is the last one: the process ends, and its silence is no failure.
    pub leaving: bool,
    /// The routes to which something came.
    pub routes: Vec<RouteReport>,
}

/// What came to a route.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteReport {
    /// Its template.
    pub route: String,
    /// Requests that ended, by method; the method is one of the standard's, or `other`.
    pub methods: Vec<(&'static str, Counts)>,
    /// How long the answers took.
    pub(crate) latency: SketchGrowth,
}

/// Whether `name` can name an application: what is allowed can stand in a label, an address and a page as it is.
pub fn is_app_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests;
