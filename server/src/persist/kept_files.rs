//! Copies in memory of files that are written only at a start, such as keys. A new data directory gets them, so that what they
//! stand for stays valid: action links, known browsers, the identity of the server.

use super::atomic_file;
use super::data_dir;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The copies. `Debug` does not reveal keys.
pub(crate) struct KeptFiles {
    folder: PathBuf,
    /// Names, which may begin with a subdirectory, and contents.
    files: Vec<(&'static str, Vec<u8>)>,
}

impl KeptFiles {
    /// Reads those of the files that exist.
    pub(crate) fn read(folder: &Path, names: &[&'static str]) -> Self {
        let read = |&name: &&'static str| match fs::read(folder.join(name)) {
            Ok(bytes) => Some((name, bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(file = name, %error, "file not readable; a new data directory would not get it");
                None
            }
        };
        Self { folder: folder.to_owned(), files: names.iter().filter_map(read).collect() }
    }

    /// Writes those that are missing.
    ///
    /// # Errors
    /// Failed write.
    pub(crate) fn write_missing(&self) -> io::Result<()> {
        for (name, bytes) in &self.files {
            let path = self.folder.join(name);
            let (Some(folder), Some(file)) = (path.parent(), Path::new(name).file_name()) else { continue };
            if !path.exists() {
                data_dir::create(folder)?;
                atomic_file::replace(folder, &file.to_string_lossy(), bytes)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for KeptFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.files.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn missing_files_are_written_again_for_the_owner_only_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        fs::create_dir(folder.path().join("tls")).unwrap();
        for name in ["a.key", "b.key", "tls/c.key"] {
            write(name, name);
        }
        let kept = KeptFiles::read(folder.path(), &["a.key", "b.key", "tls/c.key", "never"]);
        fs::remove_file(folder.path().join("a.key")).unwrap();
        fs::remove_dir_all(folder.path().join("tls")).unwrap();
        write("b.key", "another");
        kept.write_missing().unwrap();
        assert_eq!([read("a.key"), read("b.key"), read("tls/c.key")], ["a.key", "another", "tls/c.key"]);
        assert!(!folder.path().join("never").exists());
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("a.key"), mode("tls"), mode("tls/c.key")), (0o600, 0o700, 0o600));
    }
}
