//! Test helpers: servers and recorded values.

#[cfg(feature = "tls")]
pub(crate) use watchglass_test_servers::Certificates;
pub(crate) use watchglass_test_servers::{
    CONTINUE, PostgresServer, Process, RedisServer, STOP, find_program, free_port, wait_until,
};

use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::SampleBuffer;
use watchglass_probes::Probe;

/// Sampling interval of probes that are run manually.
pub(crate) const INTERVAL: Duration = Duration::from_secs(5);

/// Values of a round by metric and labels without the instance: `metric label label`.
pub(crate) type Values = BTreeMap<String, f64>;

/// Runs one round of a probe.
pub(crate) fn round(probe: &mut dyn Probe) -> Result<Values, String> {
    let mut samples = SampleBuffer::new();
    probe.collect(&mut samples).map_err(|error| error.to_string())?;
    let declared: Vec<_> = probe.metrics().iter().map(|metric| metric.name).collect();
    let value = |row: watchglass_model::RawSample<'_>| {
        assert!(declared.contains(&row.metric.name), "{} is not declared", row.metric.name);
        let labels: Vec<&str> = row.label_values().skip(1).collect();
        ([&[row.metric.name], &labels[..]].concat().join(" "), row.value)
    };
    Ok(samples.raw_samples().map(value).collect())
}

/// Runs rounds until one satisfies a condition.
pub(crate) fn rounds_until<T>(
    probe: &mut dyn Probe,
    what: &str,
    condition: impl Fn(&Result<Values, String>) -> Option<T>,
) -> T {
    wait_until(what, || condition(&round(probe)))
}
