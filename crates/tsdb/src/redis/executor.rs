//! Query executor over the local store and Redis.
//!
//! Samples of this server since the start of its local store are only read from there. Samples of other servers, and
//! those of this server before the start of its local store, are read from Redis; the hour of that start is merged from
//! both.

use super::downsample::{HOURS, QUARTER};
use super::fetch::{self, DamagedKeys, MINUTES, SourceMetadata};
use super::keys::Keys;
use super::local::{LocalHours, local_of, local_samples};
use super::minute_format::MINUTE;
use super::plan::{PlanStep, plan};
use super::state::SharedState;
use crate::head::{HOUR, hour_of};
use crate::query::{check_size, sort};
use crate::row::{Row, readings};
use crate::row_aggregator::RowAggregator;
use crate::samples::{Samples, merge};
use crate::selector::CompiledSelector;
use crate::{Column, Columns, Query, QueryError, StoredSeries};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::{Kind, SeriesId, Timestamp};
use watchglass_remote::RemoteError;
use watchglass_remote::redis::RedisClient;

/// Reason for a missing or incomplete result.
pub(crate) enum QueryFailure {
    /// Invalid query.
    Query(QueryError),
    /// Redis error.
    Remote(RemoteError),
}

impl From<QueryError> for QueryFailure {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<RemoteError> for QueryFailure {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

/// Result under construction.
pub(crate) struct QueryExecutor<'a> {
    shared: &'a SharedState,
    link: &'a mut RedisClient,
    query: &'a Query,
    test: CompiledSelector,
    start: Timestamp,
    rows: usize,
    times: Range<i64>,
    series: HashMap<Arc<StoredSeries>, (Option<SeriesId>, RowAggregator)>,
    damaged: DamagedKeys,
}

impl<'a> QueryExecutor<'a> {
    /// An empty result.
    ///
    /// # Errors
    /// The query is invalid.
    pub(crate) fn new(
        shared: &'a SharedState,
        link: &'a mut RedisClient,
        query: &'a Query,
    ) -> Result<Self, QueryError> {
        let test = query.selector.compile()?;
        let (start, rows) = query.rows()?;
        let times = start.millis()..query.end(start, rows).millis();
        let damaged = DamagedKeys::default();
        let mut answer =
            Self { shared, link, query, test, start, rows, times, series: HashMap::new(), damaged };
        for (series, id) in shared.local.numbered_series(&answer.test) {
            answer.entry(&series)?.0 = id;
        }
        Ok(answer)
    }

    /// Adds the data of Redis. `born` is the first hour of the local store.
    ///
    /// # Errors
    /// Redis fails, or the result becomes too large.
    pub(crate) fn add_remote(&mut self, born: Option<i64>) -> Result<(), QueryFailure> {
        let local_hours = self.shared.local.sampled_hours();
        for group in all_sources(self.shared, self.link, self.times.start)?.chunks(fetch::TOGETHER) {
            for (keys, mut outline) in group.iter().zip(fetch::outlines(self.link, group)?) {
                let own = is_own(self.shared, keys).then_some((born.unwrap_or(i64::MAX), &local_hours));
                let pieces = plan(&outline, own, &self.times, self.query.step_millis);
                let local = self.local_hours(&pieces);
                // Redis may not know a series yet; its number is only valid for this result.
                outline.table.add(local.values().flatten().map(|(series, _)| series));
                self.add_source(keys, &outline, &pieces, &local)?;
            }
        }
        Ok(())
    }

    /// Local samples of the merged hours, and of the hours before them.
    fn local_hours(&self, pieces: &[PlanStep]) -> LocalHours {
        let mut local = LocalHours::new();
        for piece in pieces {
            if let PlanStep::Samples { hour, with_local: true } = *piece {
                for hour in [hour.saturating_sub(1), hour] {
                    local
                        .entry(hour)
                        .or_insert_with(|| local_samples(self.shared, &self.query.selector, hour));
                }
            }
        }
        local
    }

