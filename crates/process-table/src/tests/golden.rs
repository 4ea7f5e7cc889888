//! Golden files of the bodies of records.

use super::*;
use crate::format::{Changes, Whole};
use std::path::PathBuf;

/// Golden files, updated by `UPDATE_GOLDEN=1 cargo test`. A difference requires a new version.
#[test]
fn golden_files_are_written_and_read() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"));
    let before = table(0, vec![process(1, "init"), process(2, "ended"), process(7, "nginx")]);
    let mut after = table(1, vec![process(1, "init"), process(7, "nginx"), process(9, "new")]);
    after.processes[1] = Process {
        state: 'D',
        threads: 5,
        cpu_ratio: Some(1.5),
        memory_bytes: 3 << 20,
        read_bytes_per_second: Some(4096),
        write_bytes_per_second: Some(0),
        ..process(7, "nginx")
    };
    after.unlisted = UnlistedProcesses { count: 3, cpu_ratio: 0.125, memory_bytes: 5 << 20 };
    let whole = postcard::to_allocvec(&Whole::new(&before)).unwrap();
    let changes = postcard::to_allocvec(&Changes::between(&before, &after).unwrap()).unwrap();
    for (name, bytes) in [("whole-v1.bin", &whole), ("changes-v1.bin", &changes)] {
        let path = folder.join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, bytes).unwrap();
        }
        assert_eq!(&std::fs::read(&path).unwrap(), bytes, "{name}");
    }
    let first = crate::query::next_table(None, at(0), true, &whole);
    assert_eq!(first, Some(before));
    assert_eq!(crate::query::next_table(first, at(1), false, &changes), Some(after));
}
