//! Folders that are deleted or replaced while the outbox is open.

use super::*;

/// An outbox with one message in `outbox` of a folder.
fn opened(parent: &TempDir) -> (Outbox, PathBuf) {
    let folder = parent.path().join("outbox");
    let mut outbox = Outbox::open(&folder).unwrap().0;
    outbox.enqueue(NOW, message("a"), &channels(&["ops"])).unwrap();
    (outbox, folder)
}

#[test]
fn deleted_folder_is_a_problem_and_an_empty_one_gets_all_messages() {
    let parent = tempfile::tempdir().unwrap();
    let (mut outbox, folder) = opened(&parent);
    fs::remove_dir_all(&folder).unwrap();
    let enqueued = outbox.enqueue(NOW, message("b"), &channels(&["ops"])).unwrap();
    assert!(!enqueued.is_durable && !folder.exists());
    assert!(outbox.problem().unwrap().contains("No such file"));

    fs::create_dir(&folder).unwrap();
    outbox.recover(after(10), true);
    assert_eq!((outbox.is_durable(), outbox.problem()), (true, None));
    assert!(matches!(Outbox::open(&folder), Err(OpenError::InUse { .. })));
    drop(outbox);
    assert_eq!(Outbox::open(&folder).unwrap().0.counts().waiting, 2);
}

#[test]
fn another_outbox_in_place_of_the_own_one_is_not_changed() {
    let parent = tempfile::tempdir().unwrap();
    let (outbox, folder) = opened(&parent);
    drop(outbox);
    let other = parent.path().join("other");
    fs::rename(&folder, &other).unwrap();

    let (mut outbox, folder) = opened(&parent);
    fs::rename(&folder, parent.path().join("own")).unwrap();
    fs::rename(&other, &folder).unwrap();
    let before = fs::read(folder.join("outbox.1")).unwrap();
    assert!(!outbox.enqueue(NOW, message("b"), &channels(&["ops"])).unwrap().is_durable);
    outbox.recover(after(10), true);
    assert!(outbox.problem().unwrap().contains("replaced"));
    assert_eq!(fs::read(folder.join("outbox.1")).unwrap(), before);
}
