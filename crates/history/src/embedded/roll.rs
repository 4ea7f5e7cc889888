//! Rolls an hour up: from its file of samples to its rows in the files of its day.

use super::files::bit_of;
use super::key;
use super::level::Level;
use super::reader::{Segment, Values};
use super::seal::{Replacement, open_old, report_chunk};
use super::segment::{Contents, SegmentError};
use super::shared::Shared;
use crate::StoredSeries;
use crate::head::HOUR;
use crate::reading::{Row, readings};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Rows of one series, by the time that they begin at.
type Rows = BTreeMap<i64, Row>;
/// Series by their keys.
type Rolled = BTreeMap<Vec<u8>, (Arc<StoredSeries>, Rows)>;

/// Rolls up an hour that has a file of samples. `adds` says that its samples come on top of what was rolled up before:
/// those samples are gone.
///
/// # Errors
/// A disk that cannot be read or written.
pub(crate) fn roll(shared: &Shared, hour: i64, adds: bool) -> io::Result<()> {
    let Some(segment) = open_old(shared, Level::Raw, hour)? else { return Ok(()) };
    let mut before: HashMap<Arc<StoredSeries>, (i64, f64)> = HashMap::new();
    if let Some(earlier) = open_old(shared, Level::Raw, hour.saturating_sub(1))? {
        before.extend(earlier.chunks.into_iter().map(|chunk| (chunk.series, chunk.last)));
    }
    let mut minutes = Rolled::new();
    for chunk in &segment.chunks {
        let samples = match segment.samples(chunk) {
            Ok(samples) => samples,
            Err(SegmentError::Io(error)) => return Err(error),
            Err(error) => {
                report_chunk(shared, Level::Raw, hour, &chunk.series, &error);
                continue;
            }
        };
        let before = before.get(&chunk.series).copied();
        let mut rows = Rows::new();
        for (time, reading) in readings(chunk.series.kind, before, &samples) {
            add(&mut rows, time, Level::Minute, &reading);
        }
        minutes.insert(key::encode(&chunk.series), (Arc::clone(&chunk.series), rows));
    }
    drop(segment);
    let mut quarters = Rolled::new();
    for (key, (series, minutes)) in &minutes {
        let mut rows = Rows::new();
        minutes.iter().for_each(|(&time, row)| add(&mut rows, time, Level::Quarter, row));
        quarters.insert(key.clone(), (Arc::clone(series), rows));
    }
    for (level, rolled) in [(Level::Minute, minutes), (Level::Quarter, quarters)] {
        let day = level.index_of(hour.saturating_mul(HOUR));
        let contents = replace(shared, level, day, hour, rolled, adds)?;
        shared.files_mut().of_mut(level).insert(day, contents);
    }
    Ok(())
}

fn add(rows: &mut Rows, time: i64, level: Level, reading: &Row) {
    let start = time.div_euclid(level.width()).saturating_mul(level.width());
    rows.entry(start).and_modify(|row| row.add(reading)).or_insert(*reading);
}

/// Writes the file of a day with the rows of one hour replaced, or added to.
fn replace(
    shared: &Shared,
    level: Level,
    day: i64,
    hour: i64,
    mut rolled: Rolled,
    adds: bool,
) -> io::Result<Contents> {
    let start = hour.saturating_mul(HOUR);
    let range = start..start.saturating_add(HOUR);
    let old = open_old(shared, level, day)?;
    let covered = old.as_ref().map_or(0, |old| old.contents.covered) | bit_of(hour);
    let mut times: BTreeSet<i64> = rolled.values().flat_map(|(_, rows)| rows.keys().copied()).collect();
    let mut chunks = HashMap::new();
    if let Some(old) = &old {
        times.extend(old.times.iter().copied().filter(|time| adds || !range.contains(time)));
        for (place, chunk) in old.chunks.iter().enumerate() {
            rolled.entry(key::encode(&chunk.series)).or_insert((Arc::clone(&chunk.series), Rows::new()));
            chunks.insert(Arc::clone(&chunk.series), place);
        }
    }
    let times: Vec<i64> = times.into_iter().collect();
    let mut file = Replacement::begin(shared, level, day, times.clone())?;
    for (series, mut rows) in rolled.into_values() {
        if let (Some(old), Some(&place)) = (&old, chunks.get(&series)) {
            merge_old(shared, (old, place), (level, day), (&range, adds), &mut rows)?;
        }
        let place = |time: &i64| u32::try_from(times.binary_search(time).ok()?).ok();
        let places: Vec<u32> = rows.keys().filter_map(place).collect();
        if !places.is_empty() {
            file.add(shared, &series, &places, &Row::columns(rows.values()), (level.start_of(day), 0.0))?;
        }
    }
    file.finish(shared, covered)
}

fn merge_old(
    shared: &Shared,
    (old, place): (&Segment, usize),
    (level, day): (Level, i64),
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
        Err(SegmentError::Io(error)) => Err(error),
        Err(error) => {
            report_chunk(shared, level, day, &chunk.series, &error);
            Ok(())
        }
    }
}

/// Rows and the times that they begin at, from a file of rollups.
pub(crate) fn rows((times, columns): &Values) -> impl Iterator<Item = (i64, Row)> {
    times.iter().copied().zip(Row::of_columns(columns))
}
