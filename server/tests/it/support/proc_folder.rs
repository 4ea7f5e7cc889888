//! Fake procfs that tests can break: copies of files of a real kernel.

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Files that the probes read, from a recent kernel.
const FILES: [&str; 6] = ["stat", "meminfo", "diskstats", "loadavg", "1/net/dev", "1/mountinfo"];

/// A directory for the flag `--host-proc`.
pub(crate) struct ProcFolder {
    folder: TempDir,
}

impl ProcFolder {
    /// Without any file.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With all files but `missing`.
    pub(crate) fn without(missing: &str) -> Self {
        let proc = Self::empty();
        fs::create_dir_all(proc.file("1/net")).unwrap();
        // The file systems of this machine stand in for those of the recorded one.
        std::os::unix::fs::symlink("/", proc.file("1/root")).unwrap();
        for name in FILES.into_iter().filter(|&name| name != missing) {
            proc.restore(name);
        }
        proc
    }

    /// With all files.
    pub(crate) fn whole() -> Self {
        Self::without("")
    }

    /// The value of the flag.
    pub(crate) fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    /// Path of a file.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Restores the recorded content of a file, in place: procfs files are never replaced.
    pub(crate) fn restore(&self, name: &str) {
        let fixture =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/probes/fixtures/linux-6.18").join(name);
        self.write(name, &fs::read(fixture).unwrap());
    }

    /// Writes other content into a file, in place.
    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.file(name), content).unwrap();
    }
}
