//! Redis: whether it answers, how fast, and what it says about itself.

mod info;
mod memory;
mod persistence;
mod replication;
mod slow_log;
mod traffic;

use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::{Backoff, DEADLINE, Details, HitRatio, MOST_BYTES, MOST_DETAILS, Notes, ROUND, Watched};
use crate::{OwnThread, Probe, ProbeError, TextError};
use info::Info;
use redis::{Value, cmd};
use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use watchglass_model::{Declaration, PanelDeclaration, Readings, RedisDetails, Role, Style, Unit};
use watchglass_remote::redis::{Connection, Target, unexpected, words};
use watchglass_remote::{Deadline, RemoteError, TargetError, one_line};

static PING_PANEL: PanelDeclaration =
    panel("Redis", "redis-ping", "Response time", Style::Line, Unit::Seconds).meaning(
    "Redis does one thing at a time: a peak here is one slow command for everyone. Look at the slow log below.",
);

static PING: Declaration = gauge(
    "redis_ping_seconds",
    Unit::Seconds,
    INSTANCE,
    "Time from sending PING to the answer, the network included.",
    Some((&PING_PANEL, Role::HeadlineAndChart)),
    "",
);

static METRICS: LazyLock<Vec<&'static Declaration>> = LazyLock::new(|| {
    [&memory::METRICS[..], &traffic::METRICS, &[&PING], &replication::METRICS, &persistence::METRICS]
        .concat()
        .into_iter()
        .chain([&slow_log::ENTRIES])
        .collect()
});

/// Asks a Redis with `PING`, `INFO` and `SLOWLOG`, over one connection that stays open.
///
/// A round takes no longer than 2.5 s. A server whose address is hard to find can take longer: run it in an
/// [`OwnThread`], as [`redis()`] does.
pub struct Redis {
    name: String,
    target: Target,
    every: Duration,
    connection: Option<Connection>,
    backoff: Backoff,
    ratio: HitRatio,
    notes: Notes,
    details: Details<RedisDetails>,
}

/// Watches the Redis at `url` (`redis://user:password@host:6379`), a round every so often.
///
/// # Errors
/// What is wrong with the URL, in words that contain nothing of it.
pub fn redis(url: &str, every: Duration) -> Result<Watched<RedisDetails>, TargetError> {
    let probe = Redis::new(url, every)?;
    let (instance, details) = (probe.target.instance.clone(), probe.details());
    Ok(Watched { instance, probe: Box::new(OwnThread::start(probe, every, DEADLINE)), details })
}

impl Redis {
    /// The probe of the Redis at `url`. Nothing is sent before it is asked.
    ///
    /// # Errors
    /// What is wrong with the URL, in words that contain nothing of it.
    pub fn new(url: &str, every: Duration) -> Result<Self, TargetError> {
        let target = Target::parse(url)?;
        let first = RedisDetails { instance: target.instance.clone(), ..RedisDetails::default() };
        Ok(Self {
            name: format!("redis:{}", target.instance),
            target,
            every,
            connection: None,
            backoff: Backoff::default(),
            ratio: HitRatio::default(),
            notes: Notes::default(),
            details: Details::new(first),
        })
    }

    /// What is known of the server beyond numbers, always the newest.
    pub fn details(&self) -> Details<RedisDetails> {
        self.details.clone()
    }

    /// Asks over the connection there is. One that broke since the last round is opened anew at once: a
    /// server may close what is idle, and be well.
    fn round(&mut self, readings: &mut Readings) -> Result<(), RemoteError> {
        let deadline = Deadline::within(ROUND);
        if let Some(kept) = self.connection.take() {
            match self.measure(kept, deadline, readings) {
                Err(RemoteError::Broken { .. }) => readings.clear(),
                outcome => return outcome,
            }
        }
        let fresh = Connection::open(&self.target, deadline, MOST_BYTES)?;
        self.measure(fresh, deadline, readings)
    }

