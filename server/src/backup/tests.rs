//! Backup and restore tests.

use super::{restore, write};
use crate::persist::data_dir::DataDir;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;
use watchglass_model::{Batch, Catalogue, Sample, Series, SeriesId, TimeRange, Timestamp};
use watchglass_tsdb::{EmbeddedHistory, History, Options, Query, Selector};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Data directory with a few files, some of them transient.
fn data(folder: &TempDir) -> std::path::PathBuf {
    let data = folder.path().join("data");
    for inner in ["history", "outbox"] {
        fs::create_dir_all(data.join(inner)).unwrap();
    }
    for (name, text) in [
        ("access.json", "people"),
        ("access.lock", ""),
        ("alerts.json.new", "half"),
        ("browser.key", "key of browsers"),
        ("history/log-0.wal", "log"),
        ("history/raw-1.seg.tmp", "half"),
        ("link.key", "key"),
        ("lock", "17\n"),
        ("outbox/outbox.1", "messages"),
        ("rules.json.damaged", "garbage"),
        ("telling.json", "told"),
    ] {
        fs::write(data.join(name), text).unwrap();
    }
    data
}

/// All files of a folder, by name.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            let inner = content(&entry.path()).into_iter();
            all.extend(inner.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else {
            all.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    all
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn durable_files_are_restored_with_owner_only_mode() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (data(&folder), folder.path().join("w.backup"));
    std::os::unix::fs::symlink("/etc/hosts", data.join("hosts")).unwrap();
    let written = write::write(&data, &file, NOW).unwrap();
    assert_eq!(written.skipped, ["hosts"]);
    let kept: Vec<&str> = written.manifest.files.iter().map(|file| file.name.as_str()).collect();
    let expected =
        ["access.json", "browser.key", "history/log-0.wal", "link.key", "telling.json", "outbox/outbox.1"];
    assert_eq!(kept, expected);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(restore::verify(&file).unwrap(), written.manifest);

    let target = folder.path().join("new/folder");
    let restored = restore::restore(&file, &target, false, NOW).unwrap();
    assert_eq!((restored.manifest, restored.previous), (written.manifest, None));
    let mut expected_content = content(&data);
    expected_content.retain(|name, _| expected.contains(&name.as_str()));
    assert_eq!(content(&target), expected_content);
    for name in expected {
        assert_eq!(mode(&target.join(name)), 0o600, "{name}");
    }
    for name in ["", "history", "outbox"] {
        assert_eq!(mode(&target.join(name)), 0o700, "{name:?}");
    }
    assert_eq!(names(target.parent().unwrap()), ["folder"]);
    assert_eq!(names(folder.path()), ["data", "new", "w.backup"]);
}

#[test]
fn non_empty_folder_is_replaced_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (data(&folder), folder.path().join("w.backup"));
    write::write(&data, &file, NOW).unwrap();
    fs::write(data.join("access.json"), "other people").unwrap();
    let before = content(&data);

    let error = restore::restore(&file, &data, false, NOW).unwrap_err().to_string();
    assert!(error.contains("is not empty") && error.contains("--replace"), "{error}");
    // Never the folder of a running server.
    let server = DataDir::open(data.clone()).unwrap();
    let running = content(&data);
    for replace in [false, true] {
        let error = restore::restore(&file, &data, replace, NOW).unwrap_err().to_string();
        assert!(error.contains("stop it") && error.contains("another folder"), "{error}");
    }
    assert_eq!(content(&data), running);
    drop(server);

    let restored = restore::restore(&file, &data, true, NOW).unwrap();
    let aside = restored.previous.unwrap();
    assert_eq!(aside.file_name().unwrap(), "data.before-1700000000");
    assert_eq!(content(&aside).get("access.json"), before.get("access.json"));
    assert_eq!(content(&data)["access.json"], b"people");
    // A second time within the same second: the name is taken, and nothing changes.
    let now = content(&data);
    assert!(restore::restore(&file, &data, true, NOW).is_err());
    assert_eq!((content(&data), names(folder.path()).len()), (now, 3));
    // An empty folder is treated like a missing one.
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    restore::restore(&file, &empty, false, NOW).unwrap();
    assert_eq!(content(&empty).len(), 6);
}

