//! What the newest values say: how much of its limit each component uses, and what is over its threshold.

use crate::Current;
use crate::names;
use watchglass_alerts::{Condition, Limit, Observation};
use watchglass_model::{APP, Problem, Unit};

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

/// Everything that has a threshold, with its value. What has none now is not among it.
pub fn observations(current: &Current<'_>, problems: &[Problem]) -> Vec<Observation> {
    let mut found = Vec::new();
    let mut look = |component: &str, metric: &str, label: &str, warning: f64, what: &str| {
        let unit = current.catalogue.metric(metric).map_or(Unit::Ratio, |metric| metric.reading_unit());
        for (labels, value) in current.readings(metric) {
            let subject = labels.get(label).unwrap_or_default();
            let place = if subject.is_empty() { String::new() } else { format!(" of {subject}") };
            found.push(Observation {
                component: component.to_owned(),
                subject: subject.to_owned(),
                value,
                limit: Limit { warning, critical: f64::INFINITY },
                message: format!("{what}{place} is {}, above {}", unit.text(value), unit.text(warning)),
            });
        }
    };
    look("cpu", names::CPU, "", thresholds::CPU, "Use of the processors");
    look("memory", names::MEMORY_USED_RATIO, "", thresholds::MEMORY, "Use of the memory");
    look("disk", names::DISK_USED_RATIO, "mountpoint", thresholds::DISK, "Use of the file system");
    look("database", names::DATABASE_SECONDS, "instance", thresholds::DATABASE, "The response time");
    look("requests", names::LATENCY_P95, APP, thresholds::API, "The response time of 95 % of the requests");
    look("errors", names::ERROR_RATIO, APP, thresholds::ERRORS, "The part of failed requests");
    found.extend(availability(current, problems));
    found
}

/// One observation for each probe: whether it works. One that fails is critical from its first failure on.
fn availability(current: &Current<'_>, problems: &[Problem]) -> Vec<Observation> {
    let readings = current.readings(names::UP);
    readings
        .filter_map(|(labels, up)| {
            let probe = labels.get("probe")?;
            let reason =
                problems.iter().find(|problem| problem.probe == probe).map(|problem| &problem.reason);
            let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
            Some(Observation {
                component: component_of(probe).to_owned(),
                subject: format!("probe {probe}"),
                value: if up > 0.0 { 0.0 } else { f64::INFINITY },
                limit: Limit { warning: 0.0, critical: 1.0 },
                message: format!("{probe} gives no data{reason}"),
            })
        })
        .collect()
}
