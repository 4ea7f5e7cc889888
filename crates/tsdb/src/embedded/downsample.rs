//! Downsampling of an hour into the files of its day.

use super::block::BlockError;
use super::block_reader::{Block, Values};
use super::block_writer::{BlockReplacement, open_old, report_chunk};
use super::files::bit_of;
use super::key;
use super::resolution::Resolution;
use super::state::StoreState;
use crate::StoredSeries;
use crate::head::{HOUR, hour_of};
use crate::row::{Row, readings};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use watchglass_model::Kind;

/// Rows of one series by start time.
type Rows = BTreeMap<i64, Row>;

/// Downsamples an hour from its raw block, one series at a time. With `adds` the samples are added to existing rows,
/// because the raw samples of those rows are gone.
///
/// # Errors
/// Disk error.
pub(crate) fn downsample(shared: &StoreState, hour: i64, adds: bool) -> io::Result<()> {
    let Some(raw) = open_old(shared, Resolution::Raw, hour)? else { return Ok(()) };
    let mut before: HashMap<Arc<StoredSeries>, (i64, f64)> = HashMap::new();
    if let Some(earlier) = open_old(shared, Resolution::Raw, hour.saturating_sub(1))? {
        before.extend(earlier.chunks.into_iter().map(|chunk| (chunk.series, chunk.last)));
    }
    let [mut minutes, mut quarters] = [
        DayFile::begin(shared, Resolution::Minute, hour, &raw, adds)?,
        DayFile::begin(shared, Resolution::Quarter, hour, &raw, adds)?,
    ];
    for (series, place) in all_series(&raw, [&minutes, &quarters]) {
        let rows = place.and_then(|place| raw.chunks.get(place));
        let rows = match rows.map(|chunk| raw.samples(chunk)) {
            None => Rows::new(),
            Some(Ok(samples)) => minute_rows(series.kind, before.get(&series).copied(), &samples),
            Some(Err(BlockError::Io(error))) => return Err(error),
            Some(Err(error)) => {
                report_chunk(shared, Resolution::Raw, hour, &series, &error);
                Rows::new()
            }
        };
        let mut longer = Rows::new();
        rows.iter().for_each(|(&time, row)| add(&mut longer, time, Resolution::Quarter, row));
        minutes.add(&series, rows)?;
        quarters.add(&series, longer)?;
    }
    minutes.finish()?;
    quarters.finish()
}

/// The series of all files in the order of files, with the places of their samples in the raw block.
fn all_series(
    raw: &Block,
    files: [&DayFile<'_>; 2],
) -> impl Iterator<Item = (Arc<StoredSeries>, Option<usize>)> + use<> {
    let mut all: BTreeMap<Vec<u8>, (Arc<StoredSeries>, Option<usize>)> = BTreeMap::new();
    for (place, chunk) in raw.chunks.iter().enumerate() {
        all.insert(key::encode(&chunk.series), (Arc::clone(&chunk.series), Some(place)));
    }
    for series in files.into_iter().flat_map(|file| file.places.keys()) {
        all.entry(key::encode(series)).or_insert_with(|| (Arc::clone(series), None));
    }
    all.into_values()
}

fn minute_rows(kind: Kind, before: Option<(i64, f64)>, samples: &[(i64, f64)]) -> Rows {
    let mut rows = Rows::new();
    for (time, reading) in readings(kind, before, samples) {
        add(&mut rows, time, Resolution::Minute, &reading);
    }
    rows
}

fn add(rows: &mut Rows, time: i64, level: Resolution, reading: &Row) {
    rows.entry(row_start(time, level)).and_modify(|row| row.add(reading)).or_insert(*reading);
}

fn row_start(time: i64, level: Resolution) -> i64 {
    time.div_euclid(level.width()).saturating_mul(level.width())
}

/// File of a day that is rewritten with the rows of one hour replaced or extended.
struct DayFile<'a> {
    shared: &'a StoreState,
    level: Resolution,
    day: i64,
    hour: i64,
    /// Whether the existing rows of the hour are kept.
    adds: bool,
    old: Option<Block>,
    /// Indices in the chunks of `old`.
    places: HashMap<Arc<StoredSeries>, usize>,
    times: Vec<i64>,
    file: BlockReplacement<'a>,
}

impl<'a> DayFile<'a> {
    fn begin(
        shared: &'a StoreState,
        level: Resolution,
        hour: i64,
        raw: &Block,
        adds: bool,
    ) -> io::Result<Self> {
        let day = level.index_of(hour.saturating_mul(HOUR));
        let old = open_old(shared, level, day)?;
        let mut times: BTreeSet<i64> =
            raw.groups.iter().flatten().map(|&time| row_start(time, level)).collect();
        let mut places = HashMap::new();
        if let Some(old) = &old {
            times.extend(old.groups.iter().flatten().filter(|time| adds || hour_of(**time) != hour));
            places.extend(old.chunks.iter().map(|chunk| Arc::clone(&chunk.series)).zip(0..));
        }
        let times: Vec<i64> = times.into_iter().collect();
        let file = BlockReplacement::begin(shared, level, day, vec![times.clone()])?;
        Ok(Self { shared, level, day, hour, adds, old, places, times, file })
    }

    /// Adds the rows of a series in the hour, and its existing rows of the day.
    fn add(&mut self, series: &Arc<StoredSeries>, mut rows: Rows) -> io::Result<()> {
        self.add_old(series, &mut rows)?;
        let place = |time: &i64| u32::try_from(self.times.binary_search(time).ok()?).ok();
        let places: Vec<u32> = rows.keys().filter_map(place).collect();
        if places.is_empty() {
            return Ok(());
        }
        let columns = Row::columns(rows.values());
        self.file.add(series, (0, &places), &columns, (self.level.start_of(self.day), 0.0))
    }

    fn add_old(&self, series: &Arc<StoredSeries>, rows: &mut Rows) -> io::Result<()> {
        let found = self.old.as_ref().zip(self.places.get(series));
        let Some((old, chunk)) = found.and_then(|(old, &place)| Some((old, old.chunks.get(place)?))) else {
            return Ok(());
        };
        match old.read(chunk) {
            Ok(values) => {
                let is_kept = |time: i64| self.adds || hour_of(time) != self.hour;
                for (time, row) in self::rows(&values).filter(|(time, _)| is_kept(*time)) {
                    rows.entry(time).and_modify(|new| new.add(&row)).or_insert(row);
                }
                Ok(())
            }
            Err(BlockError::Io(error)) => Err(error),
            Err(error) => {
                report_chunk(self.shared, self.level, self.day, series, &error);
                Ok(())
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        let covered = self.old.map_or(0, |old| old.contents.covered) | bit_of(self.hour);
        let contents = self.file.finish(covered)?;
        self.shared.files_mut().of_mut(self.level).insert(self.day, contents);
        Ok(())
    }
}

/// Rows with start times of a downsampled block.
pub(crate) fn rows((times, columns): &Values) -> impl Iterator<Item = (i64, Row)> {
    times.iter().copied().zip(Row::of_columns(columns))
}
