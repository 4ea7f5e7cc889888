//! Tests of damaged files, full disks and clock jumps.

use super::super::*;
use super::disk::TestDisk;
use crate::conformance::World;
use proptest::prelude::*;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000;
/// Start of an hour.
pub(super) const BEGIN: i64 = 472_222 * HOUR;

pub(super) type Map = BTreeMap<(u32, i64), f64>;

fn try_open(folder: &Path) -> Result<EmbeddedHistory, OpenError> {
    EmbeddedHistory::open_on(Box::new(TestDisk::new(folder)), folder, Options::default())
}

pub(super) fn open(folder: &Path) -> EmbeddedHistory {
    try_open(folder).unwrap()
}

/// Appends a batch every ten seconds.
pub(super) fn fill(world: &World, history: &EmbeddedHistory, map: &mut Map, times: std::ops::Range<i64>) {
    for time in times.step_by(10_000) {
        let values: Vec<_> =
            (0..4).map(|id| (id, (time / 1000 % 1000 + i64::from(id)) as f64 / 4.0)).collect();
        world.append(history, time, &values);
        map.extend(values.into_iter().map(|(id, value)| ((id, time), value)));
    }
}

/// Two hours in blocks and one in the WAL.
pub(super) fn filled(folder: &Path) -> Map {
    let (world, history, mut map) = (World::new(), open(folder), Map::new());
    fill(&world, &history, &mut map, BEGIN..BEGIN + 2 * HOUR);
    assert!(history.write_blocks());
    history.close();
    // The WAL of such a short run still has all samples.
    logs(folder).iter().for_each(|log| fs::remove_file(log).unwrap());
    let history = open(folder);
    fill(&world, &history, &mut map, BEGIN + 2 * HOUR..BEGIN + 2 * HOUR + 600_000);
    history.close();
    map
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub(super) fn logs(folder: &Path) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.extension().unwrap() == "wal").collect()
}

pub(super) fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_files_are_quarantined_and_the_rest_opens() {
    let folder = tempfile::tempdir().unwrap();
    let mut map = filled(folder.path());
    let name = Resolution::Raw.file_name(BEGIN / HOUR);
    let path = folder.path().join(&name);
    change(&path, |bytes| *bytes.last_mut().unwrap() ^= 1);
    let history = open(folder.path());
    let problems = history.status().problems;
    assert!(problems.len() == 1 && problems[0].contains(&name), "{problems:?}");
    assert!(!path.exists() && folder.path().join(format!("{name}.damaged")).exists());
    map.retain(|&(_, time), _| time >= BEGIN + HOUR);
    assert!(World::new().samples(&history, (0, i64::MAX)) == map);
    // Its downsampled data still exists.
    assert_eq!(World::new().rows(&history, 0, (BEGIN, BEGIN + HOUR), HOUR).len(), 1);
    history.close();
    assert!(open(folder.path()).status().problems[0].contains("delete it"));
}

#[test]
fn damage_found_later_is_reported_and_leaves_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut map = filled(folder.path());
    let history = open(folder.path());
    let name = Resolution::Raw.file_name(BEGIN / HOUR);
    // In the first series, and then in the footer.
    for (at, lost) in [(20, 0..1), (usize::MAX, 0..4)] {
        change(&folder.path().join(&name), |bytes| {
            let at = at.min(bytes.len() - 20);
            bytes[at] ^= 1;
        });
        map.retain(|(id, time), _| *time >= BEGIN + HOUR || !lost.contains(id));
        for _ in 0..2 {
            assert!(World::new().samples(&history, (0, i64::MAX)) == map);
            let problems = history.status().problems.join("\n");
            assert!(problems.contains(&name), "{problems}");
        }
    }
    assert!(history.write_blocks());
    assert!(World::new().samples(&history, (0, i64::MAX)) == map);
}

#[test]
fn lost_downsampled_data_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let map = filled(folder.path());
    for level in Resolution::ROLLUPS {
        let path = folder.path().join(level.file_name(level.index_of(BEGIN)));
        change(&path, |bytes| bytes.truncate(bytes.len() / 2));
    }
    let history = open(folder.path());
    assert_eq!(history.status().problems.len(), 2);
    World::new().compare(&history, &map, (BEGIN, BEGIN + 3 * HOUR), HOUR);
    assert!(history.write_blocks());
    assert!(Resolution::ROLLUPS.into_iter().all(|level| history.shared.files().covers(level, BEGIN / HOUR)));
    World::new().compare(&history, &map, (BEGIN, BEGIN + 3 * HOUR), HOUR);
}

#[test]
fn damaged_block_header_stops_nothing() {
    for at in (0..10).chain(11..16) {
        let folder = tempfile::tempdir().unwrap();
        let map = filled(folder.path());
        for path in files(folder.path()).iter().filter(|path| path.extension().unwrap() == "seg") {
            change(path, |bytes| bytes[at] ^= 9);
        }
        let history = open(folder.path());
        assert!(World::new().samples(&history, (0, i64::MAX)) == map, "byte {at}");
        history.close();
    }
}

#[test]
fn unsupported_versions_are_reported_and_not_touched() {
    for end in ["seg", "wal"] {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path());
        let path = files(folder.path()).into_iter().find(|path| path.extension().unwrap() == end).unwrap();
        change(&path, |bytes| match end {
            "wal" => bytes[..wal_header::HEADER].copy_from_slice(&wal_header::header_of(9)),
            _ => {
                bytes[8] = 9;
                let sum = crc32fast::hash(&bytes[..11]);
                bytes[11..15].copy_from_slice(&sum.to_le_bytes());
            }
        });
        let error = try_open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("version 9") && error.contains(path.to_str().unwrap()), "{error}");
        assert!(path.exists());
    }
}

