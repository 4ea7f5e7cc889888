//! Torn, damaged, foreign and unwritable files.

use super::*;

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("outbox.1")
}

#[test]
fn torn_end_is_cut_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    for id in ["a", "b"] {
        outbox.enqueue(NOW, message(id), &channels(&["ops"])).unwrap();
    }
    drop(outbox);
    let whole = fs::read(file(&folder)).unwrap();
    fs::write(file(&folder), &whole[..whole.len() - 7]).unwrap();
    let (outbox, opened) = Outbox::open(folder.path()).unwrap();
    assert!(opened.torn > 0 && opened.damaged == 0, "{opened:?}");
    assert_eq!(outbox.counts().waiting, 1);
    drop(outbox);
    assert_eq!(Outbox::open(folder.path()).unwrap().1, Opened::default());
}

#[test]
fn records_after_damage_are_read_and_the_file_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    for id in ["a", "b", "c"] {
        outbox.enqueue(NOW, message(id), &channels(&["ops"])).unwrap();
    }
    drop(outbox);
    let mut bytes = fs::read(file(&folder)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file(&folder), &bytes).unwrap();
    let (outbox, opened) = Outbox::open(folder.path()).unwrap();
    assert!(opened.damaged > 0 && opened.torn == 0, "{opened:?}");
    assert_eq!(outbox.counts().waiting, 2);
    assert_eq!(fs::read(folder.path().join("outbox.damaged")).unwrap(), bytes);
}

#[test]
fn damaged_header_costs_no_message() {
    for at in 0..16 {
        let folder = tempfile::tempdir().unwrap();
        let mut outbox = open(&folder);
        outbox.enqueue(NOW, message("a"), &channels(&["ops"])).unwrap();
        drop(outbox);
        let mut bytes = fs::read(file(&folder)).unwrap();
        bytes[at] ^= 0x44;
        fs::write(file(&folder), &bytes).unwrap();
        let (outbox, opened) = Outbox::open(folder.path()).unwrap();
        assert!(opened.damaged == 16 && outbox.counts().waiting == 1, "byte {at}: {opened:?}");
        assert_eq!(fs::read(folder.path().join("outbox.damaged")).unwrap(), bytes);
        drop(outbox);
        assert_eq!(Outbox::open(folder.path()).unwrap().1, Opened::default());
    }
}

#[test]
fn foreign_file_is_left_unchanged() {
    let mut newer = b"WGLASBOX\x04\0".to_vec();
    newer.extend(crc32fast::hash(&newer).to_le_bytes());
    newer.extend([0, 0]);
    for (bytes, expected) in [
        (newer.as_slice(), "has format version 4, but only versions 1 to 3 are supported"),
        (b"something that is no outbox", "is not an outbox file"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(file(&folder), bytes).unwrap();
        let error = Outbox::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(fs::read(file(&folder)).unwrap(), bytes);
    }
}

#[test]
fn outbox_is_locked_to_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(&folder);
    let error = Outbox::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("is in use"), "{error}");
    drop(first);
    open(&folder);
}

#[test]
fn full_disk_is_reported_and_does_not_stop_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    outbox.journal.is_full = true;
    let enqueued = outbox.enqueue(NOW, message("full"), &channels(&["ops"])).unwrap();
    assert!(!enqueued.is_durable);
    assert!(outbox.problem().unwrap().contains("cannot be written to"), "{:?}", outbox.problem());
    assert_eq!(plan(&mut outbox, NOW), ["full ops"]);
    outbox.record_result(NOW, &job("full", "ops"), "host", Ok(()), 0.0);
    assert_eq!(outbox.wait(NOW), Some(REWRITE_INTERVAL));

    // There is space again: pending changes are written without a new event.
    outbox.journal.is_full = false;
    outbox.plan(NOW + REWRITE_INTERVAL);
    assert_eq!((outbox.problem(), outbox.wait(NOW)), (None, None));
    drop(outbox);
    assert_eq!(open(&folder).counts(), Counts { waiting: 0, delivered: 1, ..Counts::default() });
}

#[test]
fn grown_file_is_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    outbox.retention.messages = 10;
    let length = || fs::metadata(file(&folder)).unwrap().len();
    let text = "x".repeat(1000);
    let lines = vec![crate::Line { label: String::new(), text }; 40];
    let mut longest = 0;
    for number in 0..200 {
        let id = number.to_string();
        let long = Message { lines: lines.clone(), ..message(&id) };
        outbox.enqueue(NOW, long, &channels(&["ops"])).unwrap();
        assert_eq!(plan(&mut outbox, NOW), [format!("{id} ops")]);
        outbox.record_result(NOW, &job(&id, "ops"), "host", Ok(()), 0.0);
        longest = longest.max(length());
    }
    assert!((1 << 19..2 << 20).contains(&longest), "{longest}");
    let before = outbox.deliveries(100);
    drop(outbox);
    assert_eq!(open(&folder).deliveries(100), before);
}
