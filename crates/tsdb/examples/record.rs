//! Records what the host's probes measure, a batch a second, as text that `figures` replays:
//! `cargo run --release -p watchglass-tsdb --example record -- FILE SECONDS`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a tool for developers stops at the first surprise"
)]

use std::io::Write;
use std::thread::sleep;
use std::time::{Duration, Instant};
use watchglass_model::Timestamp;
use watchglass_probes::{Collector, HostRoots, host_probes};

/// The first recorded second; only differences matter.
const BEGIN: i64 = 1_700_000_000_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap();
    let seconds: u32 = arguments.next().unwrap().parse().unwrap();
    let probes = host_probes(&HostRoots::default());
    let mut collector = Collector::new(probes, &[("host", "recorded")], 10_000).unwrap();
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let (start, mut known) = (Instant::now(), 0);
    for second in 1..=seconds {
        sleep((Duration::from_secs(1) * second).saturating_sub(start.elapsed()));
        let tick = collector.tick(Timestamp::from_millis(BEGIN + i64::from(second) * 1000));
        let series = collector.table().series();
        for new in &series[known..] {
            let kind = collector.catalogue().metric(&new.metric).unwrap().kind;
            let labels: Vec<String> =
                new.labels.iter().map(|(name, value)| format!("{name}\x1f{value}")).collect();
            writeln!(out, "S\t{}\t{kind:?}\t{}", new.metric, labels.join("\x1e")).unwrap();
        }
        known = series.len();
        write!(out, "T\t{}", tick.batch.time.millis()).unwrap();
        for sample in &tick.batch.samples {
            write!(out, "\t{}:{:?}", sample.series.0, sample.value).unwrap();
        }
        writeln!(out).unwrap();
        out.flush().unwrap();
    }
}
