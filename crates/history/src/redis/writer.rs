//! The thread that sends to Redis what this server measures, minute by minute and in order, and rolls hours up.
//!
//! Redis itself keeps how far it is (`sent`), beside what was sent and written in one transaction with it: whatever
//! happens to Redis (a stop, a crash, an old copy put back), the next look at `sent` says what is missing, and that is
//! still in the store on this server's disk. Everything may be sent twice.

use super::fetch::{self, Damaged, MINUTES, field, hour_of_minute};
use super::minute_format::{self, BySeries, MINUTE, minute_of};
use super::shared::Shared;
use super::table::Table;
use crate::embedded::key;
use crate::samples::{Samples, merge};
use crate::{History, Selector, StoredSeries};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;
use watchglass_model::{TimeRange, Timestamp};
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Commands, Link, list, number};

/// The version of the keys and of what they hold.
pub(crate) const FORMAT: &str = "1";
/// How long after a failure the next attempt comes, if no minute ends before.
const RETRY: Duration = Duration::from_secs(5);
/// Samples that are sent together, at most.
const MANY: usize = 500_000;
/// Samples that a series has in a minute, as a rule.
const SECONDS: usize = 60;
/// How often Redis may have something else than it was thought to have, while minutes are being sent.
const MOST_SURPRISES: usize = 5;

/// What the thread is asked to do.
pub(crate) enum Order {
    /// A minute is over.
    Look,
    /// Send everything, the minute under way included, and say whether that worked.
    Settle(SyncSender<bool>),
    /// Send what can be sent, and end.
    Close,
}

/// What Redis is known to have.
pub(super) struct Known {
    pub(super) table: Table,
    /// The hours with samples.
    pub(super) hours: BTreeSet<i64>,
    /// Those of them that are not rolled up.
    pub(super) open: BTreeSet<i64>,
    /// The minute before which everything was sent.
    sent: Option<i64>,
}

