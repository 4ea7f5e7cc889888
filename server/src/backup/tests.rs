//! What was backed up is there again, and nothing is touched that should not be.

use super::{restore, write};
use crate::data_dir::DataDir;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;
use watchglass_history::{EmbeddedHistory, History, Options, Query, Selector};
use watchglass_model::{Batch, Catalogue, Sample, Series, SeriesId, TimeRange, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A data folder with a few files, some of which are of a moment only.
fn data(folder: &TempDir) -> std::path::PathBuf {
    let data = folder.path().join("data");
    for inner in ["history", "outbox"] {
        fs::create_dir_all(data.join(inner)).unwrap();
    }
    for (name, text) in [
        ("access.json", "people"),
        ("access.lock", ""),
        ("alerts.json.new", "half"),
        ("history/log-0.wal", "log"),
        ("history/raw-1.seg.tmp", "half"),
        ("link.key", "key"),
        ("lock", "17\n"),
        ("outbox/outbox.1", "messages"),
        ("rules.json.damaged", "rubbish"),
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
fn everything_that_lasts_is_there_again_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (data(&folder), folder.path().join("w.backup"));
    std::os::unix::fs::symlink("/etc/hosts", data.join("hosts")).unwrap();
    let written = write::write(&data, &file, NOW).unwrap();
    assert_eq!(written.left_out, ["hosts"]);
    let kept: Vec<&str> = written.manifest.files.iter().map(|file| file.name.as_str()).collect();
    let expected = ["access.json", "history/log-0.wal", "link.key", "telling.json", "outbox/outbox.1"];
    assert_eq!(kept, expected);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(restore::verify(&file).unwrap(), written.manifest);

    let target = folder.path().join("new/folder");
    let restored = restore::restore(&file, &target, false, NOW).unwrap();
    assert_eq!((restored.manifest, restored.aside), (written.manifest, None));
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
fn a_folder_with_something_in_it_is_replaced_only_when_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (data(&folder), folder.path().join("w.backup"));
    write::write(&data, &file, NOW).unwrap();
    fs::write(data.join("access.json"), "other people").unwrap();
    let before = content(&data);

    let error = restore::restore(&file, &data, false, NOW).unwrap_err().to_string();
    assert!(error.contains("is not empty") && error.contains("--replace"), "{error}");
    // Not that of a running server, whatever is asked for.
    let server = DataDir::open(data.clone()).unwrap();
    let running = content(&data);
    for replace in [false, true] {
        let error = restore::restore(&file, &data, replace, NOW).unwrap_err().to_string();
        assert!(error.contains("stop it") && error.contains("another folder"), "{error}");
    }
    assert_eq!(content(&data), running);
    drop(server);

    let restored = restore::restore(&file, &data, true, NOW).unwrap();
    let aside = restored.aside.unwrap();
    assert_eq!(aside.file_name().unwrap(), "data.before-1700000000");
    assert_eq!(content(&aside).get("access.json"), before.get("access.json"));
    assert_eq!(content(&data)["access.json"], b"people");
    // A second time within the same second: the name is taken, and nothing happens.
    let now = content(&data);
    assert!(restore::restore(&file, &data, true, NOW).is_err());
    assert_eq!((content(&data), names(folder.path()).len()), (now, 3));
    // An empty folder is as good as none.
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    restore::restore(&file, &empty, false, NOW).unwrap();
    assert_eq!(content(&empty).len(), 5);
}

#[test]
fn a_damaged_archive_changes_nothing() {
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
fn a_backup_has_a_place_and_something_in_it() {
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
    // What was there before is there until there is something better.
    let file = folder.path().join("w.backup");
    fs::write(&file, "old").unwrap();
    assert!(write::write(&data.join("empty"), &file, NOW).is_err());
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    write::write(&data, &file, NOW).unwrap();
    assert_eq!(names(folder.path()), ["data", "w.backup"]);
}

/// A history of one gauge, and everything that it answers.
fn answers(history: &EmbeddedHistory) -> Vec<String> {
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

    /// Backed up while the history is open and grows, with some of it sealed and some in the log.
    #[test]
    fn what_is_restored_answers_the_same(
        values in prop::collection::vec((-1e6_f64..1e6, 1_i64..9000), 1..200), sealed in 0_usize..200
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
            append(value, pause);
            if index == sealed {
                history.settle();
                prop_assert!(history.seal());
            }
        }
        history.settle();
        let expected = answers(&history);
        write::write(&data, &file, NOW).unwrap();
        // What comes afterwards is not in it.
        append(7.0, 1);
        history.settle();
        restore::restore(&file, &copy, false, NOW).unwrap();
        let restored = EmbeddedHistory::open(&copy.join("history"), Options::default()).unwrap();
        prop_assert_eq!(answers(&restored), expected);
        prop_assert!(restored.status().problems.is_empty());
        restored.close();
        history.close();
    }
}