    /// Adds the local data from the hour after `born`.
    ///
    /// # Errors
    /// The result becomes too large.
    pub(crate) fn add_local(&mut self, born: Option<i64>) -> Result<(), QueryError> {
        let Some(born) = born else { return Ok(()) };
        let begin = born.saturating_add(1).saturating_mul(HOUR);
        for column in self.shared.local.query_within(self.query, begin..i64::MAX)?.columns {
            let (_, aggregator) = self.entry(&column.series)?;
            rows_of(&column).for_each(|(place, row)| aggregator.add(place, &row));
        }
        Ok(())
    }

    /// The result and the damaged keys.
    pub(crate) fn finish(self) -> (Columns, DamagedKeys) {
        let columns = self.series.into_iter();
        let mut columns: Vec<_> =
            columns.filter_map(|(series, (id, aggregator))| aggregator.finish(series, id)).collect();
        sort(&mut columns);
        let step_millis = self.query.step_millis;
        (Columns { start: self.start, step_millis, rows: self.rows, columns }, self.damaged)
    }

    fn entry(
        &mut self,
        series: &Arc<StoredSeries>,
    ) -> Result<&mut (Option<SeriesId>, RowAggregator), QueryError> {
        if !self.series.contains_key(series) {
            check_size(self.series.len() + 1, self.rows)?;
        }
        let rows = self.rows;
        Ok(self.series.entry(Arc::clone(series)).or_insert_with(|| (None, RowAggregator::new(rows))))
    }

    fn add_source(
        &mut self,
        keys: &Keys,
        outline: &SourceMetadata,
        pieces: &[PlanStep],
        local: &LocalHours,
    ) -> Result<(), QueryFailure> {
        let selected = fetch::select(outline, &self.test);
        if selected.is_empty() || pieces.is_empty() {
            return Ok(());
        }
        self.add_rollups(keys, &selected, pieces)?;
        let mut before: HashMap<u32, (i64, f64)> = HashMap::new();
        let mut last_hour = None;
        for piece in pieces {
            let PlanStep::Samples { hour, .. } = *piece else { continue };
            if last_hour != Some(hour.saturating_sub(1)) {
                before = self.look_back(keys, &selected, hour)?;
                for (number, samples) in local_of(&outline.table, local, hour.saturating_sub(1)) {
                    let last = samples.last().copied();
                    let newer =
                        last.filter(|last| before.get(&number).is_none_or(|before| before.0 <= last.0));
                    before.extend(newer.map(|last| (number, last)));
                }
            }
            last_hour = Some(hour);
            let mut samples = fetch::hour(
                self.link,
                keys,
                hour,
                |number| selected.contains_key(&number),
                &mut self.damaged,
            )?;
            for (number, ours) in local_of(&outline.table, local, hour) {
                let stored = samples.remove(&number).unwrap_or_default();
                // Local values win for equal times.
                samples.insert(number, merge(stored, ours.clone()));
            }
            for (number, samples) in samples {
                let Some(series) = selected.get(&number) else { continue };
                let last = samples.last().copied();
                self.add_rows(series, readings(series.kind, before.get(&number).copied(), &samples))?;
                before.extend(last.map(|last| (number, last)));
            }
        }
        Ok(())
    }

    fn add_rows(
        &mut self,
        series: &Arc<StoredSeries>,
        rows: impl Iterator<Item = (i64, Row)>,
    ) -> Result<(), QueryError> {
        let (start, query, times) = (self.start, self.query, self.times.clone());
        let (_, aggregator) = self.entry(series)?;
        for (time, readings) in rows.filter(|(time, _)| times.contains(time)) {
            if let Some(row) = query.row(start, time) {
                aggregator.add(row, &readings);
            }
        }
        Ok(())
    }

