//! Golden files of the storage format, updated by `UPDATE_GOLDEN=1 cargo test`. A difference requires a new format
//! version.

use super::super::*;
use super::disk::TestDisk;
use crate::conformance::World;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000;
/// Start of a day.
const BEGIN: i64 = 19_676 * 24 * HOUR;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// An hour with every column encoding, and some later batches.
fn fill(world: &World, history: &EmbeddedHistory, times: std::ops::Range<i64>) -> BTreeMap<(u32, i64), f64> {
    let mut map = BTreeMap::new();
    for time in times.step_by(10_000) {
        let n = time / 10_000 % 1000;
        let ratio = (n * 7 % 11) as f64 / 199.0;
        let noise = ((n * n) as f64).sin();
        let mut values = vec![(0, 1.0), (1, (n * 512) as f64), (2, ratio), (3, n as f64 * 0.25), (4, noise)];
        values.retain(|&(id, _)| id != 2 || n % 3 == 0);
        world.append(history, time, &values);
        map.extend(values.into_iter().map(|(id, value)| ((id, time), value)));
    }
    map
}

fn open(folder: &Path) -> EmbeddedHistory {
    EmbeddedHistory::open_on(Box::new(TestDisk::new(folder)), folder, Options::default()).unwrap()
}

/// Writes the files and returns their samples.
fn write(folder: &Path) -> BTreeMap<(u32, i64), f64> {
    let (world, history) = (World::new(), open(folder));
    let mut map = fill(&world, &history, BEGIN..BEGIN + HOUR);
    assert!(history.write_blocks());
    history.close();
    for log in names(folder).iter().filter(|name| name.ends_with("wal")) {
        fs::remove_file(folder.join(log)).unwrap();
    }
    let history = open(folder);
    map.extend(fill(&world, &history, BEGIN + HOUR..BEGIN + HOUR + 200_000));
    history.flush();
    map
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn written_files_are_unchanged() {
    let written = tempfile::tempdir().unwrap();
    write(written.path());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        names(&folder()).iter().for_each(|name| fs::remove_file(folder().join(name)).unwrap());
        for name in names(written.path()) {
            fs::copy(written.path().join(&name), folder().join(&name)).unwrap();
        }
    }
    assert_eq!(names(written.path()), names(&folder()));
    for name in names(&folder()) {
        let is_same =
            fs::read(written.path().join(&name)).unwrap() == fs::read(folder().join(&name)).unwrap();
        assert!(is_same, "{name} differs");
    }
}

#[test]
fn golden_files_are_readable() {
    check_readable(&folder());
}

/// Version 1 of blocks and WAL, and versions 2 and 3 of the WAL.
#[test]
fn earlier_versions_are_readable() {
    for earlier in ["golden-v1", "golden-v2", "golden-v3"] {
        check_readable(&folder().with_file_name(earlier));
    }
}

/// An hour of a block of version 1 is rewritten when samples are added to it.
#[test]
fn blocks_of_version_1_are_extended() {
    let copied = tempfile::tempdir().unwrap();
    let earlier = folder().with_file_name("golden-v1");
    for name in names(&earlier) {
        fs::copy(earlier.join(&name), copied.path().join(&name)).unwrap();
    }
    let (written, world, history) = (tempfile::tempdir().unwrap(), World::new(), open(copied.path()));
    let mut map = write(written.path());
    world.append(&history, BEGIN + 5000, &[(0, 2.0), (4, -0.5)]);
    map.extend([((0, BEGIN + 5000), 2.0), ((4, BEGIN + 5000), -0.5)]);
    assert!(history.write_blocks());
    for name in names(copied.path()).iter().filter(|name| name.ends_with("seg")) {
        assert_eq!(fs::read(copied.path().join(name)).unwrap()[8], 2, "version of {name}");
    }
    assert!(world.samples(&history, (0, i64::MAX)) == map);
    world.compare(&history, &map, (BEGIN, BEGIN + 2 * HOUR), 900_000);
}

/// Reads the golden files, with those of this folder in place of files of the same names.
fn check_readable(replaced: &Path) {
    let (copied, written) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let map = write(written.path());
    for from in [&*folder(), replaced] {
        for name in names(from) {
            fs::copy(from.join(&name), copied.path().join(&name)).unwrap();
        }
    }
    let history = open(copied.path());
    assert_eq!(history.status().problems, Vec::<String>::new());
    assert!(World::new().samples(&history, (0, i64::MAX)) == map);
    World::new().compare(&history, &map, (BEGIN, BEGIN + 2 * HOUR), 900_000);
}

/// Samples of the tick and of a group, with values of all kinds.
fn fill_groups(history: &EmbeddedHistory) -> Vec<(u32, i64, u64)> {
    let (world, mut written) = (World::new(), Vec::new());
    let stale = f64::from_bits(0x7ff0_0000_0000_0002);
    for (n, value) in
        (0..).zip([1.0, 1.5, f64::NAN, stale, f64::INFINITY, -0.0, 3.0, 3.25, 1e300, 4.0, 5.0, 6.0, 7.0])
    {
        let (time, own) = (BEGIN + n * 1000, BEGIN + n * 15_000 + 307);
        world.append(history, time, &[(0, n as f64)]);
        world.append_group(history, "target", own, &[(2, value), (3, n as f64)]);
        let samples = [(0, time, n as f64), (2, own, value), (3, own, n as f64)];
        written.extend(samples.map(|(id, time, value)| (id, time, value.to_bits())));
    }
    history.flush();
    written.sort_unstable();
    written
}

#[test]
fn log_with_groups_is_unchanged_and_readable() {
    let written = tempfile::tempdir().unwrap();
    let history = open(written.path());
    let expected = fill_groups(&history);
    history.close();
    let golden = folder().with_file_name("golden-groups").join("log-0.wal");
    let bytes = fs::read(written.path().join("log-0.wal")).unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, &bytes).unwrap();
    }
    assert!(fs::read(&golden).unwrap() == bytes, "the log differs");
    let copied = tempfile::tempdir().unwrap();
    fs::copy(&golden, copied.path().join("log-0.wal")).unwrap();
    let history = open(copied.path());
    assert_eq!(history.status().problems, Vec::<String>::new());
    let found = World::new().samples(&history, (0, i64::MAX));
    let found: Vec<_> = found.into_iter().map(|((id, time), value)| (id, time, value.to_bits())).collect();
    assert_eq!(found, expected);
}
