//! What the newest values say: how much of its limit each component uses.

use crate::limits::{Limit, Limits};
use crate::{Current, names};
use watchglass_alerts::Condition;
use watchglass_model::Problem;

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
pub fn components(current: &Current<'_>, problems: &[Problem], limits: &Limits) -> Vec<Component> {
    let part = |metric: &str, limit: Limit| {
        let loads = current.readings(metric).map(|(_, reading)| limit.load(reading));
        loads.reduce(f64::max)
    };
    let is_down = |name: &str| problems.iter().any(|problem| component_of(&problem.probe) == name);
    let host = |name, load| Component { name, load, condition: Condition::of_load(load) };
    let service = |name: &'static str, metric: &str, limit: Limit| {
        if current.catalogue.metric(metric).is_none() {
            return Component { name, load: None, condition: Condition::NotConfigured };
        }
        let load = if is_down(name) { Some(f64::INFINITY) } else { part(metric, limit) };
        Component { name, load, condition: Condition::of_load(load) }
    };
    // Of this server's own and of every application that reports: the worst of them, and critical while one is silent.
    let requests =
        if is_down("requests") { Some(f64::INFINITY) } else { part(names::LATENCY_P95, limits.api) };
    vec![
        host("cpu", part(names::CPU, limits.cpu)),
        host("memory", part(names::MEMORY_USED_RATIO, limits.memory)),
        host("disk", part(names::DISK_USED_RATIO, limits.disk)),
        service("database", names::DATABASE_SECONDS, limits.database),
        service("redis", names::REDIS_SECONDS, limits.redis),
        host("requests", requests),
        host("errors", part(names::ERROR_RATIO, limits.errors)),
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
