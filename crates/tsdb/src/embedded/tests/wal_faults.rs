//! Tests of damaged WAL files.

use super::super::*;
use super::faults::{BEGIN, Map, change, fill, filled, logs, open};
use crate::conformance::World;

/// A WAL with a record of four series every ten seconds, before and after damage to the bytes at the end of these records.
fn damaged(records: i64, damage: &[usize]) -> (Map, Map) {
    let folder = tempfile::tempdir().unwrap();
    let (world, history, mut map) = (World::new(), open(folder.path()), Map::new());
    let path = logs(folder.path()).remove(0);
    let mut ends = Vec::new();
    for time in (BEGIN..).step_by(10_000).take(records as usize) {
        fill(&world, &history, &mut map, time..time + 1);
        history.flush();
        ends.push(fs::metadata(&path).unwrap().len() as usize);
    }
    history.close();
    change(&path, |bytes| damage.iter().for_each(|&record| bytes[ends[record] - 1] ^= 1));
    let history = open(folder.path());
    let problems = history.status().problems;
    assert!(problems.len() == 1 && problems[0].contains("log-"), "{problems:?}");
    let found = World::new().samples(&history, (0, i64::MAX));
    history.close();
    (map, found)
}

/// The samples without those of these records.
fn without(mut map: Map, lost: std::ops::Range<i64>) -> Map {
    map.retain(|(_, time), _| !lost.contains(&((time - BEGIN) / 10_000)));
    map
}

#[test]
fn damaged_first_record_of_a_young_wal_costs_only_itself() {
    for records in [2, 5, 59] {
        let (map, found) = damaged(records, &[0]);
        assert!(found == without(map, 0..1), "{records}");
    }
}

#[test]
fn damaged_wal_header_costs_nothing() {
    for at in 0..wal_header::HEADER {
        let folder = tempfile::tempdir().unwrap();
        let map = filled(folder.path());
        change(&logs(folder.path())[0], |bytes| bytes[at] ^= 9);
        let history = open(folder.path());
        let problems = history.status().problems;
        assert!(problems.len() == 1 && problems[0].contains("invalid WAL header"), "{problems:?}");
        assert!(World::new().samples(&history, (0, i64::MAX)) == map, "byte {at}");
        history.close();
    }
}

#[test]
fn samples_of_series_in_a_damaged_record_wait_for_the_next_record_with_all_series() {
    // Records with all series are the first two, the 12th and the 62nd.
    let (map, found) = damaged(100, &[0, 1, 11]);
    assert!(found == without(map, 0..21));
    let (map, found) = damaged(100, &[0, 1]);
    assert!(found == without(map, 0..11));
}

#[test]
fn damaged_wal_costs_the_records_up_to_the_next_complete_one() {
    let folder = tempfile::tempdir().unwrap();
    let map = filled(folder.path());
    change(&logs(folder.path())[0], |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let history = open(folder.path());
    let problems = history.status().problems;
    assert!(problems.len() == 1 && problems[0].contains("log-"), "{problems:?}");
    let samples = World::new().samples(&history, (0, i64::MAX));
    // One to ten records of four series.
    let lost = map.len() - samples.len();
    assert!((4..=40).contains(&lost) && lost.is_multiple_of(4), "{lost}");
    assert!(samples.iter().all(|(key, value)| map.get(key) == Some(value)));
    history.close();
    assert!(World::new().samples(&open(folder.path()), (0, i64::MAX)) == samples);
}
