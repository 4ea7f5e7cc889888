//! Answers questions from this server's own store and, for what that does not have, from Redis.
//!
//! What this server measured since its store began is in that store, and is read there alone. Redis is asked for what
//! other servers measured, and for what this one did before its store began; the hour of that beginning is put together from
//! both.

use super::fetch::{self, Damaged, MINUTES, Outline};
use super::keys::Keys;
use super::local::{LocalHours, local_of, local_samples};
use super::minute_format::MINUTE;
use super::plan::{Piece, plan};
use super::seal::{HOURS, QUARTER};
use super::shared::Shared;
use crate::bucket::Gatherer;
use crate::head::{HOUR, hour_of};
use crate::query::{check_size, sort};
use crate::reading::{Row, readings};
use crate::samples::{Samples, merge};
use crate::selector::Test;
use crate::{Column, Columns, Query, QueryError, StoredSeries};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::{Kind, SeriesId, Timestamp};
use watchglass_remote::RemoteError;
use watchglass_remote::redis::Link;

/// Why there is no answer, or no whole one.
pub(crate) enum Failure {
    /// The question is impossible.
    Query(QueryError),
    /// Redis does not answer.
    Remote(RemoteError),
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

/// An answer in the making.
pub(crate) struct Answer<'a> {
    shared: &'a Shared,
    link: &'a mut Link,
    query: &'a Query,
    test: Test,
    start: Timestamp,
    rows: usize,
    times: Range<i64>,
    series: HashMap<Arc<StoredSeries>, (Option<SeriesId>, Gatherer)>,
    damaged: Damaged,
}

impl<'a> Answer<'a> {
    /// An empty answer to a query.
    ///
    /// # Errors
    /// Whatever makes the question impossible.
    pub(crate) fn new(shared: &'a Shared, link: &'a mut Link, query: &'a Query) -> Result<Self, QueryError> {
        let test = query.selector.compile()?;
        let (start, rows) = query.rows()?;
        let times = start.millis()..query.end(start, rows).millis();
        let damaged = Damaged::default();
        let mut answer =
            Self { shared, link, query, test, start, rows, times, series: HashMap::new(), damaged };
        for (series, id) in shared.local.numbered_series(&answer.test) {
            answer.entry(&series)?.0 = id;
        }
        Ok(answer)
    }

    /// Adds what Redis has. `born` is the hour in which this server's own store begins.
    ///
    /// # Errors
    /// Redis does not answer, or the answer grows too large.
    pub(crate) fn add_remote(&mut self, born: Option<i64>) -> Result<(), Failure> {
        let local_hours = self.shared.local.sampled_hours();
        for group in all_sources(self.shared, self.link, self.times.start)?.chunks(fetch::TOGETHER) {
            for (keys, mut outline) in group.iter().zip(fetch::outlines(self.link, group)?) {
                let own = is_own(self.shared, keys).then_some((born.unwrap_or(i64::MAX), &local_hours));
                let pieces = plan(&outline, own, &self.times, self.query.step_millis);
                let local = self.local_hours(&pieces);
                // Redis may not know a series yet. The number that it gets here is good for this answer only.
                outline.table.add(local.values().flatten().map(|(series, _)| series));
                self.add_source(keys, &outline, &pieces, &local)?;
            }
        }
        Ok(())
    }

    /// What this server's own store has of the hours that are read with it, and of those before.
    fn local_hours(&self, pieces: &[Piece]) -> LocalHours {
        let mut local = LocalHours::new();
        for piece in pieces {
            if let Piece::Samples { hour, with_local: true } = *piece {
                for hour in [hour.saturating_sub(1), hour] {
                    local
                        .entry(hour)
                        .or_insert_with(|| local_samples(self.shared, &self.query.selector, hour));
                }
            }
        }
        local
    }

    /// Adds what this server's own store has from the hour behind `born` on.
    ///
    /// # Errors
    /// The answer grows too large.
    pub(crate) fn add_local(&mut self, born: Option<i64>) -> Result<(), QueryError> {
        let Some(born) = born else { return Ok(()) };
        let begin = born.saturating_add(1).saturating_mul(HOUR);
        for column in self.shared.local.query_within(self.query, begin..i64::MAX)?.columns {
            let (_, gatherer) = self.entry(&column.series)?;
            rows_of(&column).for_each(|(place, row)| gatherer.add(place, &row));
        }
        Ok(())
    }

