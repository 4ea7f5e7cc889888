//! Golden files of sent and stored formats. Update them with `UPDATE_GOLDEN=1 cargo test`.

use std::path::Path;

pub(crate) fn check(name: &str, actual: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read(&path).unwrap();
    assert!(expected == actual, "{name} differs from the golden file: {}", String::from_utf8_lossy(actual));
}
