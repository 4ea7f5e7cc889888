//! Files of the audit log: `audit.jsonl` is append-only and is rotated when it is full; the oldest rotated file is removed.
//! There are at most eight files of 4 MiB, 32 MiB in total.
//!
//! The server and commands write the same files, under a lock.

use super::entry::{AuditTarget, Entry};
use crate::persist::atomic_file;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use watchglass_model::Timestamp;

const LOCK: &str = "audit.lock";
/// Size limit of a file in bytes: it is rotated before it exceeds this.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// The most files, with the current one.
const MAX_FILES: usize = 8;

/// Filter of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Part of the actor's name, case-insensitive; empty for all.
    pub(crate) who: String,
    /// Type of the changed object; `None` for all.
    pub(crate) what: Option<AuditTarget>,
    /// Only entries until this time; `None` for all.
    pub(crate) end: Option<Timestamp>,
}

impl Filter {
    fn matches(&self, entry: &Entry) -> bool {
        self.what.is_none_or(|what| what == entry.what)
            && self.end.is_none_or(|end| entry.time <= end)
            && entry.who.to_lowercase().contains(&self.who.to_lowercase())
    }
}

/// Appends lines. A line that was truncated by a crash is ended first. Waits for the lock and for the disk.
///
/// # Errors
/// The write failed. Then nothing was appended.
pub(super) fn append(folder: &Path, lines: &str) -> io::Result<()> {
    append_to(folder, lines, MAX_FILE_BYTES)
}

fn append_to(folder: &Path, lines: &str, max_bytes: u64) -> io::Result<()> {
    let _lock = atomic_file::lock(&folder.join(LOCK))?;
    let path = file_path(folder, 0);
    let length = fs::metadata(&path).map_or(0, |found| found.len());
    if length > 0 && length + lines.len() as u64 > max_bytes {
        rotate(folder)?;
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path)?;
    let length = file.metadata()?.len();
    let written = end_line(&mut file, length)
        .and_then(|()| file.write_all(lines.as_bytes()))
        .and_then(|()| file.sync_data());
    if written.is_err() {
        // Remove a partial write: the retry would duplicate it.
        file.set_len(length)?;
    }
    written
}

/// Adds a line end to the last line, if it has none.
fn end_line(file: &mut File, length: u64) -> io::Result<()> {
    if length == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

fn rotate(folder: &Path) -> io::Result<()> {
    for number in (0..MAX_FILES - 1).rev() {
        match fs::rename(file_path(folder, number), file_path(folder, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    File::open(folder)?.sync_all()
}

fn file_path(folder: &Path, number: usize) -> PathBuf {
    folder.join(if number == 0 { "audit.jsonl".to_owned() } else { format!("audit.{number}.jsonl") })
}

/// The matching entries, newest first, after the first `skip` and at most `limit`; and whether there are more. Invalid lines
/// are skipped.
///
/// # Errors
/// A file cannot be read.
pub(super) fn read(
    folder: &Path,
    filter: &Filter,
    skip: usize,
    limit: usize,
) -> io::Result<(Vec<Entry>, bool)> {
    // All files are opened under the lock, so that a rotation in the meantime neither loses nor repeats entries.
    let mut opened = Vec::new();
    {
        let _lock = atomic_file::lock(&folder.join(LOCK))?;
        for number in 0..MAX_FILES {
            match File::open(file_path(folder, number)) {
                Ok(file) => opened.push(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    let (mut found, mut skipped) = (Vec::new(), 0);
    for file in opened {
        let mut bytes = Vec::new();
        file.take(2 * MAX_FILE_BYTES).read_to_end(&mut bytes)?;
        for line in bytes.split(|byte| *byte == b'\n').rev() {
            let Some(entry) = Entry::read(line).filter(|entry| filter.matches(entry)) else { continue };
            if skipped < skip {
                skipped += 1;
            } else if found.len() < limit {
                found.push(entry);
            } else {
                return Ok((found, true));
            }
        }
    }
    Ok((found, false))
}

#[cfg(test)]
mod tests {
    use super::super::entry::ActorKind;
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use watchglass_model::Timestamp;

    fn line(number: usize) -> String {
        let what = if number.is_multiple_of(2) { AuditTarget::Rule } else { AuditTarget::User };
        let who = format!("Ada{}", number % 3);
        Entry::new(
            Timestamp::default(),
            (ActorKind::User, &who, None),
            (what, "changed", &number.to_string()),
            (None, None),
        )
        .line()
    }

    fn subjects(folder: &Path, filter: &Filter, skip: usize, limit: usize) -> (Vec<usize>, bool) {
        let (entries, more) = read(folder, filter, skip, limit).unwrap();
        (entries.iter().map(|entry| entry.subject.parse().unwrap()).collect(), more)
    }

    #[test]
    fn newest_entries_come_first_with_paging_and_filters() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let all = Filter::default();
        assert_eq!(subjects(path, &all, 0, 10), (vec![], false));
        for number in 0..7 {
            append(path, &line(number)).unwrap();
        }
        assert_eq!(subjects(path, &all, 0, 3), (vec![6, 5, 4], true));
        assert_eq!(subjects(path, &all, 3, 4), (vec![3, 2, 1, 0], false));
        assert_eq!(subjects(path, &all, 9, 4), (vec![], false));
        let rules = Filter { what: Some(AuditTarget::Rule), ..Filter::default() };
        assert_eq!(subjects(path, &rules, 0, 9), (vec![6, 4, 2, 0], false));
        let of_one = Filter { who: "aDA1".to_owned(), ..Filter::default() };
        assert_eq!(subjects(path, &of_one, 0, 9), (vec![4, 1], false));
        for name in ["audit.jsonl", LOCK] {
            let mode = fs::metadata(path.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn truncated_lines_are_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        append(path, &line(0)).unwrap();
        let truncated = line(1);
        let mut file = OpenOptions::new().append(true).open(file_path(path, 0)).unwrap();
        file.write_all(&truncated.as_bytes()[..truncated.len() / 2]).unwrap();
        append(path, &line(2)).unwrap();
        file.write_all(b"garbage\n\xff\n").unwrap();
        append(path, &line(3)).unwrap();
        assert_eq!(subjects(path, &Filter::default(), 0, 9), (vec![3, 2, 0], false));
    }

    #[test]
    fn files_are_rotated_and_their_number_is_limited() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let max_bytes = 4 * line(10).len() as u64;
        for number in 10..99 {
            append_to(path, &line(number), max_bytes).unwrap();
        }
        let names = fs::read_dir(path).unwrap().map(|found| found.unwrap());
        let sizes: Vec<u64> = names
            .filter(|found| found.file_name() != LOCK)
            .map(|found| found.metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), MAX_FILES);
        assert!(sizes.iter().all(|size| *size <= max_bytes), "{sizes:?}");
        let (found, _) = subjects(path, &Filter::default(), 0, 99);
        let expected: Vec<usize> = (99 - found.len()..99).rev().collect();
        assert!(found.len() > 4 * (MAX_FILES - 1) && found == expected, "{found:?}");
    }
}
