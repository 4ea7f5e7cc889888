//! Golden files: what is sent and stored stays as it was, until `UPDATE_GOLDEN=1 cargo test` says otherwise.

use std::path::Path;

pub(crate) fn check(name: &str, actual: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read(&path).unwrap();
    assert!(expected == actual, "{name} differs from what is sent: {}", String::from_utf8_lossy(actual));
}
