//! Redis probe: availability, response time and `INFO` metrics.

mod info;
mod memory;
mod persistence;
mod replication;
mod slow_log;
mod traffic;

use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::{
    Backoff, Details, MAX_DETAIL_ROWS, MonitoredTarget, Notes, PROBE_TIMEOUT, ROUND_TIMEOUT,
};
use crate::{BackgroundProbe, Probe, ProbeError};
use info::Info;
use redis::{Value, cmd};
use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use watchglass_model::{
    Declaration, PanelDeclaration, PanelRole, RedisDetails, SampleBuffer, SkipReason, Style, Unit,
};
use watchglass_remote::redis::{Connection, Target, error_text, unexpected_response};
use watchglass_remote::{Deadline, RemoteError, TargetError, one_line};

static PING_PANEL: PanelDeclaration =
    panel("Redis", "redis-ping", "Response time", Style::Line, Unit::Seconds).description(
    "Redis runs one command at a time: a peak is a slow command that delayed all clients. Check the slow log below.",
);

static PING: Declaration = gauge(
    "redis_ping_seconds",
    Unit::Seconds,
    INSTANCE,
    "Latency of PING, including the network.",
    Some((&PING_PANEL, PanelRole::HeadlineAndChart)),
    "",
);

/// Maximum bytes received in one round: `INFO` of a server with hundreds of thousands of error types.
const MAX_REPLY_BYTES: usize = 32 << 20;

static METRICS: LazyLock<Vec<&'static Declaration>> = LazyLock::new(|| {
    [&memory::METRICS[..], &traffic::METRICS, &[&PING], &replication::METRICS, &persistence::METRICS]
        .concat()
        .into_iter()
        .chain([&slow_log::ENTRIES])
        .collect()
});

/// Reads `PING`, `INFO` and `SLOWLOG` of a Redis server over one persistent connection.
///
/// A round takes at most 2.5 s. Name resolution can take longer: run it in an [`BackgroundProbe`], as [`redis()`] does.
pub struct Redis {
    name: String,
    target: Target,
    every: Duration,
    connection: Option<Connection>,
    backoff: Backoff,
    before: traffic::Before,
    notes: Notes,
    details: Details<RedisDetails>,
}

/// Starts a background probe of the Redis server at `url` (`redis://user:password@host:6379`), with one round per
/// `every`.
///
/// # Errors
/// Invalid URL. The message contains no part of it.
pub fn redis(url: &str, every: Duration) -> Result<MonitoredTarget<RedisDetails>, TargetError> {
    let probe = Redis::new(url, every)?;
    let (instance, details) = (probe.target.instance.clone(), probe.details());
    Ok(MonitoredTarget {
        instance,
        probe: Box::new(BackgroundProbe::start(probe, every, PROBE_TIMEOUT)),
        details,
    })
}

const SEVERAL: TargetError = TargetError {
    product: "Redis",
    problem: "has several addresses",
    hint: "list a URL for each server to monitor",
};

impl Redis {
    /// A probe of the Redis server at `url`. Connects in the first round.
    ///
    /// # Errors
    /// Invalid URL. The message contains no part of it.
    pub fn new(url: &str, every: Duration) -> Result<Self, TargetError> {
        let target = Target::parse(url)?;
        if !target.others.is_empty() {
            return Err(SEVERAL);
        }
        let first = RedisDetails { instance: target.instance.clone(), ..RedisDetails::default() };
        Ok(Self {
            name: format!("redis:{}", target.instance),
            target,
            every,
            connection: None,
            backoff: Backoff::default(),
            before: traffic::Before::default(),
            notes: Notes::default(),
            details: Details::new(first),
        })
    }

    /// Latest details of the server.
    pub fn details(&self) -> Details<RedisDetails> {
        self.details.clone()
    }

    /// Runs a round over the open connection. A connection lost since the last round is reopened at once, because servers
    /// may close idle ones.
    fn round(&mut self, samples: &mut SampleBuffer) -> Result<(), RemoteError> {
        let deadline = Deadline::after(ROUND_TIMEOUT);
        if let Some(kept) = self.connection.take() {
            match self.measure(kept, deadline, samples) {
                Err(RemoteError::ConnectionLost { .. }) => samples.clear(),
                outcome => return outcome,
            }
        }
        let fresh = Connection::open(&self.target, deadline, MAX_REPLY_BYTES)?;
        self.measure(fresh, deadline, samples)
    }

