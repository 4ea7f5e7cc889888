//! PostgreSQL probe: availability, response time and statistics views.

mod activity;
mod connection;
mod databases;
mod locks;
mod redact;
mod replication;
mod round;
mod row;
mod stream;
mod tables;
mod target;
#[cfg(feature = "tls")]
mod tls;
mod top_queries;
mod uptime;
mod wal;

use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::{Backoff, Details, MonitoredTarget, Notes, PROBE_TIMEOUT, ROUND_TIMEOUT};
use crate::{BackgroundProbe, Probe, ProbeError};
use connection::Connection;
use round::{Before, Round, ServerInfo};
use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;
use target::Target;
use top_queries::Texts;
use watchglass_model::{
    Declaration, PanelDeclaration, PanelRole, PostgresDetails, SampleBuffer, Style, TopStatement, Unit,
};
use watchglass_remote::{Deadline, RemoteError, TargetError};

static RESPONSE_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-response", "Response time", Style::Line, Unit::Seconds).description(
        "Latency of a trivial query. When it rises, the server or the network is slow, not a single query.",
    );

static RESPONSE: Declaration = gauge(
    "postgresql_response_seconds",
    Unit::Seconds,
    INSTANCE,
    "Latency of a trivial query, including the network.",
    Some((&RESPONSE_PANEL, PanelRole::HeadlineAndChart)),
    "",
);

static METRICS: LazyLock<Vec<&'static Declaration>> = LazyLock::new(|| {
    [
        &activity::METRICS[..],
        &databases::METRICS,
        &[&RESPONSE],
        &uptime::METRICS,
        &locks::METRICS,
        &wal::METRICS,
        &replication::METRICS,
        &tables::METRICS,
    ]
    .concat()
});

/// Interval of sizes, dead tuples and top queries, which change slowly and are more expensive.
const SLOW: Duration = Duration::from_secs(60);

/// Reads the statistics views of a PostgreSQL server over one persistent read-only connection.
///
/// A round takes at most 2.5 s, and a statement at most 2 s. Name resolution can take longer: run it in an
/// [`BackgroundProbe`], as [`postgres`] does.
pub struct Postgres {
    name: String,
    target: Target,
    every: Duration,
    connection: Option<(Connection, ServerInfo)>,
    /// Round counter, for alternating the slow parts.
    round: u64,
    backoff: Backoff,
    before: Before,
    texts: Texts,
    notes: Notes,
    statements: Option<Vec<TopStatement>>,
    details: Details<PostgresDetails>,
}

/// Starts a background probe of the PostgreSQL server at `url` (`postgresql://user:password@host:5432/database`), with
/// one round per `every`.
///
/// # Errors
/// Invalid URL. The message contains no part of it.
pub fn postgres(url: &str, every: Duration) -> Result<MonitoredTarget<PostgresDetails>, TargetError> {
    let probe = Postgres::new(url, every)?;
    let (instance, details) = (probe.target.instance.clone(), probe.details());
    Ok(MonitoredTarget {
        instance,
        probe: Box::new(BackgroundProbe::start(probe, every, PROBE_TIMEOUT)),
        details,
    })
}

impl Postgres {
    /// A probe of the PostgreSQL server at `url`. Connects in the first round.
    ///
    /// # Errors
    /// Invalid URL. The message contains no part of it.
    pub fn new(url: &str, every: Duration) -> Result<Self, TargetError> {
        let target = Target::parse(url)?;
        let first = PostgresDetails { instance: target.instance.clone(), ..PostgresDetails::default() };
        Ok(Self {
            name: format!("postgres:{}", target.instance),
            target,
            every,
            connection: None,
            round: 0,
            backoff: Backoff::default(),
            before: Before::default(),
            texts: Texts::default(),
            notes: Notes::default(),
            statements: None,
            details: Details::new(first),
        })
    }

    /// Latest details of the server.
    pub fn details(&self) -> Details<PostgresDetails> {
        self.details.clone()
    }

    /// Number of rounds between two runs of a slow part; at least one per slow part.
    fn slow_rounds(&self) -> u64 {
        (SLOW.as_millis() / self.every.as_millis().max(1)).clamp(3, 1000) as u64
    }

    /// Runs a round over the open connection. A connection lost since the last round is reopened at once, because servers
    /// may close idle ones.
    fn round(&mut self, samples: &mut SampleBuffer) -> Result<(), RemoteError> {
        let deadline = Deadline::after(ROUND_TIMEOUT);
        if let Some((connection, server)) = self.connection.take() {
            connection.reset_byte_limit();
            match self.measure(connection, server, deadline, samples) {
                Err(RemoteError::ConnectionLost { .. }) => samples.clear(),
                outcome => return outcome,
            }
        }
        let connection = Connection::open(&self.target, deadline)?;
        let server = ServerInfo::query(&connection, &self.target, deadline)?;
        self.measure(connection, server, deadline, samples)
    }

    /// Measures over `connection`, and keeps it on success.
    fn measure(
        &mut self,
        connection: Connection,
        server: ServerInfo,
        deadline: Deadline,
        samples: &mut SampleBuffer,
    ) -> Result<(), RemoteError> {
        let slow_part = self.round % self.slow_rounds();
        let mut round = Round {
            connection: &connection,
            target: &self.target,
            server: &server,
            deadline,
            notes: &mut self.notes,
            samples,
        };
        round.response_time(&RESPONSE)?;
        round.fast_queries(&mut self.before)?;
        let blocked = round.locks()?;
        match slow_part {
            0 => round.sizes()?,
            1 => round.tables()?,
            2 => self.statements = round.top_queries(&mut self.texts)?,
            _ => {}
        }
        self.details.set(PostgresDetails {
            instance: self.target.instance.clone(),
            version: Some(server.version_text.clone()),
            notes: self.notes.list(),
            blocked,
            statements: self.statements.clone(),
        });
        self.round = self.round.wrapping_add(1);
        self.connection = Some((connection, server));
        Ok(())
    }
}

impl Probe for Postgres {
    fn name(&self) -> &str {
        &self.name
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn interval(&self) -> Duration {
        self.every
    }

    fn interval_of(&self, metric: &Declaration) -> Duration {
        let is_slow = databases::SLOW.iter().chain(&tables::METRICS).any(|slow| slow.name == metric.name);
        let rounds = if is_slow { u32::try_from(self.slow_rounds()).unwrap_or(u32::MAX) } else { 1 };
        self.every.saturating_mul(rounds)
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        self.backoff.check()?;
        let outcome = self.round(samples).map_err(ProbeError::from);
        match &outcome {
            Ok(()) => self.backoff.succeeded(),
            Err(error) => {
                self.before.ratio.reset();
                self.statements = None;
                // After recovery the slow parts run first.
                self.round = 0;
                self.backoff.failed(error);
                let instance = self.target.instance.clone();
                self.details.set(PostgresDetails { instance, ..PostgresDetails::default() });
            }
        }
        outcome
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("name", &self.name)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