    /// The answer, and what could not be read.
    pub(crate) fn finish(self) -> (Columns, Damaged) {
        let columns = self.series.into_iter();
        let mut columns: Vec<_> =
            columns.filter_map(|(series, (id, gatherer))| gatherer.finish(series, id)).collect();
        sort(&mut columns);
        let step_millis = self.query.step_millis;
        (Columns { start: self.start, step_millis, rows: self.rows, columns }, self.damaged)
    }

    fn entry(&mut self, series: &Arc<StoredSeries>) -> Result<&mut (Option<SeriesId>, Gatherer), QueryError> {
        if !self.series.contains_key(series) {
            check_size(self.series.len() + 1, self.rows)?;
        }
        let rows = self.rows;
        Ok(self.series.entry(Arc::clone(series)).or_insert_with(|| (None, Gatherer::new(rows))))
    }

    fn add_source(
        &mut self,
        keys: &Keys,
        outline: &Outline,
        pieces: &[Piece],
        local: &LocalHours,
    ) -> Result<(), Failure> {
        let selected = fetch::select(outline, &self.test);
        if selected.is_empty() || pieces.is_empty() {
            return Ok(());
        }
        self.add_rollups(keys, &selected, pieces)?;
        let mut before: HashMap<u32, (i64, f64)> = HashMap::new();
        let mut last_hour = None;
        for piece in pieces {
            let Piece::Samples { hour, .. } = *piece else { continue };
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
                // Of two values for a moment that measured here counts.
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
        let (_, gatherer) = self.entry(series)?;
        for (time, readings) in rows.filter(|(time, _)| times.contains(time)) {
            if let Some(row) = query.row(start, time) {
                gatherer.add(row, &readings);
            }
        }
        Ok(())
    }

    fn add_rollups(
        &mut self,
        keys: &Keys,
        selected: &BTreeMap<u32, Arc<StoredSeries>>,
        pieces: &[Piece],
    ) -> Result<(), Failure> {
        let numbers: Vec<u32> = selected.keys().copied().collect();
        // For each hash: the moment it begins at, the width of its rows, and the hours that are asked for.
        let mut hashes: BTreeMap<String, (i64, i64, BTreeSet<i64>)> = BTreeMap::new();
        for piece in pieces {
            let (key, start, width, hour) = match *piece {
                Piece::Samples { .. } => continue,
                Piece::Minutes { hour } => (keys.minute_rows(hour), hour.saturating_mul(HOUR), MINUTE, hour),
                Piece::Quarters { hour } => {
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

    /// The last samples of counters before an hour, no longer before than rates look back.
    fn look_back(
        &mut self,
        keys: &Keys,
        selected: &BTreeMap<u32, Arc<StoredSeries>>,
        hour: i64,
    ) -> Result<HashMap<u32, (i64, f64)>, Failure> {
        let is_counter =
            |number: u32| selected.get(&number).is_some_and(|series| series.kind == Kind::Counter);
        if !selected.keys().any(|&number| is_counter(number)) {
            return Ok(HashMap::new());
        }
        let end = hour.saturating_mul(MINUTES);
        let mut found: HashMap<u32, (i64, f64)> = HashMap::new();
        // Almost always all of them are in the last minute; only what is not needs the rest of the hour.
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

/// The sources with samples from `since` on. This server's own is always among them: Redis may not know it yet.
pub(super) fn all_sources(shared: &Shared, link: &mut Link, since: i64) -> Result<Vec<Keys>, RemoteError> {
    let mut sources = fetch::sources(link, &shared.keys, since)?;
    if !sources.iter().any(|keys| is_own(shared, keys)) {
        sources.push(shared.keys.clone());
    }
    Ok(sources)
}

pub(super) fn is_own(shared: &Shared, keys: &Keys) -> bool {
    keys.source() == shared.keys.source()
}

/// The rows of a column that have readings.
fn rows_of(column: &Column) -> impl Iterator<Item = (usize, Row)> {
    let fields = column.low.iter().zip(&column.high).zip(&column.mean).zip(&column.count).enumerate();
    fields.filter(|(_, (_, count))| **count > 0).map(|(place, (((&low, &high), &mean), &count))| {
        let increase = column.increase.get(place).copied().unwrap_or(0.0);
        (place, Row { low, high, sum: mean * f64::from(count), count, increase })
    })
}
