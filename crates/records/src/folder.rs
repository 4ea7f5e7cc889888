//! Files of a folder, and quarantine of damaged ones.

use crate::block_file::{BlockFile, FileError, FileName};
use crate::deletions::{Deletions, FILE};
use crate::disk::Disk;
use crate::head::Head;
use crate::leftovers::Leftovers;
use crate::options::OpenError;
use crate::problems::Problems;
use crate::state::{FrozenHead, Records};
use crate::wal::{Replayed, parse_wal_name, replay, wal_path};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Suffix of files being written.
pub(crate) const TEMPORARY: &str = ".tmp";
/// Suffix of quarantined files.
const DAMAGED: &str = ".damaged";

/// Names of the files of a store.
#[derive(Debug, Default)]
struct Names {
    logs: Vec<u64>,
    files: Vec<FileName>,
    /// Greatest number of a WAL file in the name of a quarantined file.
    aside: u64,
}

/// Greatest number of a WAL file in the name of a quarantined file.
fn last_number(name: &str) -> u64 {
    let name = name.strip_suffix(DAMAGED).unwrap_or(name);
    parse_wal_name(name).or_else(|| FileName::parse(name).map(|name| name.last)).unwrap_or(0)
}

impl Names {
    /// Scans a folder, and removes incomplete files and those that another one has replaced.
    fn find(
        folder: &Path,
        disk: &dyn Disk,
        problems: &Problems,
        leftovers: &Leftovers,
    ) -> Result<Self, OpenError> {
        let mut names = Self::default();
        let fail = |source| OpenError::Folder { folder: folder.to_owned(), source };
        for entry in fs::read_dir(folder).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.ends_with(TEMPORARY) {
                // Left over from a crash while writing; if it cannot be removed, it will be overwritten.
                let _ = disk.remove(&folder.join(name));
            } else if name.ends_with(DAMAGED) {
                names.aside = names.aside.max(last_number(name));
                let text =
                    format!("{name} was quarantined because it is damaged; delete it to clear this problem");
                problems.set(name, text);
            } else if let Some(generation) = parse_wal_name(name) {
                names.logs.push(generation);
            } else if let Some(name) = FileName::parse(name) {
                names.files.push(name);
            }
        }
        names.logs.sort_unstable();
        let all = names.files.clone();
        names.files.retain(|name| {
            let is_replaced = all.iter().any(|other| name.is_replaced_by(other));
            if is_replaced {
                leftovers.remove(&folder.join(name.text()));
            }
            !is_replaced
        });
        names.files.sort_unstable();
        Ok(names)
    }
}

/// Content of a folder.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// Block files, and heads from WAL files. The head is the one of `last_log`.
    pub(crate) records: Records,
    /// WAL file that can be continued: its number and size.
    pub(crate) last_log: Option<(u64, u64)>,
    /// Number of the next WAL file.
    pub(crate) next_generation: u64,
}

