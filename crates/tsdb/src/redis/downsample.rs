//! Downsampling of completed hours in Redis, and removal of expired metadata.

use super::fetch::{self, DamagedKeys};
use super::minute_format::{BySeries, MINUTE};
use super::rows_format::{self, Rows};
use super::uploader::Uploader;
use crate::head::{HOUR, hour_of};
use crate::row::readings;
use std::collections::{BTreeMap, BTreeSet};
use watchglass_model::Kind;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Pipeline, as_bytes, as_integer, as_list};

/// Milliseconds per 15 minutes.
pub(crate) const QUARTER: i64 = 15 * MINUTE;
/// Hours per day.
pub(crate) const HOURS: i64 = 24;
/// Maximum number of hours checked for expiration at a time.
const MAX_CHECKED_HOURS: usize = 3;

impl Uploader {
    /// Downsamples completed hours.
    ///
    /// # Errors
    /// Redis fails.
    pub(super) fn seal_open(&mut self) -> Result<(), RemoteError> {
        let Some(newest) = self.newest() else { return Ok(()) };
        let under_way = hour_of(newest.saturating_sub(MINUTE));
        let Some(known) = &self.known else { return Ok(()) };
        let over: Vec<i64> = known.open.range(..under_way).copied().collect();
        for &hour in &over {
            if self.shared.is_closing() {
                return Ok(());
            }
            self.seal(hour, newest)?;
        }
        if !over.is_empty() {
            self.forget_expired()?;
        }
        if over.iter().any(|hour| hour % HOURS == 0) {
            self.forget_series()?;
        }
        Ok(())
    }

    fn seal(&mut self, hour: i64, newest: i64) -> Result<(), RemoteError> {
        let Some(known) = &mut self.known else { return Ok(()) };
        let keys = self.shared.keys.clone();
        let table = &known.table;
        let kind = |number: u32| table.series(number).map(|series| series.kind);
        let mut damaged = DamagedKeys::default();
        let samples =
            fetch::hour(&mut self.link, &keys, hour, |number| kind(number).is_some(), &mut damaged)?;
        let is_counter = |number: u32| kind(number) == Some(Kind::Counter);
        let earlier = fetch::hour(&mut self.link, &keys, hour.saturating_sub(1), is_counter, &mut damaged)?;
        let (minutes, quarters) = aggregate(hour, &samples, &earlier, kind);
        let (day, place) = (hour.div_euclid(HOURS), hour.rem_euclid(HOURS));
        let numbers: Vec<u32> = quarters.keys().copied().collect();
        let day_key = keys.quarter_rows(day);
        let mut days = fetch::rows(&mut self.link, std::slice::from_ref(&day_key), &numbers, &mut damaged)?;
        let day_rows = days.pop().unwrap_or_default().into_iter();
        let mut day_rows: Rolled =
            day_rows.map(|(number, rows)| (number, rows.into_iter().collect())).collect();
        let first = u32::try_from(place * HOUR / QUARTER).unwrap_or(0);
        for (&number, new) in &quarters {
            let rows = day_rows.entry(number).or_default();
            rows.retain(|place, _| !(first..first + 4).contains(place));
            rows.extend(new);
        }
        damaged.keys.iter().for_each(|(key, error)| self.shared.set_damaged(key, error));

        let hour_key = keys.minute_rows(hour);
        let end = hour.saturating_add(1).saturating_mul(HOUR);
        let mut commands = Pipeline::default();
        commands.add("MULTI", &[]);
        commands.add("DEL", &[&hour_key]);
        for (key, rows) in [(&hour_key, &minutes), (&day_key, &day_rows)] {
            for (number, rows) in rows {
                commands.add("HSET", &[key, number, &rows_format::encode(rows)]);
            }
        }
        commands.add("EXPIRE", &[&hour_key, &self.shared.seconds_left(newest, end)]);
        commands.add("EXPIRE", &[&day_key, &self.shared.retention.as_secs()]);
        commands.add("ZREM", &[&keys.open(), &hour]);
        commands.add("EXEC", &[]);
        let answers = self.link.execute(&commands)?;
        if answers.last().is_some_and(|exec| !as_list(exec).is_empty()) {
            known.open.remove(&hour);
        }
        Ok(())
    }

