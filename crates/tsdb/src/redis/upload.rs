//! Upload of minutes, merging local samples with those in Redis.

use super::fetch::{self, DamagedKeys, hour_of_minute};
use super::minute_format::{self, BySeries, MINUTE, minute_of};
use super::state::SharedState;
use super::uploader::{FORMAT, Uploader};
use crate::embedded::key;
use crate::samples::{Samples, merge};
use crate::{History, Selector, StoredSeries};
use std::collections::BTreeMap;
use std::sync::Arc;
use watchglass_model::{TimeRange, Timestamp};
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Pipeline, as_integer, as_list};

impl Uploader {
    /// Uploads minutes of one hour; false if the state in Redis is not as expected.
    pub(super) fn upload(&mut self, minutes: &[i64]) -> Result<bool, RemoteError> {
        let (Some(&first), Some(&last)) = (minutes.first(), minutes.last()) else { return Ok(true) };
        let measured = self.read_local(minutes, first, last);
        let keys = self.shared.keys.clone();
        let Some(known) = &mut self.known else { return Ok(false) };
        let mut look = Pipeline::default();
        // WATCH requires the same connection until the transaction: any change of the state in between makes it fail.
        look.add("WATCH", &[&keys.state(), &keys.series()]);
        look.add("HGET", &[&keys.state(), &"sent"]);
        look.add("HLEN", &[&keys.series()]);
        fetch::add_minutes(&mut look, &keys, minutes);
        let seen = self.link.execute(&look)?;
        let length = i64::try_from(known.table.len()).unwrap_or(i64::MAX);
        if (seen.get(1).and_then(as_integer), seen.get(2).and_then(as_integer)) != (known.sent, Some(length))
        {
            return Ok(false);
        }
        let mut damaged = DamagedKeys::default();
        let mut samples = fetch::read_minutes(seen.get(3), &keys, minutes, |_| true, &mut damaged);
        damaged.keys.iter().for_each(|(key, error)| self.shared.set_damaged(key, error));
        let new = known.table.add(measured.iter().map(|(series, _)| series));
        for (series, ours) in measured {
            let Some(number) = known.table.number(&series) else { continue };
            let stored = samples.remove(&number).unwrap_or_default();
            // Local values win for equal times.
            samples.insert(number, merge(stored, ours));
        }
        let mut by_minute: BTreeMap<i64, BySeries> = BTreeMap::new();
        for (number, samples) in samples {
            for run in samples.chunk_by(|a, b| minute_of(a.0) == minute_of(b.0)) {
                let Some(minute) = run.first().map(|first| minute_of(first.0)) else { continue };
                by_minute.entry(minute).or_default().insert(number, run.to_vec());
            }
        }
        self.write(&new, &by_minute, hour_of_minute(first))
    }

    /// Writes minutes of `hour`; false if another program changed the state.
    fn write(
        &mut self,
        new: &[(u32, Arc<StoredSeries>)],
        by_minute: &BTreeMap<i64, BySeries>,
        hour: i64,
    ) -> Result<bool, RemoteError> {
        let newest = self.newest().unwrap_or(0);
        let sent = self.shared.first_waiting().unwrap_or_else(|| minute_of(newest));
        let Some(known) = &mut self.known else { return Ok(false) };
        let mut open = Vec::new();
        if !by_minute.is_empty() {
            known.hours.insert(hour);
            open.push(hour);
            // The first rates of the next hour look back to these samples.
            open.extend(Some(hour.saturating_add(1)).filter(|next| known.hours.contains(next)));
        }
        let commands = transaction(&self.shared, new, by_minute, (hour, &open), (newest, sent));
        let answers = self.link.execute_on_same_connection(&commands)?;
        if answers.last().is_none_or(|exec| as_list(exec).is_empty()) {
            return Ok(false);
        }
        known.open.extend(open);
        known.sent = Some(sent);
        Ok(true)
    }

    /// Local samples of some minutes of an hour.
    fn read_local(&self, minutes: &[i64], first: i64, last: i64) -> Vec<(Arc<StoredSeries>, Samples)> {
        let range = TimeRange {
            start: Timestamp::from_millis(first.saturating_mul(MINUTE)),
            end: Timestamp::from_millis(last.saturating_add(1).saturating_mul(MINUTE)),
        };
        let mut measured: Vec<(Arc<StoredSeries>, Samples)> = Vec::new();
        let mut visit = |series: &StoredSeries, samples: &[(Timestamp, f64)]| {
            let samples = samples.iter().map(|&(time, value)| (time.millis(), value));
            // The format of Redis has no values that are not finite.
            let is_sent = |(time, value): &(i64, f64)| {
                value.is_finite() && minutes.binary_search(&minute_of(*time)).is_ok()
            };
            let samples = samples.filter(is_sent);
            match measured.last_mut().filter(|(last, _)| last.as_ref() == series) {
                Some((_, all)) => all.extend(samples),
                None => measured.push((Arc::new(series.clone()), samples.collect())),
            }
        };
        // Cannot fail: the selector has no regular expression.
        let _ = self.shared.local.raw(&Selector::default(), range, &mut visit);
        measured.retain(|(_, samples)| !samples.is_empty());
        measured
    }
}

/// The transaction that writes minutes, and the resulting `sent`.
fn transaction(
    shared: &SharedState,
    new: &[(u32, Arc<StoredSeries>)],
    by_minute: &BTreeMap<i64, BySeries>,
    (hour, open): (i64, &[i64]),
    (newest, sent): (i64, i64),
) -> Pipeline {
    let keys = &shared.keys;
    let retention = shared.retention.as_secs();
    let mut commands = Pipeline::default();
    commands.add("MULTI", &[]);
    for (number, series) in new {
        commands.add("HSET", &[&keys.series(), number, &key::encode(series)]);
    }
    for (&minute, samples) in by_minute {
        let bucket = minute_format::encode(minute, samples);
        let left = shared.seconds_left(newest, minute.saturating_add(1).saturating_mul(MINUTE));
        commands.add("SET", &[&keys.minute(minute), &bucket, &"EX", &left]);
    }
    if !by_minute.is_empty() {
        commands.add("ZADD", &[&keys.hours(), &hour, &hour]);
    }
    for hour in open {
        commands.add("ZADD", &[&keys.open(), hour, hour]);
    }
    commands.add("HSET", &[&keys.state(), &"format", &FORMAT, &"sent", &sent]);
    commands.add("ZADD", &[&keys.sources(), &newest, &keys.source()]);
    for key in [keys.state(), keys.series(), keys.hours(), keys.open(), keys.sources()] {
        commands.add("EXPIRE", &[&key, &retention]);
    }
    commands.add("EXEC", &[]);
    commands
}