/// Reads a folder. Damaged files are reported; those without any use are quarantined.
///
/// # Errors
/// The folder is unreadable, or a file has an unsupported version; that file is not touched.
pub(crate) fn read(
    folder: &Path,
    disk: &Arc<dyn Disk>,
    problems: &Problems,
    leftovers: &Leftovers,
) -> Result<Content, OpenError> {
    let names = Names::find(folder, disk.as_ref(), problems, leftovers)?;
    let mut content = Content::default();
    let deletions = read_deletions(folder, problems)?;
    let deleted = deletions.newest_generation().unwrap_or(0);
    content.records.deletions = Arc::new(deletions);
    let last = names.logs.iter().copied().chain(names.files.iter().map(|name| name.last)).max();
    // Not numbers that quarantined files have, nor those from which records are deleted.
    let last = last.unwrap_or(0).max(names.aside).max(deleted);
    content.next_generation = last.saturating_add(1);
    for name in names.files {
        let streams = &mut content.records.streams;
        match BlockFile::open(folder, name, &mut |labels| streams.intern(&labels)) {
            Ok((file, None)) => content.records.files.push(Arc::new(file)),
            Ok((file, Some(damage))) if file.index.blocks.is_empty() => {
                quarantine(&file.path, &damage.to_string(), disk.as_ref(), problems);
            }
            Ok((file, Some(damage))) => {
                let name = name.text();
                problems.set(&name, format!("{name}: damaged: {damage}; its intact blocks are used"));
                content.records.files.push(Arc::new(file));
            }
            Err(FileError::Version(version)) => {
                return Err(OpenError::Version { file: folder.join(name.text()), version });
            }
            Err(FileError::Io(error)) => {
                // It stays as it is: the next start may read it.
                problems.set(&name.text(), format!("{}: {error}", name.text()));
                content.records.unread.push(name.first..name.last.saturating_add(1));
            }
            Err(FileError::Damage(damage)) => {
                quarantine(&folder.join(name.text()), &damage.to_string(), disk.as_ref(), problems);
            }
        }
    }
    let count = names.logs.len();
    for (number, generation) in (1..).zip(names.logs) {
        if content.records.files.iter().any(|file| file.name.covers(generation)) {
            content.records.stale_logs.insert(generation);
        } else {
            // A log from which records are deleted takes no more of them.
            let is_last = number == count && generation > deleted;
            content.read_log(folder, generation, is_last, problems)?;
        }
    }
    Ok(content)
}

/// Reads the deletions, of which damaged ones are reported.
fn read_deletions(folder: &Path, problems: &Problems) -> Result<Deletions, OpenError> {
    match Deletions::read(folder) {
        Ok((deletions, None)) => Ok(deletions),
        Ok((deletions, Some(damage))) => {
            let text = format!("{FILE}: damaged: {damage}; delete records again that were deleted last");
            problems.set(FILE, text);
            Ok(deletions)
        }
        Err(FileError::Version(version)) => Err(OpenError::Version { file: folder.join(FILE), version }),
        // Without it, deleted records would be returned.
        Err(FileError::Io(source)) => Err(OpenError::Folder { folder: folder.join(FILE), source }),
        Err(FileError::Damage(damage)) => {
            Err(OpenError::Folder { folder: folder.join(FILE), source: io::Error::other(damage) })
        }
    }
}

impl Content {
    fn read_log(
        &mut self,
        folder: &Path,
        generation: u64,
        is_last: bool,
        problems: &Problems,
    ) -> Result<(), OpenError> {
        let (mut head, streams) = (Head::default(), &mut self.records.streams);
        let path = wal_path(folder, generation);
        let replayed = replay(&path, &mut |record| head.push(&streams.intern(record.stream), record));
        let Replayed { length: log_bytes, damage } = match replayed {
            Ok(replayed) => replayed,
            Err(FileError::Version(version)) => return Err(OpenError::Version { file: path, version }),
            Err(FileError::Damage(damage)) => Replayed { length: 0, damage: Some(damage) },
            Err(FileError::Io(error)) => {
                // It stays as it is: the next start may read it.
                problems.set(&path.display().to_string(), format!("{}: {error}", path.display()));
                self.records.unread.push(generation..generation.saturating_add(1));
                return Ok(());
            }
        };
        if is_last && damage.is_none() && log_bytes > 0 {
            self.records.log_bytes = log_bytes;
            self.records.head = head;
            self.last_log = Some((generation, log_bytes));
        } else {
            self.records.frozen.push(Arc::new(FrozenHead { generation, head, log_bytes, damage }));
        }
        Ok(())
    }
}

/// Quarantines a damaged file by renaming it, and reports it.
pub(crate) fn quarantine(path: &Path, damage: &str, disk: &dyn Disk, problems: &Problems) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let aside = format!("{name}{DAMAGED}");
    let text = match disk.rename(path, &path.with_file_name(&aside)) {
        Ok(()) => format!("{name}: damaged: {damage}; quarantined as {aside}"),
        Err(rename) => format!("{name}: damaged: {damage}; quarantine failed: {rename}"),
    };
    problems.set(&aside, text);
}
