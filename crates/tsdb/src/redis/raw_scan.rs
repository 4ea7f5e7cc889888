//! Raw scan: samples of the local store and of Redis.

use super::executor::{all_sources, is_own};
use super::fetch::{self, DamagedKeys};
use super::keys::Keys;
use super::minute_format::minute_of;
use super::state::SharedState;
use crate::head::hour_of;
use crate::selector::CompiledSelector;
use crate::{History, Selector, StoredSeries, Visit};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use watchglass_model::{TimeRange, Timestamp};
use watchglass_remote::RemoteError;
use watchglass_remote::redis::RedisClient;

/// Approximate maximum number of samples in memory.
const MAX_SAMPLES: usize = 4_000_000;
/// Typical samples per series and hour.
const SAMPLES_PER_HOUR: usize = 3600;

/// Selected data of a source.
struct Source {
    keys: Keys,
    hours: BTreeSet<i64>,
    series: BTreeMap<u32, Arc<StoredSeries>>,
}

/// Visits the samples in a range, series by series. `born` is the first hour of the local store.
///
/// # Errors
/// Redis fails; some series may have been visited before.
pub(crate) fn visit(
    shared: &SharedState,
    link: &mut RedisClient,
    (selector, test): (&Selector, &CompiledSelector),
    range: TimeRange,
    born: Option<i64>,
    visit: &mut Visit<'_>,
) -> Result<DamagedKeys, RemoteError> {
    let mut damaged = DamagedKeys::default();
    let sources = look(shared, link, test, range, born)?;
    if sources.iter().all(|source| source.hours.is_empty()) {
        // Cannot fail: the selector was compiled before.
        let _ = shared.local.raw(selector, range, visit);
        return Ok(damaged);
    }
    let mut all: Vec<Arc<StoredSeries>> =
        sources.iter().flat_map(|source| source.series.values().cloned()).collect();
    let mut name = |series: &StoredSeries, _: &[(Timestamp, f64)]| all.push(Arc::new(series.clone()));
    let _ = shared.local.raw(selector, range, &mut name);
    all.sort_by(|a, b| a.order(b));
    all.dedup();
    let hours = sources.iter().map(|source| source.hours.len()).sum::<usize>().max(1);
    for group in all.chunks((MAX_SAMPLES / (hours * SAMPLES_PER_HOUR)).max(1)) {
        let mut found: HashMap<&StoredSeries, BTreeMap<i64, f64>> =
            group.iter().map(|series| (series.as_ref(), BTreeMap::new())).collect();
        for source in &sources {
            read(link, source, range, &mut found, &mut damaged)?;
        }
        let mut ours = |series: &StoredSeries, samples: &[(Timestamp, f64)]| {
            if let Some(found) = found.get_mut(series) {
                found.extend(samples.iter().map(|&(time, value)| (time.millis(), value)));
            }
        };
        let _ = shared.local.raw(selector, range, &mut ours);
        for series in group {
            let samples = found.remove(series.as_ref()).unwrap_or_default();
            let samples: Vec<_> =
                samples.into_iter().map(|(time, value)| (Timestamp::from_millis(time), value)).collect();
            if !samples.is_empty() {
                visit(series, &samples);
            }
        }
    }
    Ok(damaged)
}

/// Finds the data in Redis that the local store does not have.
fn look(
    shared: &SharedState,
    link: &mut RedisClient,
    test: &CompiledSelector,
    range: TimeRange,
    born: Option<i64>,
) -> Result<Vec<Source>, RemoteError> {
    let mut sources = Vec::new();
    if range.end <= range.start {
        return Ok(sources);
    }
    let first = hour_of(range.start.millis());
    let last = hour_of(range.end.millis().saturating_sub(1));
    for group in all_sources(shared, link, range.start.millis())?.chunks(fetch::TOGETHER) {
        for (keys, outline) in group.iter().zip(fetch::outlines(link, group)?) {
            let last = if is_own(shared, keys) { last.min(born.unwrap_or(i64::MAX)) } else { last };
            let series = fetch::select(&outline, test);
            let is_asked = |hour: &i64| (first..=last).contains(hour) && !series.is_empty();
            let hours = outline.hours.into_iter().filter(is_asked).collect();
            sources.push(Source { keys: keys.clone(), hours, series });
        }
    }
    Ok(sources)
}

/// Adds the samples of a source in Redis.
fn read(
    link: &mut RedisClient,
    source: &Source,
    range: TimeRange,
    found: &mut HashMap<&StoredSeries, BTreeMap<i64, f64>>,
    damaged: &mut DamagedKeys,
) -> Result<(), RemoteError> {
    let wanted = source.series.iter().filter(|(_, series)| found.contains_key(series.as_ref()));
    let wanted: BTreeSet<u32> = wanted.map(|(&number, _)| number).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let (start, end) = (range.start.millis(), range.end.millis());
    for hour in &source.hours {
        let all = fetch::minutes_of(*hour);
        let last = minute_of(end.saturating_sub(1));
        let minutes = all.start.max(minute_of(start))..all.end.min(last.saturating_add(1));
        let is_wanted = |number: u32| wanted.contains(&number);
        let read = fetch::minutes(link, &source.keys, minutes, is_wanted, damaged)?;
        for (number, samples) in read {
            let series = source.series.get(&number).and_then(|series| found.get_mut(series.as_ref()));
            let Some(all) = series else { continue };
            all.extend(samples.into_iter().filter(|(time, _)| (start..end).contains(time)));
        }
    }
    Ok(())
}