    /// Removes the first hours whose buckets have expired, and expired sources.
    fn forget_expired(&mut self) -> Result<(), RemoteError> {
        let Some(known) = &mut self.known else { return Ok(()) };
        let keys = &self.shared.keys;
        let hours: Vec<i64> = known.hours.iter().take(MAX_CHECKED_HOURS).copied().collect();
        let mut commands = Pipeline::default();
        for hour in &hours {
            let buckets: Vec<String> = fetch::minutes_of(*hour).map(|minute| keys.minute(minute)).collect();
            commands.add("EXISTS", &[&buckets]);
        }
        commands.add("ZRANGE", &[&keys.sources(), &0, &-1]);
        let answers = self.link.execute(&commands)?;
        let gone: Vec<i64> = hours
            .iter()
            .zip(&answers)
            .filter(|(_, buckets)| as_integer(buckets) == Some(0))
            .map(|(&hour, _)| hour)
            .collect();
        let names = answers.last().map(as_list).unwrap_or_default().iter().filter_map(as_bytes);
        let names: Vec<&str> = names.filter_map(|name| std::str::from_utf8(name).ok()).collect();
        let mut look = Pipeline::default();
        for name in &names {
            look.add("EXISTS", &[&keys.of(name).state()]);
        }
        let mut forget = Pipeline::default();
        if look.count() > 0 {
            for (name, is_there) in names.iter().zip(self.link.execute(&look)?) {
                if as_integer(&is_there) == Some(0) {
                    forget.add("ZREM", &[&keys.sources(), name]);
                }
            }
        }
        for hour in gone {
            forget.add("ZREM", &[&keys.hours(), &hour]);
            forget.add("ZREM", &[&keys.open(), &hour]);
            known.hours.remove(&hour);
            known.open.remove(&hour);
        }
        if forget.count() > 0 {
            self.link.execute(&forget)?;
        }
        Ok(())
    }

    /// Removes the numbers of series without samples.
    fn forget_series(&mut self) -> Result<(), RemoteError> {
        let Some(known) = &mut self.known else { return Ok(()) };
        let keys = &self.shared.keys;
        let mut commands = Pipeline::default();
        for &hour in known.hours.difference(&known.open) {
            commands.add("HKEYS", &[&keys.minute_rows(hour)]);
        }
        if commands.count() == 0 {
            return Ok(());
        }
        let answers = self.link.execute(&commands)?;
        let used: BTreeSet<u32> = answers
            .iter()
            .flat_map(as_list)
            .filter_map(as_integer)
            .filter_map(|number| u32::try_from(number).ok())
            .collect();
        let measured = self.shared.local.measured_series();
        let unused: Vec<u32> = known
            .table
            .iter()
            .filter(|(number, series)| !used.contains(number) && !measured.contains(*series))
            .map(|(number, _)| number)
            .collect();
        if unused.is_empty() {
            return Ok(());
        }
        let mut commands = Pipeline::default();
        commands.add("HDEL", &[&keys.series(), &unused]);
        self.link.execute(&commands)?;
        unused.iter().for_each(|&number| known.table.remove(number));
        Ok(())
    }
}

/// Rows by series.
type Rolled = BTreeMap<u32, Rows>;

/// One-minute rows by index in the hour, and 15-minute rows by index in the day.
fn aggregate(
    hour: i64,
    samples: &BySeries,
    earlier: &BySeries,
    kind: impl Fn(u32) -> Option<Kind>,
) -> (Rolled, Rolled) {
    let (mut minutes, mut quarters) = (Rolled::new(), Rolled::new());
    let start = hour.saturating_mul(HOUR);
    let day = hour.div_euclid(HOURS).saturating_mul(HOURS * HOUR);
    for (&number, samples) in samples {
        let Some(kind) = kind(number) else { continue };
        let before = earlier.get(&number).and_then(|samples| samples.last().copied());
        for (time, reading) in readings(kind, before, samples) {
            for (rolled, start, width) in [(&mut minutes, start, MINUTE), (&mut quarters, day, QUARTER)] {
                let Ok(place) = u32::try_from(time.saturating_sub(start).div_euclid(width)) else { continue };
                let rows = rolled.entry(number).or_default();
                rows.entry(place).and_modify(|row| row.add(&reading)).or_insert(reading);
            }
        }
    }
    (minutes, quarters)
}
