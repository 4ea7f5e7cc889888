//! The files of a store: which there are, and what becomes of damaged ones.

use super::level::Level;
use super::problems::Problems;
use super::reader::Segment;
use super::segment::{Contents, SegmentError};
use super::{OpenError, disk::Disk};
use crate::StoredSeries;
use crate::head::HOUR;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The sealed files of a folder.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    raw: BTreeMap<i64, Contents>,
    minute: BTreeMap<i64, Contents>,
    quarter: BTreeMap<i64, Contents>,
}

impl Files {
    /// Finds the files of a folder. Damaged ones are set aside; half-written ones are removed. Returned with the numbers
    /// of the logs, ascending.
    ///
    /// # Errors
    /// A folder that cannot be read, or a file of another version: it is left as it is.
    pub(crate) fn find(
        folder: &Path,
        disk: &dyn Disk,
        problems: &Problems,
    ) -> Result<(Self, Vec<u64>), OpenError> {
        let mut files = Self {
            folder: folder.to_owned(),
            raw: BTreeMap::new(),
            minute: BTreeMap::new(),
            quarter: BTreeMap::new(),
        };
        let mut logs = Vec::new();
        let fail = |source| OpenError::Folder { folder: folder.to_owned(), source };
        for entry in fs::read_dir(folder).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.ends_with(TEMPORARY) {
                // Left over from an end in the middle of writing; one that cannot be removed is written over.
                let _ = disk.remove(&folder.join(name));
            } else if name.ends_with(DAMAGED) {
                problems.set(
                    name,
                    format!("{name} was set aside because it is damaged; delete it to clear this"),
                );
            } else if let Some(generation) = parse_log(name) {
                logs.push(generation);
            } else if let Some((level, index)) = Level::parse(name) {
                files.find_one(level, index, disk, problems)?;
            }
        }
        logs.sort_unstable();
        Ok((files, logs))
    }

    fn find_one(
        &mut self,
        level: Level,
        index: i64,
        disk: &dyn Disk,
        problems: &Problems,
    ) -> Result<(), OpenError> {
        match self.open(level, index, |_| false) {
            Ok(segment) => {
                self.of_mut(level).insert(index, segment.contents);
            }
            Err(SegmentError::Version(version)) => {
                return Err(OpenError::Version { file: self.path(level, index), version });
            }
            Err(error) => set_aside(&self.path(level, index), &error, disk, problems),
        }
        Ok(())
    }

    /// Opens a file and finds the series that are wanted.
    ///
    /// # Errors
    /// As [`Segment::open`].
    pub(crate) fn open(
        &self,
        level: Level,
        index: i64,
        wanted: impl Fn(&StoredSeries) -> bool,
    ) -> Result<Segment, SegmentError> {
        Segment::open(&self.path(level, index), level, index, wanted)
    }

    /// Where a file is, or would be.
    pub(crate) fn path(&self, level: Level, index: i64) -> PathBuf {
        self.folder.join(level.file_name(index))
    }

    /// The files of a level.
    pub(crate) fn of(&self, level: Level) -> &BTreeMap<i64, Contents> {
        match level {
            Level::Raw => &self.raw,
            Level::Minute => &self.minute,
            Level::Quarter => &self.quarter,
        }
    }

    /// The files of a level, to be changed.
    pub(crate) fn of_mut(&mut self, level: Level) -> &mut BTreeMap<i64, Contents> {
        match level {
            Level::Raw => &mut self.raw,
            Level::Minute => &mut self.minute,
            Level::Quarter => &mut self.quarter,
        }
    }

    /// Whether a level holds an hour.
    pub(crate) fn covers(&self, level: Level, hour: i64) -> bool {
        match level {
            Level::Raw => self.raw.contains_key(&hour),
            Level::Minute | Level::Quarter => self
                .of(level)
                .get(&level.index_of(hour.saturating_mul(HOUR)))
                .is_some_and(|contents| contents.covered & bit_of(hour) != 0),
        }
    }

    /// What all files hold, level by level.
    pub(crate) fn contents(&self) -> impl Iterator<Item = &Contents> {
        Level::ALL.into_iter().flat_map(|level| self.of(level).values())
    }
}

/// End of the names of files that are being written.
pub(crate) const TEMPORARY: &str = ".tmp";
/// End of the names of files that were set aside.
const DAMAGED: &str = ".damaged";

/// The bit of an hour among the hours of its day.
pub(crate) fn bit_of(hour: i64) -> u32 {
    1 << hour.rem_euclid(24)
}

/// The name of a log.
pub(crate) fn log_name(generation: u64) -> String {
    format!("log-{generation}.wal")
}

fn parse_log(name: &str) -> Option<u64> {
    let generation = name.strip_prefix("log-")?.strip_suffix(".wal")?.parse().ok()?;
    (log_name(generation) == name).then_some(generation)
}

/// Renames a damaged file out of the way, and says so. One that merely cannot be read stays where it is.
pub(crate) fn set_aside(path: &Path, error: &SegmentError, disk: &dyn Disk, problems: &Problems) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = match error {
        SegmentError::Io(_) | SegmentError::Version(_) => format!("{name}: {error}"),
        SegmentError::Damage(_) => {
            let aside = path.with_file_name(format!("{name}{DAMAGED}"));
            match disk.rename(path, &aside) {
                Ok(()) => format!("{name}: {error}; it was set aside as {name}{DAMAGED}"),
                Err(rename) => format!("{name}: {error}; it could not be set aside: {rename}"),
            }
        }
    };
    problems.set(&format!("{name}{DAMAGED}"), text);
}
