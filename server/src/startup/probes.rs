//! All probes of a server.

use crate::edge::{Tls, TlsProbe};
use crate::heartbeats::{Heartbeats, HeartbeatsProbe, OutgoingHeartbeatProbe};
use crate::persist::DataDirState;
use crate::pipeline::{TickProbe, TickTimes};
use crate::self_metrics::{DataDirProbe, HistoryProbe, HubProbe, RecordsProbe, RuntimeProbe, WorkProbe};
use crate::work_limit::WorkLimiter;
use std::sync::Arc;
use tokio::runtime::Handle;
use watchglass_instrument::requests::Recorder;
use watchglass_live::Hub;
use watchglass_probes::{
    Applications, ApplicationsProbe, HostRoots, Probe, Requests, host_probes, self_monitoring_probes,
};
use watchglass_records::RecordStore;
use watchglass_tsdb::History;

/// What is measured besides the host and the server process.
pub(super) struct MetricSources {
    /// Probes of PostgreSQL and Redis servers.
    pub(super) targets: Vec<Box<dyn Probe>>,
    pub(super) requests: Arc<Recorder>,
    pub(super) applications: Arc<Applications>,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) history: Arc<dyn History>,
    pub(super) records: Arc<RecordStore>,
    pub(super) data_dir: DataDirState,
    pub(super) tick_times: Arc<TickTimes>,
    pub(super) hub: Arc<Hub>,
    pub(super) work_limiter: WorkLimiter,
    pub(super) runtime: Handle,
    pub(super) heartbeats: Arc<Heartbeats>,
    pub(super) heartbeat: Option<OutgoingHeartbeatProbe>,
}

impl MetricSources {
    /// All probes, in the order of their panels.
    pub(super) fn probes(self, roots: &HostRoots) -> Vec<Box<dyn Probe>> {
        let mut probes = host_probes(roots);
        probes.extend(self.targets);
        probes.push(Box::new(Requests::new(self.requests)));
        probes.push(Box::new(ApplicationsProbe::new(self.applications)));
        probes.extend(self_monitoring_probes());
        probes.extend(self.tls.map(|tls| Box::new(TlsProbe(tls)) as Box<dyn Probe>));
        probes.push(Box::new(HistoryProbe::new(self.history)));
        probes.push(Box::new(RecordsProbe::new(self.records)));
        probes.push(Box::new(DataDirProbe::new(self.data_dir)));
        probes.push(Box::new(TickProbe(self.tick_times)));
        probes.push(Box::new(HubProbe(self.hub)));
        probes.push(Box::new(RuntimeProbe(self.runtime)));
        probes.push(Box::new(WorkProbe(self.work_limiter)));
        probes.extend(self.heartbeat.map(|probe| Box::new(probe) as Box<dyn Probe>));
        probes.push(Box::new(HeartbeatsProbe(self.heartbeats)));
        probes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heartbeats::{HeartbeatSender, SendTiming};
    use crate::startup::parts::hello;
    use std::collections::BTreeSet;
    use std::time::Duration;
    use watchglass_model::Catalogue;
    use watchglass_probes::{Collector, postgres, redis};
    use watchglass_records::SystemDisk;
    use watchglass_tsdb::MemoryHistory;

    /// Catalogue of a server that monitors a PostgreSQL and a Redis.
    fn catalogue() -> Catalogue {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let every = Duration::from_secs(5);
        let timing = SendTiming::every(every);
        let sender =
            HeartbeatSender::new("http://127.0.0.1:1/".parse().unwrap(), timing, Arc::default()).unwrap();
        let sources = MetricSources {
            targets: vec![
                postgres("postgresql://u@127.0.0.1:1/a", every).unwrap().probe,
                redis("redis://127.0.0.1:1", every).unwrap().probe,
            ],
            requests: Arc::default(),
            applications: Arc::default(),
            tls: None,
            history: Arc::new(MemoryHistory::new(every, 10)),
            records: Arc::new(
                RecordStore::open(folder, Default::default(), Arc::<SystemDisk>::default()).unwrap(),
            ),
            data_dir: DataDirState::default(),
            tick_times: Arc::default(),
            hub: Arc::new(Hub::new(hello())),
            work_limiter: WorkLimiter::default(),
            runtime: Handle::current(),
            heartbeats: Arc::default(),
            heartbeat: Some(OutgoingHeartbeatProbe::of(&sender)),
        };
        let probes = sources.probes(&HostRoots::default());
        Collector::new(probes, &[("host", "h")], 1000).unwrap().catalogue().clone()
    }

    #[tokio::test]
    async fn every_panel_has_a_distinct_description() {
        let catalogue = catalogue();
        let panels = catalogue.panels();
        assert!(panels.len() > 50, "{}", panels.len());
        for panel in panels {
            let length = panel.description.chars().count();
            assert!((40..=160).contains(&length), "{}: {length} characters", panel.id);
            assert!(panel.description.ends_with('.') && !panel.description.contains('\n'), "{}", panel.id);
        }
        let mut meanings: Vec<&str> = panels.iter().map(|panel| panel.description.as_str()).collect();
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), panels.len(), "descriptions are distinct");
    }

    #[tokio::test]
    async fn lists_of_known_metrics_and_labels_are_complete() {
        let catalogue = catalogue();
        let certificate = crate::edge::CERTIFICATE_METRICS.iter();
        let metrics: BTreeSet<&str> = catalogue
            .metrics()
            .iter()
            .map(|metric| metric.name.as_str())
            .chain(certificate.clone().map(|metric| metric.name))
            .collect();
        // `host` and `app` are added to those of the declarations.
        let labels: BTreeSet<&str> = catalogue
            .metrics()
            .iter()
            .flat_map(|metric| metric.labels.iter().map(String::as_str))
            .chain(certificate.flat_map(|metric| metric.labels.iter().copied()))
            .chain(["host", "app"])
            .collect();
        for (file, names) in [("metric_names.txt", metrics), ("label_names.txt", labels)] {
            let text = Vec::from_iter(names).join("\n") + "\n";
            let path = format!("{}/src/config/{file}", env!("CARGO_MANIFEST_DIR"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            assert_eq!(
                std::fs::read_to_string(&path).unwrap(),
                text,
                "{file}: renew it with UPDATE_GOLDEN=1"
            );
        }
    }

    #[tokio::test]
    async fn self_monitoring_panels_keep_their_order() {
        let catalogue = catalogue();
        let own = catalogue.panels().iter().filter(|panel| panel.section == "Watchglass");
        let ids: Vec<&str> = own.map(|panel| panel.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "own-cpu",
                "own-files",
                "own-memory",
                "own-tick",
                "own-connections",
                "own-heartbeat",
                "heartbeats",
                "own-sent"
            ]
        );
    }
}