    fn add_rollups(
        &mut self,
        keys: &Keys,
        selected: &BTreeMap<u32, Arc<StoredSeries>>,
        pieces: &[PlanStep],
    ) -> Result<(), QueryFailure> {
        let numbers: Vec<u32> = selected.keys().copied().collect();
        // For each hash: start time, row interval, and requested hours.
        let mut hashes: BTreeMap<String, (i64, i64, BTreeSet<i64>)> = BTreeMap::new();
        for piece in pieces {
            let (key, start, width, hour) = match *piece {
                PlanStep::Samples { .. } => continue,
                PlanStep::Minutes { hour } => {
                    (keys.minute_rows(hour), hour.saturating_mul(HOUR), MINUTE, hour)
                }
                PlanStep::Quarters { hour } => {
                    let day = hour.div_euclid(HOURS);
                    (keys.quarter_rows(day), day.saturating_mul(HOURS * HOUR), QUARTER, hour)
                }
            };
            hashes.entry(key).or_insert((start, width, BTreeSet::new())).2.insert(hour);
        }
        let names: Vec<String> = hashes.keys().cloned().collect();
        let found = fetch::rows(self.link, &names, &numbers, &mut self.damaged)?;
        for ((start, width, hours), by_series) in hashes.into_values().zip(found) {
            for (number, rows) in by_series {
                let Some(series) = selected.get(&number) else { continue };
                let timed = rows.into_iter().map(|(place, row)| (start + i64::from(place) * width, row));
                self.add_rows(series, timed.filter(|(time, _)| hours.contains(&hour_of(*time))))?;
            }
        }
        Ok(())
    }

    /// The last counter samples before an hour, within the lookback.
    fn look_back(
        &mut self,
        keys: &Keys,
        selected: &BTreeMap<u32, Arc<StoredSeries>>,
        hour: i64,
    ) -> Result<HashMap<u32, (i64, f64)>, QueryFailure> {
        let is_counter =
            |number: u32| selected.get(&number).is_some_and(|series| series.kind == Kind::Counter);
        if !selected.keys().any(|&number| is_counter(number)) {
            return Ok(HashMap::new());
        }
        let end = hour.saturating_mul(MINUTES);
        let mut found: HashMap<u32, (i64, f64)> = HashMap::new();
        // Usually all are in the last minute; only missing ones need the rest of the hour.
        for minutes in [end - 1..end, end - MINUTES..end - 1] {
            let is_missing = |number: u32| is_counter(number) && !found.contains_key(&number);
            if !selected.keys().any(|&number| is_missing(number)) {
                break;
            }
            let read = fetch::minutes(self.link, keys, minutes, is_missing, &mut self.damaged)?;
            let last = |(number, samples): (u32, Samples)| Some((number, *samples.last()?));
            let last: Vec<_> = read.into_iter().filter_map(last).collect();
            found.extend(last);
        }
        Ok(found)
    }
}

/// Sources with samples since `since`, always including this server, which Redis may not know yet.
pub(super) fn all_sources(
    shared: &SharedState,
    link: &mut RedisClient,
    since: i64,
) -> Result<Vec<Keys>, RemoteError> {
    let mut sources = fetch::sources(link, &shared.keys, since)?;
    if !sources.iter().any(|keys| is_own(shared, keys)) {
        sources.push(shared.keys.clone());
    }
    Ok(sources)
}

pub(super) fn is_own(shared: &SharedState, keys: &Keys) -> bool {
    keys.source() == shared.keys.source()
}

/// The rows of a column with values.
fn rows_of(column: &Column) -> impl Iterator<Item = (usize, Row)> {
    let fields = column.low.iter().zip(&column.high).zip(&column.mean).zip(&column.count).enumerate();
    fields.filter(|(_, (_, count))| **count > 0).map(|(place, (((&low, &high), &mean), &count))| {
        let increase = column.increase.get(place).copied().unwrap_or(0.0);
        (place, Row { low, high, sum: mean * f64::from(count), count, increase })
    })
}
