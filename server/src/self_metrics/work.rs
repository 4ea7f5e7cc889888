//! Probe of heavy requests: how many run, wait and were refused.

use super::hub::CONNECTIONS_PANEL;
use crate::work_limit::WorkLimiter;
use watchglass_model::{Declaration, Kind, PanelRole, SampleBuffer, Unit};
use watchglass_probes::{Probe, ProbeError};

static RUNNING: Declaration = Declaration {
    name: "watchglass_heavy_requests_running",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Pages, snapshots and queries that are answered at the moment.",
    labels: &[],
    panel: None,
    legend: "running",
};
static QUEUED: Declaration = Declaration {
    name: "watchglass_heavy_requests_queued",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Pages, snapshots and queries that wait for others.",
    labels: &[],
    panel: Some((&CONNECTIONS_PANEL, PanelRole::Detail)),
    legend: "queued",
};
static REFUSED: Declaration = Declaration {
    name: "watchglass_heavy_requests_refused_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Pages, snapshots and queries answered with 503, because the queue was full or the wait too long.",
    labels: &[],
    panel: Some((&CONNECTIONS_PANEL, PanelRole::Detail)),
    legend: "refused",
};

static METRICS: [&Declaration; 3] = [&RUNNING, &QUEUED, &REFUSED];

/// Probe of heavy requests.
#[derive(Debug)]
pub(crate) struct WorkProbe(pub(crate) WorkLimiter);

impl Probe for WorkProbe {
    fn name(&self) -> &str {
        "watchglass_heavy_requests"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let status = self.0.status();
        samples.record(&RUNNING, &[], status.running as f64);
        samples.record(&QUEUED, &[], status.queued as f64);
        samples.record(&REFUSED, &[], status.refused as f64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate_limit::Caller;
    use std::net::{IpAddr, Ipv4Addr};

    #[tokio::test]
    async fn running_queued_and_refused_requests_are_counted() {
        let limiter = WorkLimiter::default();
        let mut probe = WorkProbe(limiter.clone());
        let mut collect = || {
            let mut samples = SampleBuffer::new();
            probe.collect(&mut samples).unwrap();
            samples.raw_samples().map(|row| row.value).collect::<Vec<_>>()
        };
        assert_eq!(collect(), [0.0; 3]);
        let caller = Caller::new(None, None, IpAddr::V4(Ipv4Addr::LOCALHOST));
        let permit = limiter.acquire(caller).await.unwrap();
        assert_eq!(collect(), [1.0, 0.0, 0.0]);
        drop(permit);
        assert_eq!(collect(), [0.0; 3]);
    }
}
