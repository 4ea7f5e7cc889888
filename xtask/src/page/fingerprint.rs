//! Fingerprint of files, to detect changes.

use crate::failure::Failure;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

/// Larger files are compared by length and modification time: they are compiler output.
const MAX_READ: u64 = 1 << 20;

/// Hash of files and texts. It also changes with the version of the compiler, which costs one needless build.
#[derive(Default)]
pub(crate) struct Fingerprint(DefaultHasher);

impl Fingerprint {
    /// Adds a text.
    pub(crate) fn text(&mut self, text: &str) {
        text.hash(&mut self.0);
    }

    /// Adds name and content of a file, or of a folder with everything below. A missing path has a hash of its own.
    ///
    /// # Errors
    /// Names the file or folder that could not be read.
    pub(crate) fn path(&mut self, path: &Path) -> Result<(), Failure> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.text("missing");
                return Ok(());
            }
            Err(error) => return Err(Failure::file("read", path)(error)),
        };
        path.file_name().hash(&mut self.0);
        if metadata.is_dir() {
            self.folder(path)
        } else if metadata.len() > MAX_READ {
            metadata.len().hash(&mut self.0);
            metadata.modified().map_err(Failure::file("read", path))?.hash(&mut self.0);
            Ok(())
        } else {
            fs::read(path).map_err(Failure::file("read", path))?.hash(&mut self.0);
            Ok(())
        }
    }

    fn folder(&mut self, path: &Path) -> Result<(), Failure> {
        let entries: io::Result<Vec<_>> = fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect());
        let mut entries = entries.map_err(Failure::file("read", path))?;
        // File systems list folders in no fixed order.
        entries.sort();
        entries.len().hash(&mut self.0);
        entries.iter().try_for_each(|entry| self.path(entry))
    }

    /// The hash as text.
    pub(crate) fn finish(self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &Path) -> String {
        let mut fingerprint = Fingerprint::default();
        fingerprint.path(path).unwrap();
        fingerprint.finish()
    }

    #[test]
    fn fingerprint_changes_with_names_contents_and_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("a")).unwrap();
        fs::write(path("a/x.css"), "one").unwrap();
        let first = of(folder.path());
        assert_eq!(of(folder.path()), first);

        let changes: [(&str, &dyn Fn()); 4] = [
            ("content", &|| fs::write(path("a/x.css"), "two").unwrap()),
            ("name", &|| fs::rename(path("a/x.css"), path("a/y.css")).unwrap()),
            ("place", &|| fs::rename(path("a/y.css"), path("y.css")).unwrap()),
            ("one more", &|| fs::write(path("z.css"), "").unwrap()),
        ];
        let mut seen = vec![first];
        for (what, change) in changes {
            change();
            let next = of(folder.path());
            assert!(!seen.contains(&next), "{what}");
            seen.push(next);
        }
    }

    #[test]
    fn missing_file_differs_from_empty_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let missing = of(&path);
        fs::write(&path, "").unwrap();
        assert_ne!(of(&path), missing);
    }
}
