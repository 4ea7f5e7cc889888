//! Fuzzing entry points: readers of bytes from disk, from other servers and from links. A failure is a panic.

use crate::action_link::SigningKey;
use crate::http::fuzzing::response;
use crate::outbox::Outbox;
use std::fs;
use std::path::Path;
use watchglass_model::Timestamp;

/// Opens an outbox with this file content in `folder`.
pub fn outbox(bytes: &[u8], folder: &Path) {
    // Files of the run before would be read as well.
    let _ = fs::remove_dir_all(folder);
    if fs::create_dir_all(folder).is_ok() && fs::write(folder.join("outbox.1"), bytes).is_ok() {
        let _ = Outbox::open(folder);
    }
}

/// Classifies an HTTP response to a message.
pub fn http_answer(bytes: &[u8]) {
    response(bytes, Timestamp::from_millis(1_700_000_000_000));
}

/// Verifies the token of an action link.
pub fn action_link(text: &str) {
    if let Some(key) = SigningKey::parse(&"ab".repeat(32)) {
        let verified = key.verify(text, Timestamp::from_millis(1_700_000_000_000));
        assert!(verified.is_err(), "a forged signature was accepted");
    }
}
