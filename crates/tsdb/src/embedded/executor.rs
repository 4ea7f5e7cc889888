//! Query executor over block files and the head.

use super::block::BlockError;
use super::block_reader::{Block, Chunk, Wanted};
use super::downsample::rows;
use super::files::{Files, bit_of, quarantine};
use super::plan::{PlanStep, plan};
use super::resolution::Resolution;
use super::state::StoreState;
use crate::head::{HOUR, hour_of};
use crate::query::{check_size, sort};
use crate::row::Row;
use crate::row_aggregator::RowAggregator;
use crate::samples::{Samples, merge};
use crate::selector::CompiledSelector;
use crate::{Columns, Query, QueryError, StoredSeries, Visit};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::{SeriesId, TimeRange, Timestamp};

/// Result under construction.
struct QueryExecutor<'a> {
    shared: &'a StoreState,
    files: &'a Files,
    query: &'a Query,
    test: CompiledSelector,
    start: Timestamp,
    rows: usize,
    times: Range<i64>,
    series: HashMap<Arc<StoredSeries>, State>,
}

/// State of a series.
struct State {
    id: Option<SeriesId>,
    aggregator: RowAggregator,
    before: Option<(i64, f64)>,
}

/// Runs a query over the times in `within`.
///
/// # Errors
/// The query is invalid.
pub(crate) fn query(shared: &StoreState, query: &Query, within: Range<i64>) -> Result<Columns, QueryError> {
    let test = query.selector.compile()?;
    let (start, rows) = query.rows()?;
    let times = start.millis().max(within.start)..query.end(start, rows).millis().min(within.end);
    let files = shared.files();
    let pieces = plan(&files, &shared.head(), &times, query.step_millis);
    let mut answer =
        QueryExecutor { shared, files: &files, query, test, start, rows, times, series: HashMap::new() };
    let selected = shared.head().select(&answer.test);
    for (series, id) in selected {
        answer.state(&series)?.id = id;
    }
    let mut sampled = None;
    for piece in pieces {
        match piece {
            PlanStep::Samples { hour } => {
                if sampled != Some(hour.saturating_sub(1)) {
                    answer.look_back(hour)?;
                }
                answer.samples(hour)?;
                sampled = Some(hour);
            }
            PlanStep::Rollups { level, day, hours } => answer.rollups(level, day, hours)?,
        }
    }
    let columns = answer.series.into_iter();
    let mut columns: Vec<_> =
        columns.filter_map(|(series, state)| state.aggregator.finish(series, state.id)).collect();
    sort(&mut columns);
    Ok(Columns { start, step_millis: query.step_millis, rows, columns })
}

impl QueryExecutor<'_> {
    fn state(&mut self, series: &Arc<StoredSeries>) -> Result<&mut State, QueryError> {
        if !self.series.contains_key(series) {
            check_size(self.series.len() + 1, self.rows)?;
        }
        let rows = self.rows;
        let new = || State { id: None, aggregator: RowAggregator::new(rows), before: None };
        Ok(self.series.entry(Arc::clone(series)).or_insert_with(new))
    }

    fn open(&self, level: Resolution, index: i64) -> Option<Block> {
        if !self.files.of(level).contains_key(&index) {
            return None;
        }
        let opened = self.files.open(level, index, Wanted::Selected(&self.test));
        opened.map_err(|error| report(self.shared, self.files, level, index, &error)).ok()
    }

    /// Finds the samples before an hour, for its first rates.
    fn look_back(&mut self, hour: i64) -> Result<(), QueryError> {
        let before = hour.saturating_sub(1);
        if let Some(segment) = self.open(Resolution::Raw, before) {
            for chunk in segment.chunks {
                self.state(&chunk.series)?.before = Some(chunk.last);
            }
        }
        let start = before.saturating_mul(HOUR);
        let head = self.shared.head();
        for (series, state) in &mut self.series {
            if let Some(last) = head.last_of(series, start..start.saturating_add(HOUR))
                && state.before.is_none_or(|before| before.0 <= last.0)
            {
                state.before = Some(last);
            }
        }
        Ok(())
    }

    /// Reads the samples of an hour one series at a time, to limit memory usage.
    fn samples(&mut self, hour: i64) -> Result<(), QueryError> {
        let segment = self.open(Resolution::Raw, hour);
        let chunks = segment.as_ref().map_or(&[][..], |segment| &segment.chunks);
        let is_elsewhere = |series: &&Arc<StoredSeries>| {
            chunks.binary_search_by(|chunk| chunk.series.order(series)).is_err()
        };
        let others: Vec<_> = self.series.keys().filter(is_elsewhere).cloned().collect();
        for series in others {
            self.gather(&series, hour, Vec::new());
        }
        for (segment, chunk) in
            segment.iter().flat_map(|segment| segment.chunks.iter().map(move |chunk| (segment, chunk)))
        {
            let stored = match segment.samples(chunk) {
                Ok(samples) => {
                    self.state(&chunk.series)?;
                    samples
                }
                Err(error) => {
                    report_chunk(self.shared, Resolution::Raw, hour, chunk, &error);
                    Vec::new()
                }
            };
            self.gather(&chunk.series, hour, stored);
        }
        Ok(())
    }

    /// Adds the samples of a series in an hour, from its block and the head, if the series is selected.
    fn gather(&mut self, series: &Arc<StoredSeries>, hour: i64, stored: Samples) {
        let Some(state) = self.series.get_mut(series) else { return };
        let start = hour.saturating_mul(HOUR);
        let newer = self.shared.head().samples_of(series, start..start.saturating_add(HOUR));
        for sample in merge(stored, newer) {
            if sample.0 >= self.times.end {
                break;
            }
            if sample.0 >= self.times.start
                && let Some(reading) = Row::reading(series.kind, state.before, sample)
                && let Some(row) = self.query.row(self.start, sample.0)
            {
                state.aggregator.add(row, &reading);
            }
            state.before = Some(sample);
        }
    }

    fn rollups(&mut self, level: Resolution, day: i64, hours: u32) -> Result<(), QueryError> {
        let Some(segment) = self.open(level, day) else { return Ok(()) };
        for chunk in &segment.chunks {
            let values = match segment.read(chunk) {
                Ok(values) => values,
                Err(error) => {
                    report_chunk(self.shared, level, day, chunk, &error);
                    continue;
                }
            };
            let (start, times, query) = (self.start, self.times.clone(), self.query);
            let aggregator = &mut self.state(&chunk.series)?.aggregator;
            let is_asked = |time: i64| times.contains(&time) && hours & bit_of(hour_of(time)) != 0;
            for (time, readings) in rows(&values).filter(|(time, _)| is_asked(*time)) {
                if let Some(row) = query.row(start, time) {
                    aggregator.add(row, &readings);
                }
            }
        }
        Ok(())
    }
}

