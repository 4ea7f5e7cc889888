//! Request report of an application, and its JSON format.
//!
//! A report has the counts and latencies **since the previous one**. The server adds them up, so that several processes
//! of an application can report under one name. The format is JSON, version 1: `docs/ingest.md` describes it for other
//! languages, and `golden/` has an example.
//!
//! Latencies are the bins of [`sketch`](crate::sketch) that grew: an idle route is omitted, a busy one takes some hundred
//! bytes.

mod error;
mod wire;

pub use error::ReportError;

use crate::requests::Counts;
use crate::sketch::SketchDelta;
use std::time::Duration;

/// Version of the format.
pub const VERSION: u32 = 1;

/// Maximum size of a report in bytes: 1 MiB.
pub const MAX_REPORT_BYTES: usize = 1 << 20;

/// Maximum time covered by a report, and maximum duration of a request: 30 days.
pub const MAX_REPORT_DURATION: Duration = Duration::from_secs(2_592_000);

/// Maximum length of an application or instance name, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// Maximum route length in bytes.
const MAX_ROUTE_BYTES: usize = 256;

/// Requests of an application since its last report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Application name: 1 to 64 of `a`–`z`, `A`–`Z`, `0`–`9`, `.`, `_` and `-`, starting with a letter or digit.
    pub app: String,
    /// Process identifier when several processes share a name; in the form of a name, or empty.
    pub instance: String,
    /// Time covered by the report.
    pub covers: Duration,
    /// Requests in flight at the time of the report.
    pub in_flight: u64,
    /// Whether this is the last report: the process deregisters.
    pub leaving: bool,
    /// Routes with requests.
    pub routes: Vec<RouteReport>,
}

/// Requests of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteReport {
    /// Route template.
    pub route: String,
    /// Finished requests by method; a standard method or `other`.
    pub methods: Vec<(&'static str, Counts)>,
    /// Latencies.
    pub(crate) latency: SketchDelta,
}

/// Whether `name` is a valid application name, safe in labels, URLs and pages.
pub fn is_app_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests;
