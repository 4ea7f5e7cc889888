//! Block writer: writes the samples of an hour from the head to a block file.

use super::block::{BlockError, BlockSummary, BlockWriter};
use super::block_layout::{BlockLayout, Source};
use super::block_reader::{Block, Wanted};
use super::files::{TEMPORARY, quarantine};
use super::resolution::Resolution;
use super::state::StoreState;
use crate::StoredSeries;
use crate::head::HOUR;
use crate::samples::merge;
use std::io;
use std::path::PathBuf;

/// Opens a file that will be rewritten. A damaged one is quarantined and counts as missing.
///
/// # Errors
/// The file cannot be read, perhaps temporarily.
pub(crate) fn open_old(shared: &StoreState, level: Resolution, index: i64) -> io::Result<Option<Block>> {
    let (is_there, path) = {
        let files = shared.files();
        (files.of(level).contains_key(&index), files.path(level, index))
    };
    if !is_there {
        return Ok(None);
    }
    match Block::open(&path, level, index, Wanted::All) {
        Ok(segment) => Ok(Some(segment)),
        Err(BlockError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            // Quarantined by a query.
            shared.files_mut().of_mut(level).remove(&index);
            Ok(None)
        }
        Err(BlockError::Io(error)) => Err(error),
        Err(error) => {
            shared.files_mut().of_mut(level).remove(&index);
            quarantine(&path, &error, shared.disk.as_ref(), &shared.problems);
            Ok(None)
        }
    }
}

/// Temporary file that will replace another one. It is removed unless it is completed.
#[derive(Debug)]
pub(crate) struct BlockReplacement<'a> {
    shared: &'a StoreState,
    writer: Option<BlockWriter>,
    temporary: PathBuf,
    path: PathBuf,
}

impl<'a> BlockReplacement<'a> {
    /// Starts a file. `groups` are the ascending times of its groups.
    ///
    /// # Errors
    /// Disk error.
    pub(crate) fn begin(
        shared: &'a StoreState,
        level: Resolution,
        index: i64,
        groups: Vec<Vec<i64>>,
    ) -> io::Result<Self> {
        let path = shared.files().path(level, index);
        let temporary = PathBuf::from(format!("{}{TEMPORARY}", path.display()));
        let mut file = Self { shared, writer: None, temporary, path };
        let writer = BlockWriter::create(shared.disk.as_ref(), &file.temporary, level, index, groups)?;
        file.writer = Some(writer);
        Ok(file)
    }

    /// Adds a series; see [`BlockWriter::add`].
    ///
    /// # Errors
    /// Disk error.
    pub(crate) fn add(
        &mut self,
        series: &StoredSeries,
        places: (usize, &[u32]),
        columns: &[Vec<f64>],
        last: (i64, f64),
    ) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), |writer| writer.add(series, places, columns, last))
    }

    /// Completes the file and puts it in the place of the other one.
    ///
    /// # Errors
    /// Disk error; the other file is unchanged.
    pub(crate) fn finish(mut self, covered: u32) -> io::Result<BlockSummary> {
        let Some(writer) = self.writer.take() else { return Err(io::ErrorKind::NotFound.into()) };
        let result = writer.finish(covered).and_then(|contents| {
            self.shared.disk.rename(&self.temporary, &self.path)?;
            self.shared.disk.sync_folder(&self.shared.folder)?;
            Ok(contents)
        });
        result.inspect_err(|_| drop(self.shared.disk.remove(&self.temporary)))
    }
}

impl Drop for BlockReplacement<'_> {
    fn drop(&mut self) {
        if self.writer.is_some() {
            // It is also removed at the next start.
            let _ = self.shared.disk.remove(&self.temporary);
        }
    }
}

/// Writes the block of an hour: the existing block merged with the head, whose values win. `None` without samples.
///
/// # Errors
/// Disk error; the existing file is unchanged.
pub(crate) fn write_block(shared: &StoreState, hour: i64) -> io::Result<Option<BlockSummary>> {
    let start = hour.saturating_mul(HOUR);
    let range = start..start.saturating_add(HOUR);
    let old = open_old(shared, Resolution::Raw, hour)?;
    let layout = BlockLayout::plan(&shared.head(), old.as_ref(), &range);
    let mut file = None;
    for Source { series, chunk: place, group } in layout.series.into_values() {
        let chunk = place.and_then(|place| old.as_ref().and_then(|old| Some((old, old.chunks.get(place)?))));
        let stored = match chunk.map(|(old, chunk)| old.samples(chunk)) {
            None => Vec::new(),
            Some(Ok(samples)) => samples,
            Some(Err(BlockError::Io(error))) => return Err(error),
            Some(Err(error)) => {
                report_chunk(shared, Resolution::Raw, hour, &series, &error);
                Vec::new()
            }
        };
        let mut samples = merge(stored, shared.head().samples_of(&series, range.clone()));
        let times = layout.groups.get(group).map_or(&[][..], Vec::as_slice);
        let place = |time: i64| u32::try_from(times.binary_search(&time).ok()?).ok();
        // A sample that arrived just now is not among the times; the hour will be written again.
        samples.retain(|(time, _)| place(*time).is_some());
        let Some(&last) = samples.last() else { continue };
        let places: Vec<u32> = samples.iter().filter_map(|(time, _)| place(*time)).collect();
        let values: Vec<f64> = samples.into_iter().map(|(_, value)| value).collect();
        let file = match &mut file {
            Some(file) => file,
            None => {
                file.insert(BlockReplacement::begin(shared, Resolution::Raw, hour, layout.groups.clone())?)
            }
        };
        file.add(&series, (group, &places), &[values], last)?;
    }
    file.map(|file| file.finish(0)).transpose()
}

/// Reports a series whose values cannot be read.
pub(crate) fn report_chunk(
    shared: &StoreState,
    level: Resolution,
    index: i64,
    series: &StoredSeries,
    error: &BlockError,
) {
    let name = level.file_name(index);
    shared.problems.set(&name, format!("{name}: {error}: {} is missing, perhaps others too", series.key()));
}
