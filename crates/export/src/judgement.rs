//! What the newest values say: how much of its limit each component uses.

use crate::Current;
use crate::names;
use watchglass_alerts::Condition;
use watchglass_model::Problem;

/// Thresholds of the alerts, as the source documents have them.
pub mod thresholds {
    /// Part of the processors' time.
    pub const CPU: f64 = 0.80;
    /// Part of the memory.
    pub const MEMORY: f64 = 0.85;
    /// Part of a file system.
    pub const DISK: f64 = 0.90;
    /// Seconds that a database takes to answer.
    pub const DATABASE: f64 = 1.0;
    /// Seconds that 95 of 100 requests take at most.
    pub const API: f64 = 2.0;
    /// Part of the requests that fail.
    pub const ERRORS: f64 = 0.10;
}

/// A component of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name in the report.
    pub name: &'static str,
    /// The part of what it can bear; infinite when it is down, `None` when nothing is known.
    pub load: Option<f64>,
    /// Its condition.
    pub condition: Condition,
}

/// The components in the order of the report. `problems` are the probes that fail.
pub fn components(current: &Current<'_>, problems: &[Problem]) -> Vec<Component> {
    let part = |metric: &str, whole: f64| {
        let readings = current.readings(metric).map(|(_, reading)| reading / whole);
        readings.reduce(f64::max)
    };
    let is_down = |name: &str| problems.iter().any(|problem| component_of(&problem.probe) == name);
    let host = |name, load| Component { name, load, condition: Condition::of_load(load) };
    let service = |name: &'static str, metric: &str, limit| {
        if current.catalogue.metric(metric).is_none() {
            return Component { name, load: None, condition: Condition::NotConfigured };
        }
        let load = if is_down(name) { Some(f64::INFINITY) } else { part(metric, limit) };
        Component { name, load, condition: Condition::of_load(load) }
    };
    // Of this server's own and of every application that reports: the worst of them, and critical while one is silent.
    let requests =
        if is_down("requests") { Some(f64::INFINITY) } else { part(names::LATENCY_P95, thresholds::API) };
    vec![
        host("cpu", part(names::CPU, 1.0)),
        host("memory", part(names::MEMORY_USED_RATIO, 1.0)),
        host("disk", part(names::DISK_USED_RATIO, 1.0)),
        service("database", names::DATABASE_SECONDS, thresholds::DATABASE),
        service("redis", names::REDIS_SECONDS, thresholds::DATABASE),
        host("requests", requests),
        host("errors", part(names::ERROR_RATIO, thresholds::ERRORS)),
    ]
}

/// The component that a probe tells of. The probes of one instance have its address behind a colon, those of an
/// application its name.
fn component_of(probe: &str) -> &str {
    match probe.split(':').next() {
        Some("postgres") => "database",
        Some("app") => "requests",
        Some(name) => name,
        None => probe,
    }
}
