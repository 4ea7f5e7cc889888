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
    check_readable(&folder().join("log-0.wal"));
}

#[test]
fn earlier_versions_of_the_wal_are_readable() {
    for version in ["golden-v1", "golden-v2"] {
        check_readable(&folder().with_file_name(version).join("log-0.wal"));
    }
}

/// Reads the golden files with this WAL.
fn check_readable(wal: &Path) {
    let (copied, written) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let map = write(written.path());
    for name in names(&folder()) {
        fs::copy(folder().join(&name), copied.path().join(&name)).unwrap();
    }
    fs::copy(wal, copied.path().join("log-0.wal")).unwrap();
    let history = open(copied.path());
    assert_eq!(history.status().problems, Vec::<String>::new());
    assert!(World::new().samples(&history, (0, i64::MAX)) == map);
    World::new().compare(&history, &map, (BEGIN, BEGIN + 2 * HOUR), 900_000);
}
