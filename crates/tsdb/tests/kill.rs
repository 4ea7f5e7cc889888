//! Crash test: the process is killed a hundred times at arbitrary moments; acknowledged samples must survive.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use watchglass_model::{Batch, Catalogue, Labels, Sample, Series, SeriesId, TimeRange, Timestamp};
use watchglass_tsdb::{EmbeddedHistory, History, Options, Selector, StoredSeries};

/// Environment variable that marks the child process and names its folder.
const FOLDER: &str = "WATCHGLASS_TEST_KILL_FOLDER";
const SERIES: u32 = 9;
const BEGIN: i64 = 1_700_000_000_000;
const KILLS: u32 = 100;
/// A prime, so that batches do not align with hours.
const STEP: i64 = 7_001;

fn value(time: i64, id: u32) -> f64 {
    let n = time / 1000;
    match id % 3 {
        0 => n as f64,
        1 => f64::from(id) / 7.0 * (n % 100) as f64,
        _ => (n as f64 * f64::from(id)).sin(),
    }
}

fn series() -> Vec<Series> {
    let series = |id: u32| Series {
        id: SeriesId(id),
        metric: "m".to_owned(),
        labels: Labels::from_iter([("n", id.to_string())]),
    };
    (0..SERIES).map(series).collect()
}

/// Appends batches and acknowledges each one until the process is killed. Blocks are written soon after each hour.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let history = EmbeddedHistory::open(Path::new(&folder), Options::default()).unwrap();
    let (series, catalogue) = (series(), Catalogue::default());
    let mut time = history.newest().map_or(BEGIN, Timestamp::millis);
    println!("\nopen {}", history.status().problems.join("; "));
    loop {
        time += STEP;
        let samples = (0..SERIES).map(|id| Sample { series: SeriesId(id), value: value(time, id) }).collect();
        let batch = Batch { time: Timestamp::from_millis(time), samples };
        history.append(&batch, &series, &catalogue);
        history.flush();
        println!("wrote {time}");
    }
}

/// Evenly distributed number per round: Weyl sequence.
fn moment(round: u32) -> u64 {
    u64::from(round.wrapping_mul(0x9e37_79b9) % 500)
}

#[test]
fn a_hundred_kills_lose_nothing_that_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = BEGIN;
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let opened = lines.find(|line| line.starts_with("open")).unwrap();
        assert_eq!(opened, "open ", "round {round}");
        let said = |line: &String| line.strip_prefix("wrote ")?.parse::<i64>().ok();
        for line in lines.by_ref().take(usize::try_from(moment(round)).unwrap()) {
            written = said(&line).unwrap_or(written);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // Acknowledgements written before the kill and not read yet.
        written = lines.filter_map(|line| said(&line)).last().unwrap_or(written);
    }
    let history = EmbeddedHistory::open(folder.path(), Options::default()).unwrap();
    assert_eq!(history.status().problems, Vec::<String>::new());
    let mut found: BTreeMap<i64, u32> = BTreeMap::new();
    let range = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(i64::MAX) };
    let visit = &mut |series: &StoredSeries, samples: &[(Timestamp, f64)]| {
        let id: u32 = series.labels.get("n").unwrap().parse().unwrap();
        for &(time, stored) in samples {
            assert_eq!(stored, value(time.millis(), id));
            *found.entry(time.millis()).or_default() += 1;
        }
    };
    history.raw(&Selector::default(), range, visit).unwrap();
    assert!(found.values().all(|&count| count == SERIES), "a batch is there in part");
    let missing = (1..).map(|n| BEGIN + n * STEP).take_while(|&time| time <= written);
    let missing: Vec<i64> = missing.filter(|time| !found.contains_key(time)).collect();
    assert_eq!(missing, Vec::<i64>::new(), "of {} batches", found.len());
    println!("{} batches, {KILLS} kills", found.len());
}
