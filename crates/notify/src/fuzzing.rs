//! Where a fuzzer comes in: what reads bytes from disks, from other servers, and from links. A fault is a panic.

use crate::deed::DeedKey;
use crate::http::fuzzing::answer;
use crate::outbox::Outbox;
use std::fs;
use std::path::Path;
use watchglass_model::Timestamp;

/// The file of an outbox, which is written into the folder first.
pub fn outbox(bytes: &[u8], folder: &Path) {
    // What the last one has left would be read as well.
    let _ = fs::remove_dir_all(folder);
    if fs::create_dir_all(folder).is_ok() && fs::write(folder.join("outbox.1"), bytes).is_ok() {
        let _ = Outbox::open(folder);
    }
}

/// What a server answers to a message.
pub fn http_answer(bytes: &[u8]) {
    answer(bytes, Timestamp::from_millis(1_700_000_000_000));
}

/// The token of a link.
pub fn deed(text: &str) {
    if let Some(key) = DeedKey::parse(&"ab".repeat(32)) {
        let read = key.read(text, Timestamp::from_millis(1_700_000_000_000));
        assert!(read.is_err(), "nobody can guess what a key signs");
    }
}
