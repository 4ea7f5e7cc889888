//! A file of `/proc` that is read again and again.

use crate::{ProbeError, TextError};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// The most that is read of a file, in bytes. A host with thousands of mounts or interfaces stays far below
/// it.
const LIMIT: usize = 4 << 20;
/// Most files fit, so that a read is one call for the content and one for its end.
const FIRST_CAPACITY: usize = 16 << 10;

/// A file of `/proc` that is read again and again. It stays open, and its buffer is kept: reading an open
/// file from its start takes about a quarter less time than opening it anew (`cargo bench`).
#[derive(Debug)]
pub(crate) struct ProcFile {
    path: PathBuf,
    file: Option<File>,
    buffer: Vec<u8>,
}

impl ProcFile {
    /// The file at `path`. It is opened when it is first read.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, file: None, buffer: Vec::new() }
    }

    /// Reads the file as it is now and hands its text to `parse`. Bytes that are not UTF-8 become U+FFFD: a
    /// name in another encoding must not hide all others.
    ///
    /// # Errors
    /// A file that cannot be read or is larger than 4 MiB, and what `parse` finds wrong with it.
    pub(crate) fn read<T>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Result<T, ProbeError> {
        match self.fill() {
            Ok(filled) => self.hand_over(filled, parse),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// [`ProcFile::read`] of a file that not every kernel, machine or container has: `None` where it does not
    /// exist, or where the kernel says that it does not support what the file would tell.
    ///
    /// # Errors
    /// As [`ProcFile::read`].
    pub(crate) fn read_if_any<T>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Result<Option<T>, ProbeError> {
        match self.fill() {
            Ok(filled) => self.hand_over(filled, parse).map(Some),
            Err(error) if is_absent(&error) => {
                self.file = None;
                Ok(None)
            }
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// Hands what was read to `parse`: the first `length` bytes of the buffer.
    fn hand_over<T>(
        &self,
        length: Option<usize>,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Result<T, ProbeError> {
        let Some(length) = length else {
            return Err(ProbeError::TooLarge { path: self.path.clone(), limit: LIMIT });
        };
        let bytes = self.buffer.get(..length).unwrap_or_default();
        parse(&String::from_utf8_lossy(bytes))
            .map_err(|error| ProbeError::Malformed { path: self.path.clone(), error })
    }

    fn unreadable(&mut self, error: &io::Error) -> ProbeError {
        // What was opened may be gone for good: the next read opens anew.
        self.file = None;
        ProbeError::Unreadable { path: self.path.clone(), reason: error.to_string() }
    }

    /// Reads the whole file into the buffer and gives its length; `None` when it is larger than [`LIMIT`].
    fn fill(&mut self) -> io::Result<Option<usize>> {
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(File::open(&self.path)?),
        };
        let mut length = 0;
        loop {
            if length == self.buffer.len() {
                if length > LIMIT {
                    return Ok(None);
                }
                self.buffer.resize((length * 2).clamp(FIRST_CAPACITY, LIMIT + 1), 0);
            }
            let free = self.buffer.get_mut(length..).unwrap_or_default();
            // The kernel writes the text anew when a read starts at 0.
            match file.read_at(free, length as u64) {
                Ok(0) => return Ok(Some(length)),
                Ok(count) => length += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether `error` says that there is no such thing here: no file, none any more (a sensor that was taken out),
/// or a kernel that was told to do without (pressure, after `psi=0`).
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
    fn reads_what_the_file_holds_now() {
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
    fn a_name_in_another_encoding_hides_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mountinfo");
        fs::write(&path, b"a\nb\xff\nc").unwrap();
        assert_eq!(text_of(&mut ProcFile::new(path)).unwrap(), "a\nb\u{fffd}\nc");
    }

    #[test]
    fn what_a_host_does_not_have_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pressure");
        let mut file = ProcFile::new(path.clone());
        let mut read = || file.read_if_any(|text| Ok(text.to_owned()));
        assert_eq!(read(), Ok(None));
        fs::write(&path, "some").unwrap();
        assert_eq!(read(), Ok(Some("some".to_owned())));

        let mut directory = ProcFile::new(folder.path().to_owned());
        assert!(directory.read_if_any(|_| Ok(())).is_err(), "what is there and cannot be read is a failure");

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
    fn errors_name_the_file_and_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meminfo");
        let mut file = ProcFile::new(path.clone());
        let message = |error: ProbeError| error.to_string().replace(path.to_str().unwrap(), "meminfo");

        let error = text_of(&mut file).unwrap_err();
        assert_eq!(message(error), "cannot read meminfo: No such file or directory (os error 2)");

        fs::write(&path, "x".repeat(LIMIT)).unwrap();
        assert_eq!(text_of(&mut file).unwrap().len(), LIMIT);
        fs::write(&path, "x".repeat(LIMIT + 1)).unwrap();
        let error = text_of(&mut file).unwrap_err();
        assert_eq!(message(error), "meminfo is larger than 4194304 bytes, the most that is read of a file");

        fs::write(&path, "MemTotal").unwrap();
        let error = file
            .read(|_| {
                Err::<(), _>(TextError::Field { line: 1, field: "MemTotal", expected: "a whole number" })
            })
            .unwrap_err();
        assert_eq!(message(error), "meminfo: line 1: MemTotal should be a whole number");
    }
}
