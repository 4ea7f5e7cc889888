//! The file of people, tokens and sessions, which the server and commands on the same machine share: whoever changes it
//! holds a lock, reads it, and replaces it as a whole.

use super::error::AccessError;
use crate::files;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use watchglass_access::Book;

const FILE: &str = "access.json";
const LOCK: &str = "access.lock";

/// By which a file is known to be the same as before: inode, time of its change in nanoseconds, length. Nothing where there
/// is no file.
pub(super) type Seen = Option<(u64, i64, i64, u64)>;

/// The file as it is now, without reading it.
///
/// # Errors
/// The system does not tell.
pub(super) fn look(folder: &Path) -> Result<Seen, AccessError> {
    match fs::metadata(folder.join(FILE)) {
        Ok(found) => Ok(Some((found.ino(), found.mtime(), found.mtime_nsec(), found.len()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(folder)(error)),
    }
}

/// What is written down, and by what it is known. Nobody is there yet where there is no file.
///
/// # Errors
/// It cannot be read.
pub(super) fn read(folder: &Path) -> Result<(Book, Seen), AccessError> {
    // Looked at before: what is written in between is read again next time.
    let seen = look(folder)?;
    let Some(text) = files::read(folder, FILE).map_err(failed(folder))? else {
        return Ok((Book::default(), seen));
    };
    match Book::read(&text) {
        Ok(book) => Ok((book, seen)),
        Err(source) => Err(AccessError::Format { path: folder.join(FILE), source }),
    }
}

/// Changes what is written down, unless `change` fails. Waits for others who do so, and for the disk.
///
/// # Errors
/// Those of `change`, and whatever keeps the file from being changed.
pub(super) fn change<T>(
    folder: &Path,
    change: impl FnOnce(&mut Book) -> Result<T, AccessError>,
) -> Result<(T, Book, Seen), AccessError> {
    let _lock = lock(folder)?;
    let (mut book, seen) = read(folder)?;
    let before = book.clone();
    let result = change(&mut book)?;
    if book == before {
        return Ok((result, book, seen));
    }
    files::replace(folder, FILE, book.written().as_bytes()).map_err(failed(folder))?;
    Ok((result, book, look(folder)?))
}

fn lock(folder: &Path) -> Result<File, AccessError> {
    let path = folder.join(LOCK);
    files::lock(&path).map_err(|source| match source.kind() {
        io::ErrorKind::TimedOut => AccessError::Locked(path),
        _ => AccessError::File { path, source },
    })
}

fn failed(folder: &Path) -> impl FnOnce(io::Error) -> AccessError {
    let path = folder.join(FILE);
    move |source| AccessError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use watchglass_access::{PasswordHash, Role, Secret};
    use watchglass_model::Timestamp;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn add(folder: &Path, name: &str) -> Result<Seen, AccessError> {
        let add = |book: &mut Book| Ok(book.add_user(name, Role::Admin, PasswordHash::nobody(), NOW)?);
        change(folder, add).map(|(_, _, seen)| seen)
    }

    #[test]
    fn what_was_changed_is_there_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), (Book::default(), None));
        let seen = add(folder.path(), "ada").unwrap();
        assert!(seen.is_some());
        let (book, found) = read(folder.path()).unwrap();
        assert_eq!((book.users().count(), found), (1, seen));
        for name in [FILE, LOCK] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert!(matches!(add(folder.path(), "Ada"), Err(AccessError::Book(_))));
        assert_ne!(add(folder.path(), "bob").unwrap(), seen);
    }

    #[test]
    fn changes_of_several_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8_u8 {
                let path = folder.path();
                scope.spawn(move || {
                    for more in 0..8_u8 {
                        let secret = Secret::new([number * 8 + more; 32]);
                        change(path, |book| Ok(book.add_token("t", Role::Viewer, None, &secret, NOW)?))
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(read(folder.path()).unwrap().0.tokens().len(), 64);
    }

    #[test]
    fn a_damaged_file_lets_nobody_in_and_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        for error in [read(folder.path()).unwrap_err(), add(folder.path(), "ada").unwrap_err()] {
            let error = error.to_string();
            assert!(error.contains("access.json") && error.contains("begin anew"), "{error}");
        }
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), "{");
    }
}