#[test]
fn full_disk_only_stops_writing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = TestDisk::new(folder.path());
    let history =
        EmbeddedHistory::open_on(Box::new(disk.clone()), folder.path(), Options::default()).unwrap();
    let (world, mut map) = (World::new(), Map::new());
    fill(&world, &history, &mut map, BEGIN..BEGIN + HOUR);
    history.flush();
    disk.fill(true);
    fill(&world, &history, &mut map, BEGIN + HOUR..BEGIN + 2 * HOUR);
    history.flush();
    assert!(!history.write_blocks());
    let problems = history.status().problems.join("\n");
    assert!(
        problems.contains("cannot be written") && problems.contains("cannot write a history block"),
        "{problems}"
    );
    assert!(world.samples(&history, (0, i64::MAX)) == map);

    assert_eq!(history.status().unsaved_batches, 360);
    disk.fill(false);
    // The next retry is a few batches away.
    fill(&world, &history, &mut map, BEGIN + 2 * HOUR..BEGIN + 2 * HOUR + 100_000);
    history.flush();
    let killed = disk.copy();
    assert!(world.samples(&open(killed.path()), (0, i64::MAX)) == map);
    assert!(history.write_blocks());
    assert_eq!(history.status().problems, Vec::<String>::new());
    assert_eq!(history.status().unsaved_batches, 0);
    assert!(world.samples(&history, (0, i64::MAX)) == map);
    disk.fill(true);
    fill(&world, &history, &mut map, BEGIN + 3 * HOUR..BEGIN + 3 * HOUR + 70_000);
    history.close();
    assert_eq!(history.status().unsaved_batches, 7);
}

#[test]
fn opens_on_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let map = filled(folder.path());
    let disk = TestDisk::new(folder.path());
    disk.fill(true);
    let before = files(folder.path());
    let history =
        EmbeddedHistory::open_on(Box::new(disk.clone()), folder.path(), Options::default()).unwrap();
    assert_eq!(history.status().problems.len(), 1);
    assert!(World::new().samples(&history, (0, i64::MAX)) == map);
    history.close();
    assert_eq!(files(folder.path()), before);
    assert!(World::new().samples(&open(folder.path()), (0, i64::MAX)) == map);
}

#[test]
fn expired_samples_keep_their_downsampled_data() {
    let folder = tempfile::tempdir().unwrap();
    let (world, history, mut map) = (World::new(), open(folder.path()), Map::new());
    fill(&world, &history, &mut map, BEGIN..BEGIN + HOUR);
    assert!(history.write_blocks());
    let later = BEGIN + 8 * 24 * HOUR;
    // A forward clock jump needs confirmation.
    fill(&world, &history, &mut map, later..later + 1000);
    assert!(history.write_blocks());
    assert!(world.samples(&history, (0, i64::MAX)) == map);
    (1..=3600).for_each(|second| world.append(&history, later + second * 1000, &[(0, 1.0)]));
    assert!(history.write_blocks());
    assert!(world.samples(&history, (0, later)).is_empty());
    world.compare(&history, &map, (BEGIN, BEGIN + HOUR), 60_000);
    // Finer than the remaining resolution: one row per minute, and gaps.
    let rows = world.rows(&history, 0, (BEGIN, BEGIN + 120_000), 30_000);
    assert_eq!(rows.iter().map(|row| row == "-").collect::<Vec<_>>(), [false, true, false, true]);
}

#[test]
fn late_samples_extend_downsampled_data() {
    let folder = tempfile::tempdir().unwrap();
    let (world, history, mut map) = (World::new(), open(folder.path()), Map::new());
    fill(&world, &history, &mut map, BEGIN..BEGIN + HOUR);
    assert!(history.write_blocks());
    {
        let mut files = history.shared.files_mut();
        fs::remove_file(files.path(Resolution::Raw, BEGIN / HOUR)).unwrap();
        files.of_mut(Resolution::Raw).clear();
    }
    world.append(&history, BEGIN + 5000, &[(0, 777.0)]);
    assert!(history.write_blocks());
    map.insert((0, BEGIN + 5000), 777.0);
    world.compare(&history, &map, (BEGIN, BEGIN + HOUR), 60_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// With any damage to a file the store opens, answers without invented samples, and reports missing data.
    #[test]
    fn damaged_files_do_not_affect_others(file: prop::sample::Index, at: prop::sample::Index, xor in 0_u8..) {
        let folder = tempfile::tempdir().unwrap();
        let map = filled(folder.path());
        let files = files(folder.path());
        let path = file.get(&files);
        change(path, |bytes| match (at.index(bytes.len()), xor) {
            (at, 0) => bytes.truncate(at),
            (at, xor) => bytes[at] ^= xor,
        });
        let Ok(history) = try_open(folder.path()) else { return Ok(()) };
        let world = World::new();
        let samples = world.samples(&history, (0, i64::MAX));
        prop_assert!(samples.iter().all(|(key, value)| map.get(key) == Some(value)));
        for step in [10_000, 60_000, 900_000] {
            world.ask(&history, (BEGIN, BEGIN + 3 * HOUR), step);
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_named = history.status().problems.iter().any(|problem| problem.contains(&name));
        // The last record of a WAL may be incomplete.
        let is_torn = name.ends_with("wal");
        prop_assert!(is_named || is_torn || samples == map, "{name}");
        prop_assert!(history.write_blocks());
    }
}