#[test]
fn damaged_archive_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (data(&folder), folder.path().join("w.backup"));
    write::write(&data, &file, NOW).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let before = content(&data);
    for target in [data.clone(), folder.path().join("new")] {
        let error = restore::restore(&file, &target, true, NOW).unwrap_err().to_string();
        assert!(error.contains("w.backup") && error.contains("damaged"), "{error}");
    }
    assert!(restore::verify(&file).is_err());
    assert_eq!((content(&data), names(folder.path())), (before, vec!["data".into(), "w.backup".into()]));
}

#[test]
fn backup_needs_data_and_a_path_outside_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    for (from, to, expected) in [
        (data.clone(), data.join("w.backup"), "outside of it"),
        (data.clone(), data.join("history/../w.backup"), "outside of it"),
        (data.clone(), folder.path().join("none/w.backup"), "none"),
        (folder.path().join("none"), folder.path().join("w.backup"), "--data-dir"),
        (data.join("empty"), folder.path().join("w.backup"), "--data-dir"),
    ] {
        fs::create_dir_all(data.join("empty")).unwrap();
        let error = write::write(&from, &to, NOW).unwrap_err().to_string();
        assert!(error.contains(expected), "{from:?} {to:?}: {error}");
    }
    // An existing archive stays until the new one is complete.
    let file = folder.path().join("w.backup");
    fs::write(&file, "old").unwrap();
    assert!(write::write(&data.join("empty"), &file, NOW).is_err());
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    write::write(&data, &file, NOW).unwrap();
    assert_eq!(names(folder.path()), ["data", "w.backup"]);
}

/// Query results of a history with one gauge.
fn query_results(history: &EmbeddedHistory) -> Vec<String> {
    let range = TimeRange { start: NOW, end: Timestamp::from_millis(NOW.millis() + 40_000_000) };
    [1000, 60_000, 3_600_000]
        .map(|step_millis| {
            let query = Query { selector: Selector::metric("m"), range, step_millis };
            format!(
                "{:?}",
                history.query(&query).map(|found| found
                    .columns
                    .into_iter()
                    .map(|column| {
                        (column.series.key(), column.low, column.high, column.mean, column.count)
                    })
                    .collect::<Vec<_>>())
            )
        })
        .to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Backup while the history is open and growing, with some data sealed and some in the log. Means are sums in another
    /// order then: those of whole numbers are the same.
    #[test]
    fn restored_history_gives_the_same_results(
        values in prop::collection::vec((-1_000_000..1_000_000, 1_i64..9000), 1..200), sealed in 0_usize..200
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
        let file = folder.path().join("w.backup");
        let history = EmbeddedHistory::open(&data.join("history"), Options::default()).unwrap();
        let series = [Series { id: SeriesId(0), metric: "m".to_owned(), labels: Default::default() }];
        let catalogue = Catalogue::default();
        let mut time = NOW.millis();
        let mut append = |value: f64, pause: i64| {
            time += pause;
            let samples = vec![Sample { series: SeriesId(0), value }];
            history.append(&Batch { time: Timestamp::from_millis(time), samples }, &series, &catalogue);
        };
        for (index, &(value, pause)) in values.iter().enumerate() {
            append(f64::from(value), pause);
            if index == sealed {
                history.flush();
                prop_assert!(history.write_blocks());
            }
        }
        history.flush();
        let expected = query_results(&history);
        write::write(&data, &file, NOW).unwrap();
        // Later samples are not in the backup.
        append(7.0, 1);
        history.flush();
        restore::restore(&file, &copy, false, NOW).unwrap();
        let restored = EmbeddedHistory::open(&copy.join("history"), Options::default()).unwrap();
        prop_assert_eq!(query_results(&restored), expected);
        prop_assert!(restored.status().problems.is_empty());
        restored.close();
        history.close();
    }
}
