//! Files of processes in `/proc`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Size of the buffer for a file, in bytes. Longer command lines are cut.
const BUFFER_BYTES: usize = 4096;

/// A command line without its last argument, if that may be incomplete: the beginning of a secret may not look like one.
pub(super) fn complete(text: &[u8]) -> &[u8] {
    if text.len() < BUFFER_BYTES {
        return text;
    }
    let end = text.iter().rposition(|byte| *byte == 0).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// Files of processes, with buffers that are used again.
#[derive(Debug)]
pub(super) struct ProcessFiles {
    proc: PathBuf,
    path: String,
    buffer: Vec<u8>,
}

impl ProcessFiles {
    /// Those in a proc file system.
    pub(super) fn new(proc: PathBuf) -> Self {
        Self { proc, path: String::new(), buffer: vec![0; BUFFER_BYTES] }
    }

    /// The proc file system.
    pub(super) fn proc(&self) -> &Path {
        &self.proc
    }

    /// The beginning of a file, at most [`BUFFER_BYTES`]. The kernel returns as much in one read.
    pub(super) fn read(&mut self, pid: u32, name: &str) -> Result<&[u8], ErrorKind> {
        self.path.clear();
        let _ = write!(self.path, "{}/{pid}/{name}", self.proc.display());
        let read = File::open(&self.path).and_then(|mut file| file.read(&mut self.buffer));
        let length = read.map_err(|error| error.kind())?;
        Ok(self.buffer.get(..length).unwrap_or_default())
    }

    /// Bytes that a process has read from and written to storage.
    pub(super) fn io(&mut self, pid: u32) -> Result<(u64, u64), ErrorKind> {
        let text = self.read(pid, "io")?;
        let text = std::str::from_utf8(text).map_err(|_| ErrorKind::InvalidData)?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse().ok()
        };
        value("read_bytes:").zip(value("write_bytes:")).ok_or(ErrorKind::InvalidData)
    }
}
