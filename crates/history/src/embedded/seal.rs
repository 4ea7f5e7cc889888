//! Seals an hour: its samples leave the head and the log for a file of their own.

use super::files::{TEMPORARY, set_aside};
use super::key;
use super::level::Level;
use super::reader::Segment;
use super::segment::{Contents, SegmentError, SegmentWriter};
use super::shared::Shared;
use crate::StoredSeries;
use crate::head::HOUR;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Opens a file that is to be read whole and written anew. One that is damaged is set aside; then there is none.
///
/// # Errors
/// A file that cannot be read, perhaps only now.
pub(crate) fn open_old(shared: &Shared, level: Level, index: i64) -> io::Result<Option<Segment>> {
    let (is_there, path) = {
        let files = shared.files();
        (files.of(level).contains_key(&index), files.path(level, index))
    };
    if !is_there {
        return Ok(None);
    }
    match Segment::open(&path, level, index, |_| true) {
        Ok(segment) => Ok(Some(segment)),
        Err(SegmentError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            // Set aside when a question found it damaged.
            shared.files_mut().of_mut(level).remove(&index);
            Ok(None)
        }
        Err(SegmentError::Io(error)) => Err(error),
        Err(error) => {
            shared.files_mut().of_mut(level).remove(&index);
            set_aside(&path, &error, shared.disk.as_ref(), &shared.problems);
            Ok(None)
        }
    }
}

/// A file that is being written beside the one that it will replace.
#[derive(Debug)]
pub(crate) struct Replacement {
    writer: SegmentWriter,
    temporary: PathBuf,
    path: PathBuf,
}

impl Replacement {
    pub(crate) fn begin(shared: &Shared, level: Level, index: i64, times: Vec<i64>) -> io::Result<Self> {
        let path = shared.files().path(level, index);
        let temporary = PathBuf::from(format!("{}{TEMPORARY}", path.display()));
        let writer = SegmentWriter::create(shared.disk.as_ref(), &temporary, level, index, times)
            .inspect_err(|_| drop(shared.disk.remove(&temporary)))?;
        Ok(Self { writer, temporary, path })
    }

    /// Adds a series; see [`SegmentWriter::add`].
    pub(crate) fn add(
        &mut self,
        shared: &Shared,
        series: &StoredSeries,
        places: &[u32],
        columns: &[Vec<f64>],
        last: (i64, f64),
    ) -> io::Result<()> {
        let result = self.writer.add(series, places, columns, last);
        result.inspect_err(|_| drop(shared.disk.remove(&self.temporary)))
    }

    /// Ends the file and puts it in its place. What could not be finished is removed.
    pub(crate) fn finish(self, shared: &Shared, covered: u32) -> io::Result<Contents> {
        let result = self.writer.finish(covered).and_then(|contents| {
            shared.disk.rename(&self.temporary, &self.path)?;
            shared.disk.sync_folder(&shared.folder)?;
            Ok(contents)
        });
        result.inspect_err(|_| drop(shared.disk.remove(&self.temporary)))
    }
}

/// Writes the file of an hour: what it had and what the head has; the head's values stand. `None` when there is nothing.
///
/// # Errors
/// A disk that cannot be read or written. The file is then as it was.
pub(crate) fn seal(shared: &Shared, hour: i64) -> io::Result<Option<Contents>> {
    let start = hour.saturating_mul(HOUR);
    let range = start..start.saturating_add(HOUR);
    let old = open_old(shared, Level::Raw, hour)?;
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
            Some(Err(SegmentError::Io(error))) => return Err(error),
            Some(Err(error)) => {
                report_chunk(shared, Level::Raw, hour, &one, &error);
                Vec::new()
            }
        };
        let mut samples: BTreeMap<i64, f64> = stored.into_iter().collect();
        samples.extend(shared.head().samples_of(&one, range.clone()));
        // A sample that came just now is not among the times; the hour will be sealed again.
        samples.retain(|time, _| times.binary_search(time).is_ok());
        let Some((&last_time, &last)) = samples.last_key_value() else { continue };
        let place = |time: &i64| u32::try_from(times.binary_search(time).ok()?).ok();
        let places: Vec<u32> = samples.keys().filter_map(place).collect();
        let values: Vec<f64> = samples.into_values().collect();
        let file = match &mut file {
            Some(file) => file,
            None => file.insert(Replacement::begin(shared, Level::Raw, hour, times.clone())?),
        };
        file.add(shared, &one, &places, &[values], (last_time, last))?;
    }
    file.map(|file| file.finish(shared, 0)).transpose()
}

/// Names a series whose values cannot be read, and the file.
pub(crate) fn report_chunk(
    shared: &Shared,
    level: Level,
    index: i64,
    series: &StoredSeries,
    error: &SegmentError,
) {
    let name = level.file_name(index);
    shared.problems.set(&name, format!("{name}: {error}: {} is left out, perhaps others too", series.key()));
}
