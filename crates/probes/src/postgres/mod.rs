//! PostgreSQL: whether it answers, how fast, and what it says about itself.

mod activity;
mod connection;
mod databases;
mod locks;
mod privacy;
mod replication;
mod round;
mod row;
mod statements;
mod stream;
mod tables;
mod target;
#[cfg(feature = "tls")]
mod tls;
mod uptime;
mod writing;

use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::{Backoff, DEADLINE, Details, HitRatio, Notes, ROUND, Watched};
use crate::{OwnThread, Probe, ProbeError};
use connection::Connection;
use round::{Round, Server};
use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;
use target::Target;
use watchglass_model::{
    Declaration, PanelDeclaration, PostgresDetails, Readings, Role, Style, TopStatement, Unit,
};
use watchglass_remote::{Deadline, RemoteError, TargetError};

static RESPONSE_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-response", "Response time", Style::Line, Unit::Seconds).meaning(
    "The time of a question that costs nothing: when it rises, the server or the network is slow, not a query.",
);

static RESPONSE: Declaration = gauge(
    "postgresql_response_seconds",
    Unit::Seconds,
    INSTANCE,
    "Time from sending a question that costs nothing to the answer, the network included.",
    Some((&RESPONSE_PANEL, Role::HeadlineAndChart)),
    "",
);

static METRICS: LazyLock<Vec<&'static Declaration>> = LazyLock::new(|| {
    [
        &activity::METRICS[..],
        &databases::METRICS,
        &[&RESPONSE],
        &uptime::METRICS,
        &locks::METRICS,
        &writing::METRICS,
        &replication::METRICS,
        &tables::METRICS,
    ]
    .concat()
});

/// How often sizes, dead rows and statements are asked for: they change slowly, and cost the server more.
const SLOW: Duration = Duration::from_secs(60);

/// Asks a PostgreSQL for its statistics, over one connection that stays open and only reads.
///
/// A round takes no longer than 2.5 s, and a statement in it no longer than 2 s. A server whose address is hard to find
/// can take longer: run it in an [`OwnThread`], as [`postgres`] does.
pub struct Postgres {
    name: String,
    target: Target,
    every: Duration,
    connection: Option<(Connection, Server)>,
    /// Counts the rounds: the slow parts take turns.
    round: u64,
    backoff: Backoff,
    ratio: HitRatio,
    notes: Notes,
    statements: Option<Vec<TopStatement>>,
    details: Details<PostgresDetails>,
}

/// Watches the PostgreSQL at `url` (`postgresql://user:password@host:5432/database`), a round every so often.
///
/// # Errors
/// What is wrong with the URL, in words that contain nothing of it.
pub fn postgres(url: &str, every: Duration) -> Result<Watched<PostgresDetails>, TargetError> {
    let probe = Postgres::new(url, every)?;
    let (instance, details) = (probe.target.instance.clone(), probe.details());
    Ok(Watched { instance, probe: Box::new(OwnThread::start(probe, every, DEADLINE)), details })
}

impl Postgres {
    /// The probe of the PostgreSQL at `url`. Nothing is sent before it is asked.
    ///
    /// # Errors
    /// What is wrong with the URL, in words that contain nothing of it.
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
            ratio: HitRatio::default(),
            notes: Notes::default(),
            statements: None,
            details: Details::new(first),
        })
    }

    /// What is known of the server beyond numbers, always the newest.
    pub fn details(&self) -> Details<PostgresDetails> {
        self.details.clone()
    }

    /// How many rounds there are from one of a slow part to the next; at least one for each of them.
    fn slow_rounds(&self) -> u64 {
        (SLOW.as_millis() / self.every.as_millis().max(1)).clamp(3, 1000) as u64
    }

    /// Asks over the connection there is. One that broke since the last round is opened anew at once: a
    /// server may close what is idle, and be well.
    fn round(&mut self, readings: &mut Readings) -> Result<(), RemoteError> {
        let deadline = Deadline::within(ROUND);
        if let Some((connection, server)) = self.connection.take() {
            connection.begin_round();
            match self.measure(connection, server, deadline, readings) {
                Err(RemoteError::Broken { .. }) => readings.clear(),
                outcome => return outcome,
            }
        }
        let connection = Connection::open(&self.target, deadline)?;
        let server = Server::learn(&connection, &self.target, deadline)?;
        self.measure(connection, server, deadline, readings)
    }

    /// Measures over `connection`, and keeps it when all went well.
    fn measure(
        &mut self,
        connection: Connection,
        server: Server,
        deadline: Deadline,
        readings: &mut Readings,
    ) -> Result<(), RemoteError> {
        let slow_part = self.round % self.slow_rounds();
        let mut round = Round {
            connection: &connection,
            target: &self.target,
            server: &server,
            deadline,
            notes: &mut self.notes,
            readings,
        };
        round.response_time(&RESPONSE)?;
        round.fast(&mut self.ratio)?;
        let blocked = round.locks()?;
        match slow_part {
            0 => round.sizes()?,
            1 => round.tables()?,
            2 => self.statements = round.statements()?,
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

    fn every(&self) -> Duration {
        self.every
    }

    fn every_of(&self, metric: &Declaration) -> Duration {
        let is_slow = databases::SLOW.iter().chain(&tables::METRICS).any(|slow| slow.name == metric.name);
        let rounds = if is_slow { u32::try_from(self.slow_rounds()).unwrap_or(u32::MAX) } else { 1 };
        self.every.saturating_mul(rounds)
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        self.backoff.permit()?;
        let outcome = self.round(readings).map_err(ProbeError::from);
        match &outcome {
            Ok(()) => self.backoff.succeeded(),
            Err(error) => {
                self.ratio.forget();
                self.statements = None;
                // The slow parts are asked for first when it is back.
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
