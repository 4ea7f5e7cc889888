//! Block writer: writes the samples of an hour from the head to a block file.

use super::block::{BlockError, BlockSummary, BlockWriter};
use super::block_reader::Block;
use super::files::{TEMPORARY, quarantine};
use super::key;
use super::resolution::Resolution;
use super::state::StoreState;
use crate::StoredSeries;
use crate::head::HOUR;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

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
    match Block::open(&path, level, index, |_| true) {
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

/// Temporary file that will replace another one.
#[derive(Debug)]
pub(crate) struct BlockReplacement {
    writer: BlockWriter,
    temporary: PathBuf,
    path: PathBuf,
}

impl BlockReplacement {
    pub(crate) fn begin(
        shared: &StoreState,
        level: Resolution,
        index: i64,
        times: Vec<i64>,
    ) -> io::Result<Self> {
        let path = shared.files().path(level, index);
        let temporary = PathBuf::from(format!("{}{TEMPORARY}", path.display()));
        let writer = BlockWriter::create(shared.disk.as_ref(), &temporary, level, index, times)
            .inspect_err(|_| drop(shared.disk.remove(&temporary)))?;
        Ok(Self { writer, temporary, path })
    }

    /// Adds a series; see [`SegmentWriter::add`].
    pub(crate) fn add(
        &mut self,
        shared: &StoreState,
        series: &StoredSeries,
        places: &[u32],
        columns: &[Vec<f64>],
        last: (i64, f64),
    ) -> io::Result<()> {
        let result = self.writer.add(series, places, columns, last);
        result.inspect_err(|_| drop(shared.disk.remove(&self.temporary)))
    }

    /// Completes and renames the file. An incomplete one is removed.
    pub(crate) fn finish(self, shared: &StoreState, covered: u32) -> io::Result<BlockSummary> {
        let result = self.writer.finish(covered).and_then(|contents| {
            shared.disk.rename(&self.temporary, &self.path)?;
            shared.disk.sync_folder(&shared.folder)?;
            Ok(contents)
        });
        result.inspect_err(|_| drop(shared.disk.remove(&self.temporary)))
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
    let mut series: BTreeMap<Vec<u8>, (Arc<StoredSeries>, Option<usize>)> = BTreeMap::new();
    for (place, chunk) in old.iter().flat_map(|old| &old.chunks).enumerate() {
        series.insert(key::encode(&chunk.series), (Arc::clone(&chunk.series), Some(place)));
    }
    let mut times: BTreeSet<i64> = old.iter().flat_map(|old| &old.times).copied().collect();
    {
        let head = shared.head();
        times.extend(head.times_in(range.clone()));
        for one in head.all() {
            series.entry(key::encode(&one)).or_insert((one, None));
        }
    }
    let times: Vec<i64> = times.into_iter().collect();
    let mut file = None;
    for (one, place) in series.into_values() {
        let chunk = place.and_then(|place| old.as_ref().and_then(|old| Some((old, old.chunks.get(place)?))));
        let stored = match chunk.map(|(old, chunk)| old.samples(chunk)) {
            None => Vec::new(),
            Some(Ok(samples)) => samples,
            Some(Err(BlockError::Io(error))) => return Err(error),
            Some(Err(error)) => {
                report_chunk(shared, Resolution::Raw, hour, &one, &error);
                Vec::new()
            }
        };
        let mut samples: BTreeMap<i64, f64> = stored.into_iter().collect();
        samples.extend(shared.head().samples_of(&one, range.clone()));
        // A sample that arrived just now is not among the times; the hour will be written again.
        samples.retain(|time, _| times.binary_search(time).is_ok());
        let Some((&last_time, &last)) = samples.last_key_value() else { continue };
        let place = |time: &i64| u32::try_from(times.binary_search(time).ok()?).ok();
        let places: Vec<u32> = samples.keys().filter_map(place).collect();
        let values: Vec<f64> = samples.into_values().collect();
        let file = match &mut file {
            Some(file) => file,
            None => file.insert(BlockReplacement::begin(shared, Resolution::Raw, hour, times.clone())?),
        };
        file.add(shared, &one, &places, &[values], (last_time, last))?;
    }
    file.map(|file| file.finish(shared, 0)).transpose()
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
