//! Replays a recording of `record` for days, the recorded stretch again and again, and tells what that costs:
//! `cargo run --release -p watchglass-history --example figures -- RECORDING DAYS COPIES`.
//!
//! With more than one copy every series is there several times, told apart by a label; only one copy says something
//! about bytes for each sample.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a tool for developers"
)]

use std::fs;
use std::path::Path;
use std::time::Instant;
use watchglass_history::{EmbeddedHistory, History, Operator, Options, Query, Selector, step_for};
use watchglass_model::{
    Batch, Catalogue, Declaration, Kind, Labels, Sample, Series, SeriesId, TimeRange, Timestamp, Unit,
};

struct Recording {
    catalogue: Catalogue,
    series: Vec<(String, Labels, Kind)>,
    batches: Vec<Vec<(u32, f64)>>,
}

fn read(path: &str) -> Recording {
    let mut recording =
        Recording { catalogue: Catalogue::default(), series: Vec::new(), batches: Vec::new() };
    for line in fs::read_to_string(path).unwrap().lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields[0] == "S" {
            let kind = if fields[2] == "Counter" { Kind::Counter } else { Kind::Gauge };
            let labels = fields[3].split('\x1e').map(|pair| pair.split_once('\x1f').unwrap()).collect();
            if recording.catalogue.metric(fields[1]).is_none() {
                let declaration = Declaration {
                    name: Box::leak(fields[1].to_owned().into_boxed_str()),
                    kind,
                    unit: Unit::Count,
                    help: "",
                    labels: &[],
                    panel: None,
                    legend: "",
                };
                recording.catalogue.declare(&declaration).unwrap();
            }
            recording.series.push((fields[1].to_owned(), labels, kind));
        } else {
            let sample = |field: &&str| {
                let (id, value) = field.split_once(':').unwrap();
                (id.parse().unwrap(), value.parse().unwrap())
            };
            recording.batches.push(fields[2..].iter().map(sample).collect());
        }
    }
    recording
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn written() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap();
    io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap().trim().parse().unwrap()
}

fn sizes(folder: &Path) {
    for level in ["raw", "minute", "quarter", "log"] {
        let files: Vec<u64> = fs::read_dir(folder)
            .unwrap()
            .map(Result::unwrap)
            .filter(|entry| entry.file_name().to_str().unwrap().starts_with(level))
            .map(|entry| entry.metadata().unwrap().len())
            .collect();
        println!("{level}: {} files, {} bytes", files.len(), files.iter().sum::<u64>());
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let recording = read(&arguments[1]);
    let days: i64 = arguments[2].parse().unwrap();
    let copies: u32 = arguments[3].parse().unwrap();
    let count = recording.series.len() as u32;
    let mut series = Vec::new();
    for copy in 0..copies {
        for (metric, labels, _) in &recording.series {
            let copy = copy.to_string();
            let labels = labels.iter().chain([("copy", copy.as_str())]).collect();
            series.push(Series { id: SeriesId(series.len() as u32), metric: metric.clone(), labels });
        }
    }
    let folder = tempfile::tempdir_in(".").unwrap();
    let history = EmbeddedHistory::open(folder.path(), Options::default()).unwrap();
    let (start, begin) = (Instant::now(), 1_700_006_400_000_i64);
    // Counters go on where the recording ends.
    let mut base = vec![0.0; recording.series.len()];
    let mut last = vec![0.0; recording.series.len()];
    let first: Vec<f64> = (0..count)
        .map(|id| recording.batches.iter().flatten().find(|(same, _)| *same == id).map_or(0.0, |one| one.1))
        .collect();
    let (mut samples, mut slowest) = (0_u64, 0.0_f64);
    for second in 0..days * 86_400 {
        let at = second as usize % recording.batches.len();
        if at == 0 && second > 0 {
            for (id, base) in base.iter_mut().enumerate() {
                *base += if recording.series[id].2 == Kind::Counter { last[id] - first[id] } else { 0.0 };
            }
        }
        let mut batch = Batch { time: Timestamp::from_millis(begin + second * 1000), samples: Vec::new() };
        for copy in 0..copies {
            for &(id, value) in &recording.batches[at] {
                last[id as usize] = value;
                let value = value + base[id as usize];
                batch.samples.push(Sample { series: SeriesId(copy * count + id), value });
            }
        }
        samples += batch.samples.len() as u64;
        let before = Instant::now();
        history.append(&batch, &series, &recording.catalogue);
        slowest = slowest.max(before.elapsed().as_secs_f64());
        // Time passes faster here than the threads expect.
        if second % 100 == 0 {
            history.settle();
        }
        if second > 3600 && second % 3600 == 120 {
            let sealed = folder.path().join(format!("raw-{}.seg", begin / 1000 + second - 120 - 3600));
            while !sealed.exists() {
                std::thread::yield_now();
            }
        }
    }
    history.settle();
    println!("{samples} samples of {} series in {:.1} s", series.len(), start.elapsed().as_secs_f64());
    println!("slowest append {:.1} ms; anonymous memory {} MB", slowest * 1e3, resident());
    println!("written {:.1} MB a day", written() as f64 / 1e6 / days as f64);
    sizes(folder.path());
    let status = history.status();
    println!("{:.3} bytes for each sample, everything counted", status.stored_bytes as f64 / samples as f64);
    println!("problems: {:?}", status.problems);

    let end = history.newest().unwrap();
    let names: Vec<_> = recording.series.iter().take(20).map(|one| one.0.clone()).collect();
    let selector = Selector::default().with("copy", Operator::Equal, "0").with(
        "__name__",
        Operator::Regex,
        &names.join("|"),
    );

    for hours in [1_u64, 24, 24 * 7] {
        let range = TimeRange::before(end, std::time::Duration::from_secs(hours * 3600));
        let query = Query { selector: selector.clone(), range, step_millis: step_for(range, 1000) };
        let mut times: Vec<f64> = (0..50)
            .map(|_| {
                let start = Instant::now();
                let columns = history.query(&query).unwrap();
                assert!(!columns.columns.is_empty());
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let columns = history.query(&query).unwrap();
        let (series, rows) = (columns.columns.len(), columns.rows);
        println!(
            "{hours} h, {series} series of {rows} rows: median {:.2} ms, p95 {:.2} ms",
            times[25], times[47]
        );
    }
    println!("anonymous memory {} MB", resident());
    let start = Instant::now();
    history.close();
    println!("close {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let history = EmbeddedHistory::open(folder.path(), Options::default()).unwrap();
    println!("open {:.1} ms; anonymous memory {} MB", start.elapsed().as_secs_f64() * 1e3, resident());
    drop(history);
}
