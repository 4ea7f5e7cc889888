//! Repeatedly read file in `/proc`.

use crate::{ProbeError, TextError};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Maximum file size in bytes. Far above that of a host with thousands of mounts or interfaces.
const MAX_FILE_BYTES: usize = 4 << 20;
/// Large enough for most files: one read call for the content and one for the end.
const FIRST_CAPACITY: usize = 16 << 10;

/// Repeatedly read file in `/proc`. The file stays open and the buffer is reused: reading an open file takes about a
/// quarter less time than reopening it (`cargo bench`).
#[derive(Debug)]
pub(crate) struct ProcFile {
    path: PathBuf,
    file: Option<File>,
    buffer: Vec<u8>,
}

impl ProcFile {
    /// The file at `path`, opened at the first read.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, file: None, buffer: Vec::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the current content and passes it to `parse`. Invalid UTF-8 becomes U+FFFD, so that one name in another
    /// encoding does not hide all others.
    ///
    /// # Errors
    /// The file cannot be read, is larger than 4 MiB, or `parse` fails.
    pub(crate) fn read<T>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Result<T, ProbeError> {
        match self.fill() {
            Ok(filled) => self.parse_buffer(filled, parse),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// [`ProcFile::read`] of an optional file: `None` if it does not exist on this kernel, machine or container, or the
    /// kernel does not support it.
    ///
    /// # Errors
    /// As [`ProcFile::read`].
    pub(crate) fn read_if_any<T>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Result<Option<T>, ProbeError> {
        match self.fill() {
            Ok(filled) => self.parse_buffer(filled, parse).map(Some),
            Err(error) if is_absent(&error) => {
                self.file = None;
                Ok(None)
            }
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// Passes the first `length` bytes of the buffer to `parse`.
    fn parse_buffer<T>(
        &self,
        length: Option<usize>,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Result<T, ProbeError> {
        let Some(length) = length else {
            return Err(ProbeError::TooLarge { path: self.path.clone(), limit: MAX_FILE_BYTES });
        };
        let bytes = self.buffer.get(..length).unwrap_or_default();
        parse(&String::from_utf8_lossy(bytes))
            .map_err(|error| ProbeError::Malformed { path: self.path.clone(), error })
    }

    fn unreadable(&mut self, error: &io::Error) -> ProbeError {
        // The open file may be stale: the next read reopens it.
        self.file = None;
        ProbeError::Unreadable { path: self.path.clone(), reason: error.to_string() }
    }

    /// Reads the whole file into the buffer and returns its length; `None` if it is larger than [`MAX_FILE_BYTES`].
    fn fill(&mut self) -> io::Result<Option<usize>> {
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(File::open(&self.path)?),
        };
        let mut length = 0;
        loop {
            if length == self.buffer.len() {
                if length > MAX_FILE_BYTES {
                    return Ok(None);
                }
                self.buffer.resize((length * 2).clamp(FIRST_CAPACITY, MAX_FILE_BYTES + 1), 0);
            }
            let free = self.buffer.get_mut(length..).unwrap_or_default();
            // The kernel generates the text again for a read at offset 0.
            match file.read_at(free, length as u64) {
                Ok(0) => return Ok(Some(length)),
                Ok(count) => length += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether `error` means that the file is unavailable: missing, removed (an unplugged sensor), or disabled in the kernel
/// (pressure with `psi=0`).
pub(crate) fn is_absent(error: &io::Error) -> bool {
    let no_device =
        [Errno::NODEV, Errno::NXIO].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()));
    no_device
        || matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn text_of(file: &mut ProcFile) -> Result<String, ProbeError> {
        file.read(|text| Ok(text.to_owned()))
    }

    #[test]
    fn current_content_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stat");
        let mut file = ProcFile::new(path.clone());
        let long = "x".repeat(FIRST_CAPACITY * 3 + 1);
        for text in ["first, and longer", "second", "", long.as_str(), "third"] {
            fs::write(&path, text).unwrap();
            assert_eq!(text_of(&mut file).unwrap(), text);
        }
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mountinfo");
        fs::write(&path, b"a\nb\xff\nc").unwrap();
        assert_eq!(text_of(&mut ProcFile::new(path)).unwrap(), "a\nb\u{fffd}\nc");
    }

    #[test]
    fn missing_files_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pressure");
        let mut file = ProcFile::new(path.clone());
        let mut read = || file.read_if_any(|text| Ok(text.to_owned()));
        assert_eq!(read(), Ok(None));
        fs::write(&path, "some").unwrap();
        assert_eq!(read(), Ok(Some("some".to_owned())));

        let mut directory = ProcFile::new(folder.path().to_owned());
        assert!(directory.read_if_any(|_| Ok(())).is_err(), "an existing but unreadable file is an error");

        let cases = [
            (Errno::NOENT, true),
            (Errno::OPNOTSUPP, true),
            (Errno::NODEV, true),
            (Errno::ACCESS, false),
            (Errno::IO, false),
        ];
        for (errno, absent) in cases {
            assert_eq!(is_absent(&errno.into()), absent, "{errno:?}");
        }
    }

    #[test]
    fn errors_name_file_and_cause() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meminfo");
        let mut file = ProcFile::new(path.clone());
        let message = |error: ProbeError| error.to_string().replace(path.to_str().unwrap(), "meminfo");

        let error = text_of(&mut file).unwrap_err();
        assert_eq!(message(error), "cannot read meminfo: No such file or directory (os error 2)");

        fs::write(&path, "x".repeat(MAX_FILE_BYTES)).unwrap();
        assert_eq!(text_of(&mut file).unwrap().len(), MAX_FILE_BYTES);
        fs::write(&path, "x".repeat(MAX_FILE_BYTES + 1)).unwrap();
        let error = text_of(&mut file).unwrap_err();
        assert_eq!(message(error), "meminfo is larger than the limit of 4194304 bytes");

        fs::write(&path, "MemTotal").unwrap();
        let error = file.read(|text| crate::text::Line::new(1, text).integer("MemTotal")).unwrap_err();
        assert_eq!(message(error), "meminfo: line 1: MemTotal should be a whole number");
    }
}
