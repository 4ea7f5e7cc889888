//! Downsampling of an hour into the files of its day.

use super::block::{BlockError, BlockSummary};
use super::block_reader::{Block, Values};
use super::block_writer::{BlockReplacement, open_old, report_chunk};
use super::files::bit_of;
use super::key;
use super::resolution::Resolution;
use super::state::StoreState;
use crate::StoredSeries;
use crate::head::HOUR;
use crate::row::{Row, readings};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Rows of one series by start time.
type Rows = BTreeMap<i64, Row>;
/// Series by key.
type Rolled = BTreeMap<Vec<u8>, (Arc<StoredSeries>, Rows)>;

/// Downsamples an hour from its raw block. With `adds` the samples are added to existing rows, because the raw samples of
/// those rows are gone.
///
/// # Errors
/// Disk error.
pub(crate) fn downsample(shared: &StoreState, hour: i64, adds: bool) -> io::Result<()> {
    let Some(segment) = open_old(shared, Resolution::Raw, hour)? else { return Ok(()) };
    let mut before: HashMap<Arc<StoredSeries>, (i64, f64)> = HashMap::new();
    if let Some(earlier) = open_old(shared, Resolution::Raw, hour.saturating_sub(1))? {
        before.extend(earlier.chunks.into_iter().map(|chunk| (chunk.series, chunk.last)));
    }
    let mut minutes = Rolled::new();
    for chunk in &segment.chunks {
        let samples = match segment.samples(chunk) {
            Ok(samples) => samples,
            Err(BlockError::Io(error)) => return Err(error),
            Err(error) => {
                report_chunk(shared, Resolution::Raw, hour, &chunk.series, &error);
                continue;
            }
        };
        let before = before.get(&chunk.series).copied();
        let mut rows = Rows::new();
        for (time, reading) in readings(chunk.series.kind, before, &samples) {
            add(&mut rows, time, Resolution::Minute, &reading);
        }
        minutes.insert(key::encode(&chunk.series), (Arc::clone(&chunk.series), rows));
    }
    drop(segment);
    let mut quarters = Rolled::new();
    for (key, (series, minutes)) in &minutes {
        let mut rows = Rows::new();
        minutes.iter().for_each(|(&time, row)| add(&mut rows, time, Resolution::Quarter, row));
        quarters.insert(key.clone(), (Arc::clone(series), rows));
    }
    for (level, rolled) in [(Resolution::Minute, minutes), (Resolution::Quarter, quarters)] {
        let day = level.index_of(hour.saturating_mul(HOUR));
        let contents = replace(shared, level, day, hour, rolled, adds)?;
        shared.files_mut().of_mut(level).insert(day, contents);
    }
    Ok(())
}

fn add(rows: &mut Rows, time: i64, level: Resolution, reading: &Row) {
    let start = time.div_euclid(level.width()).saturating_mul(level.width());
    rows.entry(start).and_modify(|row| row.add(reading)).or_insert(*reading);
}

/// Rewrites the file of a day with the rows of one hour replaced or extended.
fn replace(
    shared: &StoreState,
    level: Resolution,
    day: i64,
    hour: i64,
    mut rolled: Rolled,
    adds: bool,
) -> io::Result<BlockSummary> {
    let start = hour.saturating_mul(HOUR);
    let range = start..start.saturating_add(HOUR);
    let old = open_old(shared, level, day)?;
    let covered = old.as_ref().map_or(0, |old| old.contents.covered) | bit_of(hour);
    let mut times: BTreeSet<i64> = rolled.values().flat_map(|(_, rows)| rows.keys().copied()).collect();
    let mut chunks = HashMap::new();
    if let Some(old) = &old {
        times.extend(old.groups.iter().flatten().copied().filter(|time| adds || !range.contains(time)));
        for (place, chunk) in old.chunks.iter().enumerate() {
            rolled.entry(key::encode(&chunk.series)).or_insert((Arc::clone(&chunk.series), Rows::new()));
            chunks.insert(Arc::clone(&chunk.series), place);
        }
    }
    let times: Vec<i64> = times.into_iter().collect();
    let mut file = BlockReplacement::begin(shared, level, day, vec![times.clone()])?;
    for (series, mut rows) in rolled.into_values() {
        if let (Some(old), Some(&place)) = (&old, chunks.get(&series)) {
            merge_old(shared, (old, place), (level, day), (&range, adds), &mut rows)?;
        }
        let place = |time: &i64| u32::try_from(times.binary_search(time).ok()?).ok();
        let places: Vec<u32> = rows.keys().filter_map(place).collect();
        if !places.is_empty() {
            file.add(
                shared,
                &series,
                (0, &places),
                &Row::columns(rows.values()),
                (level.start_of(day), 0.0),
            )?;
        }
    }
    file.finish(shared, covered)
}

fn merge_old(
    shared: &StoreState,
    (old, place): (&Block, usize),
    (level, day): (Resolution, i64),
    (hour, adds): (&Range<i64>, bool),
    rows: &mut Rows,
) -> io::Result<()> {
    let Some(chunk) = old.chunks.get(place) else { return Ok(()) };
    match old.read(chunk) {
        Ok(values) => {
            let is_kept = |time: &i64| adds || !hour.contains(time);
            for (time, row) in self::rows(&values).filter(|(time, _)| is_kept(time)) {
                rows.entry(time).and_modify(|new| new.add(&row)).or_insert(row);
            }
            Ok(())
        }
        Err(BlockError::Io(error)) => Err(error),
        Err(error) => {
            report_chunk(shared, level, day, &chunk.series, &error);
            Ok(())
        }
    }
}

/// Rows with start times of a downsampled block.
pub(crate) fn rows((times, columns): &Values) -> impl Iterator<Item = (i64, Row)> {
    times.iter().copied().zip(Row::of_columns(columns))
}
