//! Comparison of the host probes with Prometheus's node exporter.
//!
//! The host may change between two measurements, so that a failed comparison is repeated completely: a wrong probe fails
//! every time.

mod exporter;
mod exposition;
mod pairs;

use crate::support::wait_until;
use exporter::Exporter;
use exposition::Exposition;
use pairs::{PAIRS, Pair};
use watchglass_model::{Kind, Sample, Timestamp};
use watchglass_probes::{
    Collector, Cpu, Disk, Filesystem, HostRoots, Load, Memory, Network, OpenFiles, Pressure, Probe, Uptime,
};

/// Attempts before a difference counts.
const ATTEMPTS: usize = 10;
/// CPU time per CPU, in seconds, over which shares are compared.
const LONG_ENOUGH: f64 = 3.0;
/// Tolerance for shares. Both measurements start and end some hundredths of a second apart, relative to
/// [`LONG_ENOUGH`], and have a resolution of hundredths of a second.
const SHARE_SLACK: f64 = 0.05;

/// Samples of a tick: metric, label value, value.
type Values = Vec<(String, String, f64)>;

struct Ours {
    collector: Collector,
    ticks: i64,
}

impl Ours {
    /// Without background probes, so that all values are current.
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
        let row = |sample: &Sample| {
            let series = series.get(sample.series.0 as usize).unwrap();
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
#[cfg_attr(not(target_os = "linux"), ignore = "the host is read from Linux's /proc and /sys")]
fn host_metrics_match_node_exporter() {
    let exporter = Exporter::start();
    let mut differences = Vec::new();
    for _ in 0..ATTEMPTS {
        differences = differ(&exporter);
        if differences.is_empty() {
            return;
        }
        println!("different, and compared again: {differences:#?}");
    }
    panic!("different {ATTEMPTS} times, at last: {differences:#?}");
}

/// Compares everything and returns the differences.
fn differ(exporter: &Exporter) -> Vec<String> {
    let mut ours = Ours::new();
    let before = ours.measure();
    let theirs = exporter.scrape();
    let after = ours.measure();
    let mut wrong: Vec<String> =
        PAIRS.iter().flat_map(|pair| compare(pair, &ours.collector, &before, &theirs, &after)).collect();
    if !wrong.is_empty() {
        return wrong;
    }
    let enough = LONG_ENOUGH * find(&after, "host_cpu_cores", "").unwrap();
    let later = wait_until("processor time", || {
        let later = exporter.scrape();
        (cpu_seconds(&later, &[]) - cpu_seconds(&theirs, &[]) > enough).then_some(later)
    });
    wrong.extend(compare_shares(&ours.measure(), &theirs, &later));
    wrong
}

/// Compares all series of a metric and returns the differences. A counter must be between our values before and after; a
/// gauge may be a little outside, because it may have changed in between.
fn compare(
    pair: &Pair,
    collector: &Collector,
    before: &Values,
    theirs: &Exposition,
    after: &Values,
) -> Vec<String> {
    let kind = collector.catalogue().metric(pair.ours).unwrap().kind;
    let rows: Vec<_> = before.iter().filter(|row| row.0 == pair.ours).collect();
    if rows.is_empty() {
        // A kernel without pressure has none for the exporter, either.
        let has_any = pair.theirs.total(theirs).is_some();
        return if has_any { vec![format!("we have no {}", pair.ours)] } else { Vec::new() };
    }
    let differs = |(metric, label, before): &&(String, String, f64)| {
        // A file system, disk or interface may disappear in between.
        let after = find(after, metric, label)?;
        let Some(theirs) = pair.theirs.value(theirs, label) else {
            return Some(format!("they have no {metric} {label}"));
        };
        let slack = match kind {
            // For floating-point rounding.
            Kind::Counter => 1e-9 * after,
            Kind::Gauge => pair.slack * after,
        };
        let (low, high) = (before.min(after) - slack, before.max(after) + slack);
        (!(low..=high).contains(&theirs)).then(|| format!("{metric} {label}: {theirs}, not {low} to {high}"))
    };
    rows.iter().filter_map(differs).collect()
}

/// Compares the CPU shares between two scrapes with ours.
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
        shares.push((metric, label, *share, theirs));
    }
    assert!(shares.len() >= 8, "usage, six modes and at least one core: {shares:?}");
    let differs = |(_, _, ours, theirs): &(&String, &String, f64, f64)| (ours - theirs).abs() > SHARE_SLACK;
    shares.iter().filter(|share| differs(share)).map(|share| format!("{share:?}")).collect()
}

/// CPU time of the series with these labels, in seconds.
fn cpu_seconds(exposition: &Exposition, labels: &[(&str, &str)]) -> f64 {
    exposition.sum("node_cpu_seconds_total", labels).unwrap()
}