    /// Measures over `connection`, and keeps it when all went well.
    fn measure(
        &mut self,
        mut connection: Connection,
        deadline: Deadline,
        readings: &mut Readings,
    ) -> Result<(), RemoteError> {
        let target = &self.target;
        let asked = Instant::now();
        let ping = connection.ask(&cmd("PING").get_packed_command(), 1, target, deadline)?;
        let ping_seconds = asked.elapsed().as_secs_f64();
        if let Some(Value::ServerError(error)) = ping.first() {
            return Err(RemoteError::Refused {
                instance: target.instance.clone(),
                reason: words(target, error),
            });
        }
        let mut commands = cmd("INFO").get_packed_command();
        commands.extend(cmd("SLOWLOG").arg("LEN").get_packed_command());
        commands.extend(cmd("SLOWLOG").arg("GET").arg(MOST_DETAILS).get_packed_command());
        let answers = connection.ask(&commands, 3, target, deadline)?;
        let [info, length, entries] = answers.as_slice() else {
            return Err(unexpected(target, "an answer is missing"));
        };
        readings.record(&PING, &[&target.instance], ping_seconds);
        let text = text(info).map_err(|error| match error {
            Some(error) => {
                RemoteError::Refused { instance: target.instance.clone(), reason: words(target, error) }
            }
            None => unexpected(target, "INFO should be a text"),
        })?;
        let info = Info::parse(&text).map_err(|error| unexpected(target, &format!("INFO: {error}")))?;
        record(&info, &mut self.ratio, &target.instance, readings)
            .map_err(|error| unexpected(target, &format!("INFO: {error}")))?;
        if let Value::Int(length @ 0..) = length {
            readings.record(&slow_log::ENTRIES, &[&target.instance], *length as f64);
        }
        self.notes.note("the slow log", why_missing(target, entries));
        self.details.set(RedisDetails {
            instance: target.instance.clone(),
            version: info.word("redis_version").map(|version| one_line(version, 40)),
            role: info.word("role").map(|role| one_line(role, 40)),
            notes: self.notes.list(),
            slow_log: slow_log::entries(entries),
        });
        self.connection = Some(connection);
        Ok(())
    }
}

/// The text of an answer, or the error that it is, if it is one.
fn text(answer: &Value) -> Result<Cow<'_, str>, Option<&redis::ServerError>> {
    match answer {
        Value::BulkString(bytes) => Ok(String::from_utf8_lossy(bytes)),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Ok(Cow::Borrowed(text)),
        Value::ServerError(error) => Err(Some(error)),
        _ => Err(None),
    }
}

/// Why the slow log is not known, if it is not.
fn why_missing(target: &Target, entries: &Value) -> Option<String> {
    match entries {
        Value::ServerError(error) => Some(format!("it is left out: {}", words(target, error))),
        _ => None,
    }
}

/// Records all that an `INFO` says.
fn record(
    info: &Info<'_>,
    ratio: &mut HitRatio,
    instance: &str,
    readings: &mut Readings,
) -> Result<(), TextError> {
    memory::record(info, instance, readings)?;
    traffic::record(info, ratio, instance, readings)?;
    replication::record(info, instance, readings)?;
    persistence::record(info, instance, readings)
}

impl Probe for Redis {
    fn name(&self) -> &str {
        &self.name
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn every(&self) -> Duration {
        self.every
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        self.backoff.permit()?;
        let outcome = self.round(readings).map_err(ProbeError::from);
        match &outcome {
            Ok(()) => self.backoff.succeeded(),
            Err(error) => {
                self.ratio.forget();
                self.backoff.failed(error);
                let instance = self.target.instance.clone();
                self.details.set(RedisDetails { instance, ..RedisDetails::default() });
            }
        }
        outcome
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("name", &self.name).field("every", &self.every).finish_non_exhaustive()
    }
}

/// Where a fuzzer comes in.
#[cfg(fuzzing)]
pub(crate) mod fuzzing {
    use super::{HitRatio, Info, Readings, Value, record, slow_log};

    /// The answer to `INFO`.
    pub fn info(text: &str) {
        let mut readings = Readings::new();
        if let Ok(info) = Info::parse(text) {
            let _ = record(&info, &mut HitRatio::default(), "redis", &mut readings);
        }
        assert!(readings.rows().all(|row| row.value.is_finite()), "what is recorded is finite");
    }

    /// The answer to `SLOWLOG GET`: an entry of three numbers, then words with a line for each.
    pub fn slow_log(bytes: &[u8]) {
        let mut numbers = bytes
            .chunks(8)
            .map(|piece| piece.iter().fold(0_i64, |number, &byte| number.wrapping_shl(8) | i64::from(byte)));
        let mut number = || Value::Int(numbers.next().unwrap_or_default());
        let words = bytes.split(|&byte| byte == b'\n').map(|word| Value::BulkString(word.to_vec()));
        let entry = vec![number(), number(), number(), Value::Array(words.collect())];
        let _ = slow_log::entries(&Value::Array(vec![Value::Array(entry)]));
    }
}

#[cfg(test)]
mod tests;