/// Visits the raw samples of the selected series in a range.
///
/// # Errors
/// The query is invalid.
pub(crate) fn raw(shared: &StoreState, test: &CompiledSelector, range: TimeRange, visit: &mut Visit<'_>) {
    let times = range.start.millis()..range.end.millis();
    if times.is_empty() {
        return;
    }
    let files = shared.files();
    let (first, last) = (hour_of(times.start), hour_of(times.end.saturating_sub(1)));
    let mut parts: BTreeMap<i64, Option<Block>> =
        shared.head().hours().range(first..=last).map(|(&hour, _)| (hour, None)).collect();
    for (&hour, _) in files.of(Resolution::Raw).range(first..=last) {
        match files.open(Resolution::Raw, hour, Wanted::Selected(test)) {
            Ok(segment) => drop(parts.insert(hour, Some(segment))),
            Err(error) => report(shared, &files, Resolution::Raw, hour, &error),
        }
    }
    for series in known(shared, test, parts.values().flatten()) {
        for (&hour, segment) in &parts {
            let found = segment.as_ref().and_then(|segment| {
                let place = segment.chunks.binary_search_by(|chunk| chunk.series.order(&series)).ok()?;
                Some((segment, segment.chunks.get(place)?))
            });
            let stored = match found.map(|(segment, chunk)| (segment.samples(chunk), chunk)) {
                None => Vec::new(),
                Some((Ok(samples), _)) => samples,
                Some((Err(error), chunk)) => {
                    report_chunk(shared, Resolution::Raw, hour, chunk, &error);
                    Vec::new()
                }
            };
            let start = hour.saturating_mul(HOUR);
            let newer = shared.head().samples_of(&series, start..start.saturating_add(HOUR));
            let samples = merge(stored, newer).into_iter().filter(|(time, _)| times.contains(time));
            let samples: Vec<_> =
                samples.map(|(time, value)| (Timestamp::from_millis(time), value)).collect();
            if !samples.is_empty() {
                visit(&series, &samples);
            }
        }
    }
}

/// The selected series of all blocks and the head.
pub(crate) fn series(shared: &StoreState, test: &CompiledSelector) -> Vec<Arc<StoredSeries>> {
    let files = shared.files();
    let open = |(level, index): (Resolution, i64)| {
        let opened = files.open(level, index, Wanted::Selected(test));
        opened.map_err(|error| report(shared, &files, level, index, &error)).ok()
    };
    let all = Resolution::ALL
        .into_iter()
        .flat_map(|level| files.of(level).keys().map(move |&index| (level, index)));
    let segments: Vec<Block> = Vec::new();
    let mut series = known(shared, test, segments.iter());
    for segment in all.filter_map(open) {
        series.extend(segment.chunks.into_iter().map(|chunk| chunk.series));
        series.sort_by(|a, b| a.order(b));
        series.dedup();
    }
    series
}

fn known<'a>(
    shared: &StoreState,
    test: &CompiledSelector,
    segments: impl Iterator<Item = &'a Block>,
) -> Vec<Arc<StoredSeries>> {
    let mut series = shared.head().select_sampled(test);
    series.extend(segments.flat_map(|segment| &segment.chunks).map(|chunk| Arc::clone(&chunk.series)));
    series.sort_by(|a, b| a.order(b));
    series.dedup();
    series
}

/// Reports a file that became unreadable after the start. A damaged one is quarantined.
fn report(shared: &StoreState, files: &Files, level: Resolution, index: i64, error: &BlockError) {
    match error {
        BlockError::Damage(_) => {
            quarantine(&files.path(level, index), error, shared.disk.as_ref(), &shared.problems)
        }
        // Quarantined by an earlier query.
        BlockError::Io(error) if error.kind() == io::ErrorKind::NotFound => {}
        _ => {
            let name = level.file_name(index);
            shared.problems.set(&name, format!("{name}: {error}"));
        }
    }
}

fn report_chunk(shared: &StoreState, level: Resolution, index: i64, chunk: &Chunk, error: &BlockError) {
    super::block_writer::report_chunk(shared, level, index, &chunk.series, error);
}
