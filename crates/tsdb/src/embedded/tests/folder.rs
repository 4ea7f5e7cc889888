//! Tests of a folder that is deleted or replaced while the store is open.

use super::super::*;
use crate::conformance::World;
use std::collections::BTreeMap;

/// Appends a value a second, and waits until all are written or have failed.
fn append(world: &World, history: &EmbeddedHistory, seconds: std::ops::Range<i64>) {
    for second in seconds {
        world.append(history, second * 1000, &[(0, second as f64)]);
    }
    history.flush();
}

/// All samples that a new process finds.
fn stored(folder: &Path) -> BTreeMap<(u32, i64), f64> {
    World::new().samples(&EmbeddedHistory::open(folder, Options::default()).unwrap(), (0, i64::MAX))
}

fn expected(seconds: std::ops::Range<i64>) -> BTreeMap<(u32, i64), f64> {
    seconds.map(|second| ((0, second * 1000), second as f64)).collect()
}

#[test]
fn deleted_folder_is_a_problem_and_an_empty_one_gets_all_samples() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("history");
    let history = EmbeddedHistory::open(&folder, Options::default()).unwrap();
    let world = World::new();
    append(&world, &history, 0..10);
    assert_eq!(history.status().problems, Vec::<String>::new());

    fs::remove_dir_all(&folder).unwrap();
    append(&world, &history, 10..20);
    let status = history.status();
    assert!(status.unsaved_batches > 0 && status.problems[0].contains("No such file"), "{status:?}");
    assert!(!folder.exists());

    fs::create_dir(&folder).unwrap();
    append(&world, &history, 20..30);
    let status = history.status();
    assert_eq!((status.unsaved_batches, status.problems), (0, Vec::new()));
    history.close();
    assert_eq!(stored(&folder), expected(0..30));
}

#[test]
fn stop_without_the_folder_keeps_the_reason_of_the_loss() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("history");
    let history = EmbeddedHistory::open(&folder, Options::default()).unwrap();
    append(&World::new(), &history, 0..10);
    fs::remove_dir_all(&folder).unwrap();
    append(&World::new(), &history, 10..20);
    history.close();
    let status = history.status();
    assert!(status.unsaved_batches > 0 && status.problems[0].contains("No such file"), "{status:?}");
}

#[test]
fn folder_with_files_in_place_of_the_own_one_is_not_changed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("history");
    let world = World::new();
    let other = EmbeddedHistory::open(&folder, Options::default()).unwrap();
    append(&world, &other, 0..5);
    other.close();
    let aside = parent.path().join("aside");
    fs::rename(&folder, &aside).unwrap();

    let history = EmbeddedHistory::open(&folder, Options::default()).unwrap();
    append(&world, &history, 5..10);
    fs::rename(&folder, parent.path().join("own")).unwrap();
    fs::rename(&aside, &folder).unwrap();
    append(&world, &history, 10..20);
    let problems = history.status().problems;
    assert!(problems.len() == 1 && problems[0].contains("replaced"), "{problems:?}");
    assert!(!history.write_blocks());
    history.close();
    assert_eq!(stored(&folder), expected(0..5));
}
