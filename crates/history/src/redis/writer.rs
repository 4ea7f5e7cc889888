//! The thread that sends to Redis what this server measures, minute by minute and in order (`send.rs`), and rolls hours up
//! (`seal.rs`).
//!
//! Redis itself keeps how far it is (`sent`), beside what was sent and written in one transaction with it: whatever
//! happens to Redis (a stop, a crash, an old copy put back), the next look at `sent` says what is missing, and that is
//! still in the store on this server's disk. Everything may be sent twice.

use super::fetch::{self, MINUTES, Outline, field};
use super::minute_format::minute_of;
use super::shared::Shared;
use super::table::Table;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Commands, Link, list};

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
    pub(super) sent: Option<i64>,
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
        let outline = fetch::outlines(&mut self.link, std::slice::from_ref(keys))?.pop();
        self.known = outline.map(|Outline { table, hours, open }| Known { table, hours, open, sent });
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
}
