//! Fills the history of a server that has never run with days of this host's series, so that pages can be looked at and measured
//! with a past: `cargo run --release -p watchglass-tsdb --example seed -- DATA-FOLDER HOST DAYS`.
//!
//! Names and sizes are what the host's probes measure now; the course is made up: waves of a day and of an hour around it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool for developers says what it does and stops at the first surprise"
)]

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use watchglass_model::{Batch, Kind, Sample, Timestamp};
use watchglass_probes::{Collector, HostRoots, host_probes};
use watchglass_tsdb::{EmbeddedHistory, History, Options};

/// Between two batches. The rows of a minute are made of six of them, which is enough for their shape.
const STEP: i64 = 10_000;
const DAY: i64 = 86_400_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, host, days] = arguments.as_slice() else { panic!("give DATA-FOLDER HOST DAYS") };
    let days: i64 = days.parse().unwrap();
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
        / 1000
        * 1000;
    let mut collector =
        Collector::new(host_probes(&HostRoots::default()), &[("host", host)], 10_000).unwrap();
    // Some probes measure on threads of their own and have something to tell after a while only.
    for tick in -5..0 {
        collector.tick(Timestamp::from_millis(now - days * DAY + tick * 1000));
        sleep(Duration::from_secs(1));
    }
    let now_measured = collector.tick(Timestamp::from_millis(now - days * DAY)).batch;
    let series = collector.table().series();
    let kinds: Vec<Kind> = now_measured
        .samples
        .iter()
        .map(|sample| {
            let series = series.iter().find(|series| series.id == sample.series).unwrap();
            collector.catalogue().metric(&series.metric).unwrap().kind
        })
        .collect();
    let history = EmbeddedHistory::open(&Path::new(folder).join("history"), Options::default()).unwrap();
    let mut totals: Vec<f64> = now_measured.samples.iter().map(|sample| sample.value).collect();
    let steps = days * DAY / STEP;
    for step in 1..steps {
        let time = now - days * DAY + step * STEP;
        let mut samples = Vec::with_capacity(totals.len());
        for ((sample, kind), total) in now_measured.samples.iter().zip(&kinds).zip(&mut totals) {
            let wave = wave(time, sample.series.0);
            let value = match kind {
                Kind::Counter => {
                    *total += (sample.value / 1e5).clamp(0.1, 1e7) * wave;
                    *total
                }
                _ => sample.value * wave,
            };
            samples.push(Sample { series: sample.series, value });
        }
        history.append(&Batch { time: Timestamp::from_millis(time), samples }, series, collector.catalogue());
        if step % 100 == 0 {
            history.flush();
        }
    }
    history.flush();
    println!("{steps} batches of {} series, problems: {:?}", totals.len(), history.status().problems);
    history.close();
}

/// Between 0.1 and 1, another one for each series, the same whenever it is made.
fn wave(time: i64, series: u32) -> f64 {
    let turn = |period: i64| {
        (time.rem_euclid(period) as f64 / period as f64 + f64::from(series) * 0.13) * std::f64::consts::TAU
    };
    0.55 + 0.3 * turn(DAY).sin() + 0.1 * turn(3_600_000).sin() + 0.05 * turn(610_000).sin()
}
