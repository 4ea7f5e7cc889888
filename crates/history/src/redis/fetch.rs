//! Reads what Redis has of a source.

use super::keys::Keys;
use super::minute_format::{self, BySeries};
use super::rows_format::{self, Before, Placed};
use super::table::Table;
use crate::StoredSeries;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Commands, Link, Value, bytes, list, number};

/// Minutes of an hour.
pub(crate) const MINUTES: i64 = 60;

/// The minutes of an hour, both counted since the Unix epoch.
pub(crate) fn minutes_of(hour: i64) -> Range<i64> {
    let first = hour.saturating_mul(MINUTES);
    first..first.saturating_add(MINUTES)
}

/// The hour that a minute is in.
pub(crate) fn hour_of_minute(minute: i64) -> i64 {
    minute.div_euclid(MINUTES)
}

/// Sources that are asked at once what they have: each question waits for an answer, and each answer takes memory.
pub(crate) const TOGETHER: usize = 8;

/// What a source has, as far as that can be said without its samples.
#[derive(Debug)]
pub(crate) struct Outline {
    pub(crate) table: Table,
    /// The hours with samples.
    pub(crate) hours: BTreeSet<i64>,
    /// Those of them that are not rolled up.
    pub(crate) open: BTreeSet<i64>,
}

/// What was read besides what cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Damaged {
    /// Keys with bytes that this program did not write, and what is wrong with them.
    pub(crate) keys: Vec<(String, String)>,
}

impl Damaged {
    fn note(&mut self, key: String, error: &impl ToString) {
        self.keys.push((key, error.to_string()));
    }
}

/// The sources that have samples from `since` on, in milliseconds.
///
/// # Errors
/// Redis does not answer.
pub(crate) fn sources(link: &mut Link, keys: &Keys, since: i64) -> Result<Vec<Keys>, RemoteError> {
    let mut commands = Commands::default();
    commands.add("ZRANGE", &[&keys.sources(), &since, &"+inf", &"BYSCORE"]);
    let answers = link.ask(&commands)?;
    let names = answers.first().map(list).unwrap_or_default().iter().filter_map(bytes);
    Ok(names.filter_map(|name| std::str::from_utf8(name).ok()).map(|name| keys.of(name)).collect())
}

/// What each of some sources has.
///
/// # Errors
/// Redis does not answer.
pub(crate) fn outlines(link: &mut Link, sources: &[Keys]) -> Result<Vec<Outline>, RemoteError> {
    let mut commands = Commands::default();
    for keys in sources {
        commands.add("HGETALL", &[&keys.series()]);
        commands.add("ZRANGE", &[&keys.hours(), &0, &-1]);
        commands.add("ZRANGE", &[&keys.open(), &0, &-1]);
    }
    let answers = link.ask(&commands)?;
    let hours = |answer: &Value| list(answer).iter().filter_map(number).collect();
    let outlines = answers.as_chunks().0.iter().map(|[series, all, open]| Outline {
        table: Table::read(list(series)),
        hours: hours(all),
        open: hours(open),
    });
    Ok(outlines.collect())
}

/// The samples of some minutes, which ascend, of the series that `wanted` says yes to.
///
/// # Errors
/// Redis does not answer.
pub(crate) fn minutes(
    link: &mut Link,
    keys: &Keys,
    minutes: impl Iterator<Item = i64>,
    wanted: impl Fn(u32) -> bool,
    damaged: &mut Damaged,
) -> Result<BySeries, RemoteError> {
    let minutes: Vec<i64> = minutes.collect();
    if minutes.is_empty() {
        return Ok(BySeries::new());
    }
    let mut commands = Commands::default();
    add_minutes(&mut commands, keys, &minutes);
    let answers = link.ask(&commands)?;
    Ok(read_minutes(answers.first(), keys, &minutes, wanted, damaged))
}

/// Adds the question for some minutes; at least one.
pub(crate) fn add_minutes(commands: &mut Commands, keys: &Keys, minutes: &[i64]) {
    let names: Vec<String> = minutes.iter().map(|&minute| keys.minute(minute)).collect();
    commands.add("MGET", &[&names]);
}

/// Reads the answer to [`add_minutes`].
pub(crate) fn read_minutes(
    answer: Option<&Value>,
    keys: &Keys,
    minutes: &[i64],
    wanted: impl Fn(u32) -> bool,
    damaged: &mut Damaged,
) -> BySeries {
    let mut found = BySeries::new();
    for (&minute, value) in minutes.iter().zip(answer.map(list).unwrap_or_default()) {
        let Some(bytes) = bytes(value) else { continue };
        if let Err(error) = minute_format::decode(bytes, minute, &wanted, &mut found) {
            damaged.note(keys.minute(minute), &error);
        }
    }
    found
}

/// All samples of an hour.
///
/// # Errors
/// Redis does not answer.
pub(crate) fn hour(
    link: &mut Link,
    keys: &Keys,
    hour: i64,
    wanted: impl Fn(u32) -> bool,
    damaged: &mut Damaged,
) -> Result<BySeries, RemoteError> {
    minutes(link, keys, minutes_of(hour), wanted, damaged)
}

/// Rollups of some series, from several hashes at once: for each hash its rows by series.
///
/// # Errors
/// Redis does not answer.
pub(crate) fn rows(
    link: &mut Link,
    hashes: &[String],
    numbers: &[u32],
    damaged: &mut Damaged,
) -> Result<Vec<BTreeMap<u32, Placed>>, RemoteError> {
    if hashes.is_empty() || numbers.is_empty() {
        return Ok(hashes.iter().map(|_| BTreeMap::new()).collect());
    }
    let mut commands = Commands::default();
    for hash in hashes {
        commands.add("HMGET", &[hash, &numbers]);
    }
    let answers = link.ask(&commands)?;
    let mut found = Vec::with_capacity(hashes.len());
    let mut before = Before::default();
    for (hash, answer) in hashes.iter().zip(&answers) {
        let mut by_series = BTreeMap::new();
        for (&number, value) in numbers.iter().zip(list(answer)) {
            let Some(bytes) = bytes(value) else { continue };
            match rows_format::decode(bytes, &mut before) {
                Ok(rows) => drop(by_series.insert(number, rows)),
                Err(error) => damaged.note(hash.clone(), &error),
            }
        }
        found.push(by_series);
    }
    Ok(found)
}

/// The series of an outline that `test` says yes to.
pub(crate) fn select(outline: &Outline, test: &crate::selector::Test) -> BTreeMap<u32, Arc<StoredSeries>> {
    let selected = outline.table.iter().filter(|(_, series)| test.matches(series));
    selected.map(|(number, series)| (number, Arc::clone(series))).collect()
}

/// The text of a field of a hash that was asked for with all its fields.
pub(crate) fn field<'a>(fields: &'a [Value], name: &str) -> Option<&'a str> {
    fields.chunks_exact(2).find_map(|pair| match pair {
        [field, value] if bytes(field) == Some(name.as_bytes()) => std::str::from_utf8(bytes(value)?).ok(),
        _ => None,
    })
}
