//! Cost of host monitoring: one tick of the collector, each probe, and two ways to read `/proc`.

use divan::{Bencher, black_box};
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use watchglass_instrument::requests::{Recorder, StatusClass};
use watchglass_model::{SampleBuffer, Timestamp};
use watchglass_probes::{
    Applications, ApplicationsProbe, Collector, HostRoots, Probe, ProcessTableReader, host_probes,
    self_monitoring_probes,
};

fn main() {
    divan::main();
}

/// One tick of all host and self-monitoring probes. Slow probes run in the background.
#[divan::bench]
fn tick(bencher: Bencher<'_, '_>) {
    let mut probes = host_probes(&HostRoots::default());
    probes.extend(self_monitoring_probes());
    let Ok(mut collector) = Collector::new(probes, &[("host", "bench")], 1000) else {
        return;
    };
    collector.tick(Timestamp::from_millis(0));
    let mut now = 0;
    bencher.bench_local(|| {
        now += 1000;
        collector.tick(Timestamp::from_millis(black_box(now)))
    });
}

fn one(bencher: Bencher<'_, '_>, mut probe: impl Probe) {
    let mut samples = SampleBuffer::new();
    bencher.bench_local(|| {
        samples.clear();
        probe.collect(&mut samples)
    });
}

/// One reading of the process table.
#[divan::bench]
fn process_table(bencher: Bencher<'_, '_>) {
    let mut reader = ProcessTableReader::new(&HostRoots::default());
    let mut now = 0;
    bencher.bench_local(|| {
        now += 5000;
        reader.read(Timestamp::from_millis(black_box(now)))
    });
}

#[divan::bench]
fn cpu(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::Cpu::new(&HostRoots::default()));
}

#[divan::bench]
fn memory(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::Memory::new(&HostRoots::default()));
}

#[divan::bench]
fn disk(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::Disk::new(&HostRoots::default()));
}

#[divan::bench]
fn network(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::Network::new(&HostRoots::default()));
}

#[divan::bench]
fn load(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::Load::new(&HostRoots::default()));
}

#[divan::bench]
fn pressure(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::Pressure::new(&HostRoots::default()));
}

#[divan::bench]
fn open_files(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::OpenFiles::new(&HostRoots::default()));
}

#[divan::bench]
fn uptime(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::Uptime::new(&HostRoots::default()));
}

#[divan::bench]
fn own_process(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::ServerProcess::new());
}

/// Runs in the background every 5 s, as do the next three.
#[divan::bench]
fn top_processes(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::TopProcesses::new(&HostRoots::default()));
}

#[divan::bench]
fn cpu_frequency(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::CpuFrequency::new(&HostRoots::default()));
}

#[divan::bench]
fn temperature(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::Temperature::new(&HostRoots::default()));
}

#[divan::bench]
fn filesystem(bencher: Bencher<'_, '_>) {
    one(bencher, watchglass_probes::Filesystem::new(&HostRoots::default()));
}

/// Thirty routes with ten requests each in the last second; 0 for idle routes.
#[divan::bench(args = [0, 10])]
fn requests(bencher: Bencher<'_, '_>, requests: u64) {
    let recorder = Arc::new(Recorder::default());
    let routes: Vec<String> = (0..30).map(|number| format!("/api/resource/{number}/{{id}}")).collect();
    let answer = |route: &str, millis| {
        let ticket = recorder.start(Some(route), &http::Method::GET);
        recorder.answered(ticket, StatusClass::Success, Duration::from_millis(millis));
    };
    routes.iter().for_each(|route| answer(route, 1));
    let seconds = AtomicU64::new(0);
    let mut probe = watchglass_probes::Requests::with_clock(Arc::clone(&recorder), move || {
        Duration::from_secs(seconds.fetch_add(1, Ordering::Relaxed))
    });
    let mut samples = SampleBuffer::new();
    bencher
        .with_inputs(|| {
            routes.iter().for_each(|route| (0..requests).for_each(|millis| answer(route, millis)))
        })
        .bench_local_values(|()| {
            samples.clear();
            probe.collect(&mut samples)
        });
}

/// Documented limit of applications, and of the routes of each.
const APPLICATIONS: usize = 50;
const ROUTES: usize = 200;

/// One tick of the collector in which all applications have reported all of their routes. Most of their series are over
/// the series limit: they are refused again at every tick.
#[divan::bench]
fn applications(bencher: Bencher<'_, '_>) {
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    let registry =
        Arc::new(Applications::with_clock(move || Duration::from_secs(clock.load(Ordering::Relaxed))));
    let probes: Vec<Box<dyn Probe>> = vec![Box::new(ApplicationsProbe::new(Arc::clone(&registry)))];
    let Ok(mut collector) = Collector::new(probes, &[("host", "bench")], 10_000) else {
        return;
    };
    let reports: Vec<String> = (0..APPLICATIONS).map(report).collect();
    let ingest = || {
        let second = seconds.fetch_add(1, Ordering::Relaxed) + 1;
        reports.iter().for_each(|report| drop(registry.ingest(report.as_bytes())));
        Timestamp::from_millis(i64::try_from(second).unwrap_or_default() * 1000)
    };
    // The last minute is full, and all series are known or refused.
    (0..60).for_each(|_| drop(collector.tick(ingest())));
    bencher.with_inputs(ingest).bench_local_values(|now| collector.tick(black_box(now)));
}

/// A report with a response of each route.
fn report(app: usize) -> String {
    let route = |number: usize| {
        format!(
            r#"{{"route":"/api/resource/{number}/{{id}}","methods":{{"GET":{{"2xx":1}}}},"durations":[0.0{number}1]}}"#
        )
    };
    let routes: Vec<String> = (0..ROUTES).map(route).collect();
    format!(r#"{{"version":1,"app":"app-{app}","routes":[{}]}}"#, routes.join(","))
}

/// Files read at every tick.
const FILES: [&str; 3] = ["/proc/stat", "/proc/meminfo", "/proc/diskstats"];

#[divan::bench(args = FILES)]
fn reopened_each_time(bencher: Bencher<'_, '_>, path: &str) {
    let mut buffer = Vec::new();
    bencher.bench_local(|| {
        buffer.clear();
        File::open(path).and_then(|mut file| file.read_to_end(&mut buffer))
    });
}

#[divan::bench(args = FILES)]
fn kept_open(bencher: Bencher<'_, '_>, path: &str) {
    let Ok(mut file) = fs::File::open(path) else {
        return;
    };
    let mut buffer = Vec::new();
    bencher.bench_local(|| {
        buffer.clear();
        file.rewind().and_then(|()| file.read_to_end(&mut buffer))
    });
}
