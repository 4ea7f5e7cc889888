//! What several tests need: servers, and a look at what a probe recorded.

#[cfg(feature = "tls")]
pub(crate) use watchglass_test_servers::Certificates;
pub(crate) use watchglass_test_servers::{
    CONTINUE, PostgresServer, Process, RedisServer, STOP, find_program, free_port, until,
};

use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Readings;
use watchglass_probes::Probe;

/// The pace of probes that are asked by hand, where it does not matter.
pub(crate) const EVERY: Duration = Duration::from_secs(5);

/// What one round recorded: values by metric and labels other than the instance, `metric label label`.
pub(crate) type Values = BTreeMap<String, f64>;

/// One round of a probe.
pub(crate) fn round(probe: &mut dyn Probe) -> Result<Values, String> {
    let mut readings = Readings::new();
    probe.collect(&mut readings).map_err(|error| error.to_string())?;
    let declared: Vec<_> = probe.metrics().iter().map(|metric| metric.name).collect();
    let value = |row: watchglass_model::Row<'_>| {
        assert!(declared.contains(&row.metric.name), "{} is not declared", row.metric.name);
        let labels: Vec<&str> = row.label_values().skip(1).collect();
        ([&[row.metric.name], &labels[..]].concat().join(" "), row.value)
    };
    Ok(readings.rows().map(value).collect())
}

/// Rounds until one of them is as it should be.
pub(crate) fn rounds_until<T>(
    probe: &mut dyn Probe,
    what: &str,
    is_it: impl Fn(&Result<Values, String>) -> Option<T>,
) -> T {
    until(what, || is_it(&round(probe)))
}
