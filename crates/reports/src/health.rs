//! Component health: load relative to the limit, from the newest values.

use crate::limits::{Limit, Limits};
use crate::{Current, names};
use watchglass_model::Problem;
use watchglass_rules::HealthStatus;

/// Component of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Name in the report.
    pub name: &'static str,
    /// Load as a ratio of its limit; infinite if it is down, `None` without data.
    pub load: Option<f64>,
    /// Health.
    pub condition: HealthStatus,
}

/// Components in the order of the report. `problems` are the failing probes.
pub fn components(current: &Current<'_>, problems: &[Problem], limits: &Limits) -> Vec<Component> {
    let load_of = |metric: &str, limit: Limit| {
        let loads = current.readings(metric).map(|(_, reading)| limit.load(reading));
        loads.reduce(f64::max)
    };
    let is_down = |name: &str| problems.iter().any(|problem| component_of(&problem.probe) == name);
    let host = |name, load| Component { name, load, condition: HealthStatus::from_load(load) };
    let service = |name: &'static str, metric: &str, limit: Limit| {
        if current.catalogue.metric(metric).is_none() {
            return Component { name, load: None, condition: HealthStatus::NotConfigured };
        }
        let load = if is_down(name) { Some(f64::INFINITY) } else { load_of(metric, limit) };
        Component { name, load, condition: HealthStatus::from_load(load) }
    };
    // The worst of this server and all reporting applications; critical while an application does not report.
    let requests =
        if is_down("requests") { Some(f64::INFINITY) } else { load_of(names::LATENCY_P95, limits.api) };
    vec![
        host("cpu", load_of(names::CPU, limits.cpu)),
        host("memory", load_of(names::MEMORY_USED_RATIO, limits.memory)),
        host("disk", load_of(names::DISK_USED_RATIO, limits.disk)),
        service("database", names::DATABASE_SECONDS, limits.database),
        service("redis", names::REDIS_SECONDS, limits.redis),
        host("requests", requests),
        host("errors", load_of(names::ERROR_RATIO, limits.errors)),
    ]
}

/// Component of a probe. Probe names have the address of the instance or the name of the application after a colon.
fn component_of(probe: &str) -> &str {
    match probe.split(':').next() {
        Some("postgres") => "database",
        Some("app") => "requests",
        Some(name) => name,
        None => probe,
    }
}