    /// Measures over `connection`, and keeps it on success.
    fn measure(
        &mut self,
        mut connection: Connection,
        deadline: Deadline,
        samples: &mut SampleBuffer,
    ) -> Result<(), RemoteError> {
        let target = &self.target;
        let asked = Instant::now();
        let ping = connection.execute(&cmd("PING").get_packed_command(), 1, target, deadline)?;
        let ping_seconds = asked.elapsed().as_secs_f64();
        // A server that loads its data, cannot save it or has lost its master rejects PING and responds to INFO.
        match ping.first() {
            Some(Value::ServerError(error)) => {
                samples.skip("PING", &error_text(target, error), SkipReason::Rejected);
            }
            _ => samples.record(&PING, &[&target.instance], ping_seconds),
        }
        let mut commands = cmd("INFO").get_packed_command();
        commands.extend(cmd("SLOWLOG").arg("LEN").get_packed_command());
        commands.extend(cmd("SLOWLOG").arg("GET").arg(MAX_DETAIL_ROWS).get_packed_command());
        let answers = connection.execute(&commands, 3, target, deadline)?;
        let [info, length, entries] = answers.as_slice() else {
            return Err(unexpected_response(target, "missing reply"));
        };
        let text = text(info).map_err(|error| match error {
            Some(error) => {
                RemoteError::Rejected { instance: target.instance.clone(), reason: error_text(target, error) }
            }
            None => unexpected_response(target, "INFO is not text"),
        })?;
        let info = Info::parse(&text, samples);
        let count = samples.len();
        record(&info, &mut self.before, &target.instance, samples);
        if samples.len() == count {
            return Err(unexpected_response(target, "INFO has no usable value"));
        }
        match length {
            Value::Int(length @ 0..) => {
                samples.record(&slow_log::ENTRIES, &[&target.instance], *length as f64);
            }
            // The note of the slow log says why.
            Value::ServerError(_) => {}
            _ => samples.skip("SLOWLOG LEN", "", SkipReason::NotANumber),
        }
        self.notes.note("slow log", why_missing(target, entries));
        self.details.set(RedisDetails {
            instance: target.instance.clone(),
            version: info.word("redis_version").map(|version| one_line(version, 40)),
            role: info.word("role").map(|role| one_line(role, 40)),
            notes: self.notes.list(),
            slow_log: slow_log::entries(entries, samples),
        });
        self.connection = Some(connection);
        Ok(())
    }
}

/// The text of a reply, or its error, if it is one.
fn text(answer: &Value) -> Result<Cow<'_, str>, Option<&redis::ServerError>> {
    match answer {
        Value::BulkString(bytes) => Ok(String::from_utf8_lossy(bytes)),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Ok(Cow::Borrowed(text)),
        Value::ServerError(error) => Err(Some(error)),
        _ => Err(None),
    }
}

/// Why the slow log is unavailable, if it is.
fn why_missing(target: &Target, entries: &Value) -> Option<String> {
    match entries {
        Value::ServerError(error) => Some(format!("not available: {}", error_text(target, error))),
        _ => None,
    }
}

/// Records all metrics of `INFO`.
fn record(info: &Info<'_>, before: &mut traffic::Before, instance: &str, samples: &mut SampleBuffer) {
    memory::record(info, instance, samples);
    traffic::record(info, before, instance, samples);
    replication::record(info, instance, samples);
    persistence::record(info, instance, samples);
}

impl Probe for Redis {
    fn name(&self) -> &str {
        &self.name
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn interval(&self) -> Duration {
        self.every
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        self.backoff.check()?;
        let outcome = self.round(samples).map_err(ProbeError::from);
        match &outcome {
            Ok(()) => self.backoff.succeeded(),
            Err(error) => {
                self.before.ratio.reset();
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

/// Fuzzing entry points.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing {
    use super::{Info, SampleBuffer, Value, record, slow_log, traffic};

    /// Parses an `INFO` reply.
    pub fn info(text: &str) {
        let mut samples = SampleBuffer::new();
        let info = Info::parse(text, &mut samples);
        record(&info, &mut traffic::Before::default(), "redis", &mut samples);
        assert!(samples.raw_samples().all(|sample| sample.value.is_finite()), "recorded values are finite");
    }

    /// Parses a `SLOWLOG GET` reply: one entry of three numbers, then one word per line.
    pub fn slow_log(bytes: &[u8]) {
        let mut numbers = bytes
            .chunks(8)
            .map(|piece| piece.iter().fold(0_i64, |number, &byte| number.wrapping_shl(8) | i64::from(byte)));
        let mut number = || Value::Int(numbers.next().unwrap_or_default());
        let words = bytes.split(|&byte| byte == b'\n').map(|word| Value::BulkString(word.to_vec()));
        let entry = vec![number(), number(), number(), Value::Array(words.collect())];
        let _ = slow_log::entries(&Value::Array(vec![Value::Array(entry)]), &mut SampleBuffer::new());
    }
}

#[cfg(test)]
mod tests;
