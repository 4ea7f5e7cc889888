//! Reads of a source's data in Redis.

use super::keys::Keys;
use super::minute_format::{self, BySeries};
use super::rows_format::{self, IndexCache, Placed};
use super::series_dict::SeriesDict;
use crate::StoredSeries;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Pipeline, RedisClient, Value, as_bytes, as_integer, as_list};

/// Minutes per hour.
pub(crate) const MINUTES: i64 = 60;

/// The minutes of an hour, both since the Unix epoch.
pub(crate) fn minutes_of(hour: i64) -> Range<i64> {
    let first = hour.saturating_mul(MINUTES);
    first..first.saturating_add(MINUTES)
}

/// The hour of a minute.
pub(crate) fn hour_of_minute(minute: i64) -> i64 {
    minute.div_euclid(MINUTES)
}

/// Number of sources per request, a compromise between round trips and memory.
pub(crate) const TOGETHER: usize = 8;

/// Metadata of a source.
#[derive(Debug)]
pub(crate) struct SourceMetadata {
    pub(crate) table: SeriesDict,
    /// Hours with samples.
    pub(crate) hours: BTreeSet<i64>,
    /// Hours that are not downsampled yet.
    pub(crate) open: BTreeSet<i64>,
}

/// Damaged keys found while reading.
#[derive(Debug, Default)]
pub(crate) struct DamagedKeys {
    /// Keys with corrupt values, and the error.
    pub(crate) keys: Vec<(String, String)>,
}

impl DamagedKeys {
    fn note(&mut self, key: String, error: &impl ToString) {
        self.keys.push((key, error.to_string()));
    }
}

/// Sources with samples since `since`, in milliseconds.
///
/// # Errors
/// Redis fails.
pub(crate) fn sources(link: &mut RedisClient, keys: &Keys, since: i64) -> Result<Vec<Keys>, RemoteError> {
    let mut commands = Pipeline::default();
    commands.add("ZRANGE", &[&keys.sources(), &since, &"+inf", &"BYSCORE"]);
    let answers = link.execute(&commands)?;
    let names = answers.first().map(as_list).unwrap_or_default().iter().filter_map(as_bytes);
    Ok(names.filter_map(|name| std::str::from_utf8(name).ok()).map(|name| keys.of(name)).collect())
}

/// Metadata of several sources.
///
/// # Errors
/// Redis fails.
pub(crate) fn outlines(link: &mut RedisClient, sources: &[Keys]) -> Result<Vec<SourceMetadata>, RemoteError> {
    let mut commands = Pipeline::default();
    for keys in sources {
        commands.add("HGETALL", &[&keys.series()]);
        commands.add("ZRANGE", &[&keys.hours(), &0, &-1]);
        commands.add("ZRANGE", &[&keys.open(), &0, &-1]);
    }
    let answers = link.execute(&commands)?;
    let hours = |answer: &Value| as_list(answer).iter().filter_map(as_integer).collect();
    let outlines = answers.as_chunks().0.iter().map(|[series, all, open]| SourceMetadata {
        table: SeriesDict::read(as_list(series)),
        hours: hours(all),
        open: hours(open),
    });
    Ok(outlines.collect())
}

/// Samples of some ascending minutes, for the series accepted by `wanted`.
///
/// # Errors
/// Redis fails.
pub(crate) fn minutes(
    link: &mut RedisClient,
    keys: &Keys,
    minutes: impl Iterator<Item = i64>,
    wanted: impl Fn(u32) -> bool,
    damaged: &mut DamagedKeys,
) -> Result<BySeries, RemoteError> {
    let minutes: Vec<i64> = minutes.collect();
    if minutes.is_empty() {
        return Ok(BySeries::new());
    }
    let mut commands = Pipeline::default();
    add_minutes(&mut commands, keys, &minutes);
    let answers = link.execute(&commands)?;
    Ok(read_minutes(answers.first(), keys, &minutes, wanted, damaged))
}

/// Adds the commands for at least one minute.
pub(crate) fn add_minutes(commands: &mut Pipeline, keys: &Keys, minutes: &[i64]) {
    let names: Vec<String> = minutes.iter().map(|&minute| keys.minute(minute)).collect();
    commands.add("MGET", &[&names]);
}

/// Parses the replies to [`add_minutes`].
pub(crate) fn read_minutes(
    answer: Option<&Value>,
    keys: &Keys,
    minutes: &[i64],
    wanted: impl Fn(u32) -> bool,
    damaged: &mut DamagedKeys,
) -> BySeries {
    let mut found = BySeries::new();
    for (&minute, value) in minutes.iter().zip(answer.map(as_list).unwrap_or_default()) {
        let Some(bytes) = as_bytes(value) else { continue };
        if let Err(error) = minute_format::decode(bytes, minute, &wanted, &mut found) {
            damaged.note(keys.minute(minute), &error);
        }
    }
    found
}

/// All samples of an hour.
///
/// # Errors
/// Redis fails.
pub(crate) fn hour(
    link: &mut RedisClient,
    keys: &Keys,
    hour: i64,
    wanted: impl Fn(u32) -> bool,
    damaged: &mut DamagedKeys,
) -> Result<BySeries, RemoteError> {
    minutes(link, keys, minutes_of(hour), wanted, damaged)
}

/// Downsampled rows of some series from several hashes: for each hash, the rows by series.
///
/// # Errors
/// Redis fails.
pub(crate) fn rows(
    link: &mut RedisClient,
    hashes: &[String],
    numbers: &[u32],
    damaged: &mut DamagedKeys,
) -> Result<Vec<BTreeMap<u32, Placed>>, RemoteError> {
    if hashes.is_empty() || numbers.is_empty() {
        return Ok(hashes.iter().map(|_| BTreeMap::new()).collect());
    }
    let mut commands = Pipeline::default();
    for hash in hashes {
        commands.add("HMGET", &[hash, &numbers]);
    }
    let answers = link.execute(&commands)?;
    let mut found = Vec::with_capacity(hashes.len());
    let mut before = IndexCache::default();
    for (hash, answer) in hashes.iter().zip(&answers) {
        let mut by_series = BTreeMap::new();
        for (&number, value) in numbers.iter().zip(as_list(answer)) {
            let Some(bytes) = as_bytes(value) else { continue };
            match rows_format::decode(bytes, &mut before) {
                Ok(rows) => drop(by_series.insert(number, rows)),
                Err(error) => damaged.note(hash.clone(), &error),
            }
        }
        found.push(by_series);
    }
    Ok(found)
}

/// The series of an outline that `test` matches.
pub(crate) fn select(
    outline: &SourceMetadata,
    test: &crate::selector::CompiledSelector,
) -> BTreeMap<u32, Arc<StoredSeries>> {
    let selected = outline.table.iter().filter(|(_, series)| test.matches(series));
    selected.map(|(number, series)| (number, Arc::clone(series))).collect()
}

/// The text of a field of an HGETALL reply.
pub(crate) fn field<'a>(fields: &'a [Value], name: &str) -> Option<&'a str> {
    fields.chunks_exact(2).find_map(|pair| match pair {
        [field, value] if as_bytes(field) == Some(name.as_bytes()) => {
            std::str::from_utf8(as_bytes(value)?).ok()
        }
        _ => None,
    })
}
