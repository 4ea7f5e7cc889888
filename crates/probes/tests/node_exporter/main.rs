//! What the probes measure is what Prometheus's node exporter measures at the same moment.
//!
//! ```sh
//! prometheus-node-exporter --web.listen-address=127.0.0.1:9100 &
//! WATCHGLASS_NODE_EXPORTER_URL=http://127.0.0.1:9100/metrics \
//!     cargo test -p watchglass-probes --test node_exporter -- --ignored --nocapture
//! ```

#[cfg(test)]
mod exposition;
#[cfg(test)]
mod pairs;

#[cfg(test)]
mod tests {
    use crate::exposition::{Exposition, scrape};
    use crate::pairs::{PAIRS, Pair};
    use std::thread;
    use std::time::{Duration, Instant};
    use watchglass_model::{Kind, Timestamp};
    use watchglass_probes::{
        Collector, Cpu, Disk, Filesystem, HostRoots, Load, Memory, Network, OpenFiles, Pressure, Probe,
        Uptime,
    };

    /// Processor time of each processor, in seconds, over which shares of it are compared.
    const LONG_ENOUGH: f64 = 3.0;
    /// The time in which it must have passed.
    const DEADLINE: Duration = Duration::from_secs(60);
    /// How far apart shares may be. Both start and end some hundredths of a second apart.
    const SHARE_SLACK: f64 = 0.05;

    /// The values of a tick: metric, value of its own label, value.
    type Values = Vec<(String, String, f64)>;

    struct Ours {
        collector: Collector,
        ticks: i64,
    }

    impl Ours {
        /// Without threads of their own, so that every value is of the moment.
        fn new() -> Self {
            let roots = HostRoots::default();
            let probes: Vec<Box<dyn Probe>> = vec![
                Box::new(Cpu::new(&roots)),
                Box::new(Memory::new(&roots)),
                Box::new(Disk::new(&roots)),
                Box::new(Network::new(&roots)),
                Box::new(Filesystem::new(&roots)),
                Box::new(Load::new(&roots)),
                Box::new(Pressure::new(&roots)),
                Box::new(OpenFiles::new(&roots)),
                Box::new(Uptime::new(&roots)),
            ];
            Self { collector: Collector::new(probes, &[], 10_000).unwrap(), ticks: 0 }
        }

        fn measure(&mut self) -> Values {
            self.ticks += 1;
            let tick = self.collector.tick(Timestamp::from_millis(self.ticks * 1000));
            assert_eq!(tick.problems.to_vec(), []);
            let series = self.collector.table().series();
            let row = |sample: &watchglass_model::Sample| {
                let series = &series[sample.series.0 as usize];
                let label = series.labels.iter().next().map_or("", |(_, value)| value);
                (series.metric.clone(), label.to_owned(), sample.value)
            };
            tick.batch.samples.iter().map(row).collect()
        }
    }

    fn find(values: &Values, metric: &str, label: &str) -> Option<f64> {
        values.iter().find(|row| row.0 == metric && row.1 == label).map(|row| row.2)
    }

    #[test]
    #[ignore = "needs prometheus-node-exporter"]
    fn measures_what_node_exporter_measures() {
        let url = std::env::var("WATCHGLASS_NODE_EXPORTER_URL")
            .unwrap_or_else(|_| "http://127.0.0.1:9100/metrics".to_owned());
        let mut ours = Ours::new();
        // The first scrape is slow: the exporter sets itself up.
        scrape(&url).unwrap();

        let before = ours.measure();
        let theirs = scrape(&url).unwrap();
        let after = ours.measure();
        let mut wrong: Vec<String> =
            PAIRS.iter().flat_map(|pair| compare(pair, &ours.collector, &before, &theirs, &after)).collect();

        let start = Instant::now();
        let later = loop {
            assert!(start.elapsed() < DEADLINE, "too little processor time passed");
            thread::sleep(Duration::from_millis(100));
            let later = scrape(&url).unwrap();
            if cpu_seconds(&later, &[]) - cpu_seconds(&theirs, &[])
                > LONG_ENOUGH * find(&after, "host_cpu_cores", "").unwrap()
            {
                break later;
            }
        };
        wrong.extend(compare_shares(&ours.measure(), &theirs, &later));
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// Compares all series of a metric, and tells of those that differ. A counter must lie between ours before and
    /// after; a gauge may also lie a little outside, since it may have moved there and back.
    fn compare(
        pair: &Pair,
        collector: &Collector,
        before: &Values,
        theirs: &Exposition,
        after: &Values,
    ) -> Vec<String> {
        let kind = collector.catalogue().metric(pair.ours).expect(pair.ours).kind;
        let rows: Vec<_> = before.iter().filter(|row| row.0 == pair.ours).collect();
        if rows.is_empty() {
            // A kernel without pressure has none for them, too.
            let has_any = pair.theirs.total(theirs).is_some();
            return if has_any { vec![format!("we have no {}", pair.ours)] } else { Vec::new() };
        }
        let differs = |(metric, label, before): &&(String, String, f64)| {
            let after = find(after, metric, label)?;
            let Some(theirs) = pair.theirs.value(theirs, label) else {
                return Some(format!("they have no {metric} {label}"));
            };
            let slack = match kind {
                // For the last digit of a float.
                Kind::Counter => 1e-9 * after,
                Kind::Gauge => pair.slack * after,
            };
            let (low, high) = (before.min(after) - slack, before.max(after) + slack);
            println!("{metric:44} {label:8} {before:>22} {theirs:>22} {after:>22}");
            (!(low..=high).contains(&theirs))
                .then(|| format!("{metric} {label}: {theirs}, not {low} to {high}"))
        };
        rows.iter().filter_map(differs).collect()
    }

    /// Compares the shares of processor time between two scrapes with those that we measured in that time.
    fn compare_shares(ours: &Values, before: &Exposition, after: &Exposition) -> Vec<String> {
        let grown = |labels: &[(&str, &str)]| cpu_seconds(after, labels) - cpu_seconds(before, labels);
        let mut shares = Vec::new();
        for (metric, label, share) in ours {
            let theirs = match metric.as_str() {
                "host_cpu_usage_ratio" => {
                    1.0 - (grown(&[("mode", "idle")]) + grown(&[("mode", "iowait")])) / grown(&[])
                }
                "host_cpu_mode_ratio" if label == "irq" => {
                    (grown(&[("mode", "irq")]) + grown(&[("mode", "softirq")])) / grown(&[])
                }
                "host_cpu_mode_ratio" => grown(&[("mode", label)]) / grown(&[]),
                "host_cpu_core_used_ratio" => {
                    let idle = grown(&[("cpu", label), ("mode", "idle")]);
                    let waiting = grown(&[("cpu", label), ("mode", "iowait")]);
                    1.0 - (idle + waiting) / grown(&[("cpu", label)])
                }
                _ => continue,
            };
            println!("{metric:44} {label:8} {share:>22.4} {theirs:>22.4}");
            shares.push((metric, label, *share, theirs));
        }
        assert!(shares.len() >= 8, "usage, six modes and at least one core: {shares:?}");
        let differs =
            |(_, _, ours, theirs): &(&String, &String, f64, f64)| (ours - theirs).abs() > SHARE_SLACK;
        shares.iter().filter(|share| differs(share)).map(|share| format!("{share:?}")).collect()
    }

    /// Processor time of the processors and modes that have these labels, in seconds.
    fn cpu_seconds(exposition: &Exposition, labels: &[(&str, &str)]) -> f64 {
        exposition.sum("node_cpu_seconds_total", labels).unwrap()
    }
}