pub(crate) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) link: Link,
    /// `None` until Redis has been asked since the last failure.
    pub(super) known: Option<Known>,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, link: Link) -> Self {
        Self { shared, link, known: None }
    }

    /// Works until it is told to end, or nobody can tell it any more.
    pub(crate) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(RETRY) {
                Ok(Order::Look) | Err(RecvTimeoutError::Timeout) => drop(self.work(false)),
                Ok(Order::Settle(done)) => {
                    self.link.forget_failure();
                    // Whoever asked may have given up.
                    let _ = done.send(self.work(true));
                }
                Ok(Order::Close) => {
                    self.work(true);
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Sends what waits and rolls up what is over. Says whether nothing is left to do.
    fn work(&mut self, all: bool) -> bool {
        // The question comes first: what cannot be reached is known to be away, also when nothing waits.
        let mut ping = Commands::default();
        ping.add("PING", &[]);
        let outcome = self.link.ask(&ping).and_then(|_| self.send_waiting(all));
        let outcome = outcome.and_then(|()| self.seal_open());
        match outcome {
            Ok(()) => self.shared.set_link(None),
            Err(error) => {
                self.known = None;
                let problem = error.to_string();
                self.shared.set_link(Some(problem));
                return false;
            }
        }
        true
    }

    fn send_waiting(&mut self, all: bool) -> Result<(), RemoteError> {
        if self.known.is_none() {
            self.learn()?;
        }
        let mut surprises = 0;
        loop {
            let series = self.known.as_ref().map_or(0, |known| known.table.iter().count());
            let most = (MANY / (series.max(1) * SECONDS)).clamp(1, MINUTES as usize);
            let minutes = self.shared.take_waiting(most, all);
            if minutes.is_empty() {
                return Ok(());
            }
            let outcome = self.send(&minutes);
            if !matches!(outcome, Ok(true)) {
                self.shared.add_waiting(minutes);
                outcome?;
                surprises += 1;
                if surprises == MOST_SURPRISES {
                    return Err(RemoteError::Refused {
                        instance: self.link.instance().to_owned(),
                        reason: format!("{} is being changed by another program", self.shared.keys.state()),
                    });
                }
                self.learn()?;
            }
            if self.shared.is_closing() {
                // What takes long is left to the next start.
                return Ok(());
            }
        }
    }

    /// Asks Redis what it has. What it lacks waits from then on.
    fn learn(&mut self) -> Result<(), RemoteError> {
        let keys = &self.shared.keys;
        let mut commands = Commands::default();
        commands.add("HGETALL", &[&keys.state()]);
        let answers = self.link.ask(&commands)?;
        let state = answers.first().map(list).unwrap_or_default();
        if let Some(version) = field(state, "format").filter(|&version| version != FORMAT) {
            return Err(RemoteError::Unexpected {
                instance: self.link.instance().to_owned(),
                reason: format!(
                    "{} has version {version:.20}, which this program does not know: use the program that wrote it, \
                     or another prefix",
                    keys.state()
                ),
            });
        }
        let sent: Option<i64> = field(state, "sent").and_then(|text| text.parse().ok());
        let outline = fetch::outline(&mut self.link, keys)?;
        self.known = Some(Known { table: outline.table, hours: outline.hours, open: outline.open, sent });
        let oldest = self.oldest_kept().max(sent.unwrap_or(i64::MIN));
        let hours = self.shared.local.sampled_hours();
        let minutes = hours.into_iter().flat_map(fetch::minutes_of);
        let newest = self.shared.local.last_time().map_or(i64::MIN, minute_of);
        self.shared.add_waiting(minutes.filter(|minute| (oldest..=newest).contains(minute)));
        Ok(())
    }

    /// The first minute that Redis is to keep.
    fn oldest_kept(&self) -> i64 {
        let retention = i64::try_from(self.shared.retention.as_millis()).unwrap_or(i64::MAX);
        self.newest().map_or(i64::MIN, |newest| minute_of(newest.saturating_sub(retention)))
    }

    pub(super) fn newest(&self) -> Option<i64> {
        self.shared.newest().or_else(|| self.shared.local.last_time())
    }

    /// Sends minutes of one hour; false when Redis does not have what it was thought to have.
    fn send(&mut self, minutes: &[i64]) -> Result<bool, RemoteError> {
        let (Some(&first), Some(&last)) = (minutes.first(), minutes.last()) else { return Ok(true) };
        let measured = self.read_local(minutes, first, last);
        let keys = self.shared.keys.clone();
        let Some(known) = &mut self.known else { return Ok(false) };
        let mut look = Commands::default();
        // Between this question and the transaction the connection stays the same: whatever happens to the state meanwhile
        // makes the transaction fail.
        look.add("WATCH", &[&keys.state(), &keys.series()]);
        look.add("HGET", &[&keys.state(), &"sent"]);
        look.add("HLEN", &[&keys.series()]);
        fetch::add_minutes(&mut look, &keys, minutes);
        let seen = self.link.ask(&look)?;
        let length = i64::try_from(known.table.len()).unwrap_or(i64::MAX);
        if (seen.get(1).and_then(number), seen.get(2).and_then(number)) != (known.sent, Some(length)) {
            return Ok(false);
        }
        let mut damaged = Damaged::default();
        let stored = fetch::read_minutes(seen.get(3), &keys, minutes, |_| true, &mut damaged);
        damaged.keys.iter().for_each(|(key, error)| self.shared.set_damaged(key, error));
        let new = known.table.add(measured.iter().map(|(series, _)| series));
        let mut by_minute: BTreeMap<i64, BySeries> = BTreeMap::new();
        for (series, samples) in &measured {
            let Some(number) = known.table.number(series) else { continue };
            for run in samples.chunk_by(|a, b| minute_of(a.0) == minute_of(b.0)) {
                let Some(minute) = run.first().map(|first| minute_of(first.0)) else { continue };
                by_minute.entry(minute).or_default().insert(number, run.to_vec());
            }
        }
        for (minute, stored) in stored {
            let measured = by_minute.entry(minute).or_default();
            for (number, stored) in stored {
                // Of two values for a moment that measured here counts.
                let ours = measured.remove(&number).unwrap_or_default();
                measured.insert(number, merge(stored, ours));
            }
        }
        self.write(&new, &by_minute, hour_of_minute(first))
    }

    /// Writes minutes of `hour`; false when somebody else was at it.
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
            // The first rates of the next one look back to what is written now.
            open.extend(Some(hour.saturating_add(1)).filter(|next| known.hours.contains(next)));
        }
        let commands = transaction(&self.shared, new, by_minute, (hour, &open), (newest, sent));
        let answers = self.link.ask_on(&commands)?;
        if answers.last().is_none_or(|exec| list(exec).is_empty()) {
            return Ok(false);
        }
        known.open.extend(open);
        known.sent = Some(sent);
        Ok(true)
    }

    /// What this server measured in some minutes of an hour.
    fn read_local(&self, minutes: &[i64], first: i64, last: i64) -> Vec<(Arc<StoredSeries>, Samples)> {
        let range = TimeRange {
            start: Timestamp::from_millis(first.saturating_mul(MINUTE)),
            end: Timestamp::from_millis(last.saturating_add(1).saturating_mul(MINUTE)),
        };
        let mut measured: Vec<(Arc<StoredSeries>, Samples)> = Vec::new();
        let mut visit = |series: &StoredSeries, samples: &[(Timestamp, f64)]| {
            let samples = samples.iter().map(|&(time, value)| (time.millis(), value));
            let samples = samples.filter(|&(time, _)| minutes.binary_search(&minute_of(time)).is_ok());
            match measured.last_mut().filter(|(last, _)| last.as_ref() == series) {
                Some((_, all)) => all.extend(samples),
                None => measured.push((Arc::new(series.clone()), samples.collect())),
            }
        };
        // The selector has no regular expression that could be wrong.
        let _ = self.shared.local.raw(&Selector::default(), range, &mut visit);
        measured.retain(|(_, samples)| !samples.is_empty());
        measured
    }
}

/// The transaction that writes minutes, and how far Redis is then.
fn transaction(
    shared: &Shared,
    new: &[(u32, Arc<StoredSeries>)],
    by_minute: &BTreeMap<i64, BySeries>,
    (hour, open): (i64, &[i64]),
    (newest, sent): (i64, i64),
) -> Commands {
    let keys = &shared.keys;
    let retention = shared.retention.as_secs();
    let mut commands = Commands::default();
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
