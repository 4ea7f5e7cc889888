//! The files of the audit log: `audit.jsonl` is written behind its end alone. When it has become large it is set aside as a
//! whole, and the oldest of those set aside goes: there are at most eight files of 4 MiB, 32 MiB in all.
//!
//! The server and commands write both: whoever does holds a lock.

use super::entry::{Entry, What};
use crate::files;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const LOCK: &str = "audit.lock";
/// The newest file is set aside before it becomes longer than this, in bytes.
const LARGEST: u64 = 4 << 20;
/// How many files there are at most.
const FILES: usize = 8;

/// Which entries are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Part of a name, in whatever case; all when it is empty.
    pub(crate) who: String,
    /// What was changed.
    pub(crate) what: Option<What>,
}

impl Filter {
    fn takes(&self, entry: &Entry) -> bool {
        self.what.is_none_or(|what| what == entry.what)
            && entry.who.to_lowercase().contains(&self.who.to_lowercase())
    }
}

/// Writes lines behind the end. What was torn there by a crash is given an end of its own. Waits for others who write, and for
/// the disk.
///
/// # Errors
/// The disk does not take it. Nothing of it is written then.
pub(super) fn append(folder: &Path, lines: &str) -> io::Result<()> {
    append_to(folder, lines, LARGEST)
}

fn append_to(folder: &Path, lines: &str, largest: u64) -> io::Result<()> {
    let _lock = files::lock(&folder.join(LOCK))?;
    let path = place(folder, 0);
    let length = fs::metadata(&path).map_or(0, |found| found.len());
    if length > 0 && length + lines.len() as u64 > largest {
        set_aside(folder)?;
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path)?;
    let length = file.metadata()?.len();
    let written = end_line(&mut file, length)
        .and_then(|()| file.write_all(lines.as_bytes()))
        .and_then(|()| file.sync_data());
    if written.is_err() {
        // Half of it would be there twice once it is tried again.
        file.set_len(length)?;
    }
    written
}

/// Ends the last line, if it has no end.
fn end_line(file: &mut File, length: u64) -> io::Result<()> {
    if length == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

fn set_aside(folder: &Path) -> io::Result<()> {
    for number in (0..FILES - 1).rev() {
        match fs::rename(place(folder, number), place(folder, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    File::open(folder)?.sync_all()
}

fn place(folder: &Path, number: usize) -> PathBuf {
    folder.join(if number == 0 { "audit.jsonl".to_owned() } else { format!("audit.{number}.jsonl") })
}

/// The entries that are asked for, the newest first, without the first `skip` and at most `most`; and whether there are more.
/// Lines that cannot be read are left out.
///
/// # Errors
/// The system cannot read.
pub(super) fn read(
    folder: &Path,
    filter: &Filter,
    skip: usize,
    most: usize,
) -> io::Result<(Vec<Entry>, bool)> {
    // Opened together: what is set aside meanwhile is neither missed nor read twice.
    let mut opened = Vec::new();
    {
        let _lock = files::lock(&folder.join(LOCK))?;
        for number in 0..FILES {
            match File::open(place(folder, number)) {
                Ok(file) => opened.push(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    let (mut found, mut passed) = (Vec::new(), 0);
    for file in opened {
        let mut bytes = Vec::new();
        file.take(2 * LARGEST).read_to_end(&mut bytes)?;
        for line in bytes.split(|byte| *byte == b'\n').rev() {
            let Some(entry) = Entry::read(line).filter(|entry| filter.takes(entry)) else { continue };
            if passed < skip {
                passed += 1;
            } else if found.len() < most {
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
    use super::super::entry::By;
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use watchglass_model::Timestamp;

    fn line(number: usize) -> String {
        let what = if number.is_multiple_of(2) { What::Rule } else { What::User };
        let who = format!("Ada{}", number % 3);
        Entry::new(
            Timestamp::default(),
            (By::User, &who, None),
            (what, "changed", &number.to_string()),
            (None, None),
        )
        .line()
    }

    fn subjects(folder: &Path, filter: &Filter, skip: usize, most: usize) -> (Vec<usize>, bool) {
        let (entries, more) = read(folder, filter, skip, most).unwrap();
        (entries.iter().map(|entry| entry.subject.parse().unwrap()).collect(), more)
    }

    #[test]
    fn the_newest_stand_first_and_are_found_by_page_and_filter() {
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
        let rules = Filter { what: Some(What::Rule), ..Filter::default() };
        assert_eq!(subjects(path, &rules, 0, 9), (vec![6, 4, 2, 0], false));
        let of_one = Filter { who: "aDA1".to_owned(), ..Filter::default() };
        assert_eq!(subjects(path, &of_one, 0, 9), (vec![4, 1], false));
        for name in ["audit.jsonl", LOCK] {
            let mode = fs::metadata(path.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_torn_line_is_left_out_and_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        append(path, &line(0)).unwrap();
        let torn = line(1);
        let mut file = OpenOptions::new().append(true).open(place(path, 0)).unwrap();
        file.write_all(&torn.as_bytes()[..torn.len() / 2]).unwrap();
        append(path, &line(2)).unwrap();
        file.write_all(b"rubbish\n\xff\n").unwrap();
        append(path, &line(3)).unwrap();
        assert_eq!(subjects(path, &Filter::default(), 0, 9), (vec![3, 2, 0], false));
    }

    #[test]
    fn files_are_set_aside_whole_and_their_number_has_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let largest = 4 * line(10).len() as u64;
        for number in 10..99 {
            append_to(path, &line(number), largest).unwrap();
        }
        let names = fs::read_dir(path).unwrap().map(|found| found.unwrap());
        let sizes: Vec<u64> = names
            .filter(|found| found.file_name() != LOCK)
            .map(|found| found.metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), FILES);
        assert!(sizes.iter().all(|size| *size <= largest), "{sizes:?}");
        let (found, _) = subjects(path, &Filter::default(), 0, 99);
        let expected: Vec<usize> = (99 - found.len()..99).rev().collect();
        assert!(found.len() > 4 * (FILES - 1) && found == expected, "{found:?}");
    }
}
