//! Block files of a store, and quarantine of damaged ones.

use super::block::{BlockError, BlockSummary};
use super::block_reader::{Block, Wanted};
use super::problems::Problems;
use super::resolution::Resolution;
use super::{OpenError, disk::Disk};
use crate::head::HOUR;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use watchglass_stored_files::folder::{self, scan};

pub(crate) use watchglass_stored_files::folder::TEMPORARY;

/// Block files of a folder by resolution.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    raw: BTreeMap<i64, BlockSummary>,
    minute: BTreeMap<i64, BlockSummary>,
    quarter: BTreeMap<i64, BlockSummary>,
}

impl Files {
    /// Scans a folder. Damaged files are quarantined and incomplete ones removed. Also returns the WAL numbers, ascending.
    ///
    /// # Errors
    /// The folder is unreadable, or a file has an unsupported version; that file is not touched.
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
        for name in scan(folder, disk, problems).map_err(fail)?.names {
            if let Some(generation) = parse_log(&name) {
                logs.push(generation);
            } else if let Some((level, index)) = Resolution::parse(&name) {
                files.find_one(level, index, disk, problems)?;
            }
        }
        logs.sort_unstable();
        Ok((files, logs))
    }

    fn find_one(
        &mut self,
        level: Resolution,
        index: i64,
        disk: &dyn Disk,
        problems: &Problems,
    ) -> Result<(), OpenError> {
        match self.open(level, index, Wanted::None) {
            Ok(segment) => {
                self.of_mut(level).insert(index, segment.contents);
            }
            Err(BlockError::Version(version)) => {
                return Err(OpenError::Version { file: self.path(level, index), version });
            }
            Err(error) => quarantine(&self.path(level, index), &error, disk, problems),
        }
        Ok(())
    }

    /// Opens a file and finds the wanted series.
    ///
    /// # Errors
    /// As [`Segment::open`].
    pub(crate) fn open(
        &self,
        level: Resolution,
        index: i64,
        wanted: Wanted<'_>,
    ) -> Result<Block, BlockError> {
        Block::open(&self.path(level, index), level, index, wanted)
    }

    /// Path of a file.
    pub(crate) fn path(&self, level: Resolution, index: i64) -> PathBuf {
        self.folder.join(level.file_name(index))
    }

    /// Files of a resolution.
    pub(crate) fn of(&self, level: Resolution) -> &BTreeMap<i64, BlockSummary> {
        match level {
            Resolution::Raw => &self.raw,
            Resolution::Minute => &self.minute,
            Resolution::Quarter => &self.quarter,
        }
    }

    /// Mutable files of a resolution.
    pub(crate) fn of_mut(&mut self, level: Resolution) -> &mut BTreeMap<i64, BlockSummary> {
        match level {
            Resolution::Raw => &mut self.raw,
            Resolution::Minute => &mut self.minute,
            Resolution::Quarter => &mut self.quarter,
        }
    }

    /// Whether a resolution covers an hour.
    pub(crate) fn covers(&self, level: Resolution, hour: i64) -> bool {
        match level {
            Resolution::Raw => self.raw.contains_key(&hour),
            Resolution::Minute | Resolution::Quarter => self
                .of(level)
                .get(&level.index_of(hour.saturating_mul(HOUR)))
                .is_some_and(|contents| contents.covered & bit_of(hour) != 0),
        }
    }

    /// Contents of all files by resolution.
    pub(crate) fn contents(&self) -> impl Iterator<Item = &BlockSummary> {
        Resolution::ALL.into_iter().flat_map(|level| self.of(level).values())
    }
}

/// Bit of an hour within its day.
pub(crate) fn bit_of(hour: i64) -> u32 {
    1 << hour.rem_euclid(24)
}

/// File name of a WAL.
pub(crate) fn log_name(generation: u64) -> String {
    format!("log-{generation}.wal")
}

fn parse_log(name: &str) -> Option<u64> {
    let generation = name.strip_prefix("log-")?.strip_suffix(".wal")?.parse().ok()?;
    (log_name(generation) == name).then_some(generation)
}

/// Quarantines a damaged file by renaming it, and reports it. An unreadable one stays in place.
pub(crate) fn quarantine(path: &Path, error: &BlockError, disk: &dyn Disk, problems: &Problems) {
    match error {
        BlockError::Io(_) | BlockError::Version(_) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            problems.set(&name, format!("{name}: {error}"));
        }
        BlockError::Damage(damage) => folder::quarantine(path, &damage.to_string(), disk, problems),
    }
}
