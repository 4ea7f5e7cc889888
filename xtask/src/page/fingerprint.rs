//! Whether files are as they were.

use crate::failure::Failure;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

/// Files larger than this count by length and time of change: they are what compilers write.
const READ_UP_TO: u64 = 1 << 20;

/// A number that differs when files or texts differ. It means nothing to another version of the compiler: then
/// it differs too, and something is built once more than needed.
#[derive(Default)]
pub(crate) struct Fingerprint(DefaultHasher);

impl Fingerprint {
    /// Adds a text.
    pub(crate) fn text(&mut self, text: &str) {
        text.hash(&mut self.0);
    }

    /// Adds the names and contents of a file, or of a folder and all below. What is not there counts as such.
    ///
    /// # Errors
    /// Names the file or folder that could not be read.
    pub(crate) fn path(&mut self, path: &Path) -> Result<(), Failure> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.text("nothing");
                return Ok(());
            }
            Err(error) => return Err(Failure::file("read", path)(error)),
        };
        path.file_name().hash(&mut self.0);
        if metadata.is_dir() {
            self.folder(path)
        } else if metadata.len() > READ_UP_TO {
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
        // The order in which a file system lists a folder may change without any other change.
        entries.sort();
        entries.len().hash(&mut self.0);
        entries.iter().try_for_each(|entry| self.path(entry))
    }

    /// The number, as text.
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
    fn differs_when_names_contents_or_places_differ_and_not_otherwise() {
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
    fn what_is_not_there_differs_from_what_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let missing = of(&path);
        fs::write(&path, "").unwrap();
        assert_ne!(of(&path), missing);
    }
}
