//! One round with a PostgreSQL: the questions in turn, and what happens to those that cannot be answered.

use super::connection::{Connection, Failure};
use super::row::{Row, RowError};
use super::target::Target;
use super::{activity, databases, locks, replication, statements, tables, uptime, writing};

use crate::remote::{HitRatio, Notes};
use std::time::{Duration, Instant};
use watchglass_model::{BlockedBy, Declaration, Readings, TopStatement};
use watchglass_remote::{Deadline, RemoteError, one_line};

/// What is asked once, when a connection is made.
pub(super) struct Server {
    /// As a number: 150008 is 15.8.
    pub(super) version: u32,
    /// As people write it.
    pub(super) version_text: String,
    /// Connections that are allowed.
    most_connections: f64,
    /// Whether we may see the sessions of others.
    sees_others: bool,
}

/// Sets limits, makes sure that no function of another schema is called by mistake, and asks for version, connections
/// allowed, and whether the role may read all statistics.
const LEARN_SQL: &str = "SET statement_timeout = '2s'; SET search_path = pg_catalog; \
     SET default_transaction_read_only = on; \
     SELECT current_setting('server_version_num'), current_setting('server_version'), \
     current_setting('max_connections'), \
     CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN 1 ELSE 0 END";

impl Server {
    /// Asks the server what it is.
    ///
    /// # Errors
    /// It does not answer, or not as PostgreSQL 10 and later do.
    pub(super) fn learn(
        connection: &Connection,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Self, RemoteError> {
        let rows = match connection.ask(LEARN_SQL, target, deadline) {
            Ok(rows) => rows,
            Err(Failure::Fatal(error)) => return Err(error),
            Err(Failure::LeftOut(reason)) => {
                return Err(RemoteError::Refused { instance: target.instance.clone(), reason });
            }
        };
        Self::read(&rows).map_err(|error| RemoteError::Unexpected {
            instance: target.instance.clone(),
            reason: format!("its version: {error}"),
        })
    }

    fn read(rows: &[Row]) -> Result<Self, RowError> {
        let row = rows.first().ok_or(RowError { field: "version", expected: "there" })?;
        let mut values = row.values();
        let version = u32::try_from(values.whole("version")?).unwrap_or(u32::MAX);
        let text = values.text("version")?.unwrap_or_default();
        Ok(Self {
            version,
            // Debian writes its own package's version behind it.
            version_text: one_line(text.split_whitespace().next().unwrap_or_default(), 40),
            most_connections: values.whole("max_connections")?.max(1) as f64,
            sees_others: values.whole("privilege")? > 0,
        })
    }
}

/// One round: what is asked with, and where the answers go.
pub(super) struct Round<'a> {
    pub(super) connection: &'a Connection,
    pub(super) target: &'a Target,
    pub(super) server: &'a Server,
    pub(super) deadline: Deadline,
    pub(super) notes: &'a mut Notes,
    pub(super) readings: &'a mut Readings,
}

/// What remains of a round when a slow question has been given up.
const RESERVE: Duration = Duration::from_millis(500);
/// What a slow question has at the least.
const LEAST: Duration = Duration::from_millis(100);

/// What a role that may not see others is missing.
const GRANT: &str = "the role may not see the sessions of others; GRANT pg_monitor TO it";

impl Round<'_> {
    /// Asks one question and hands its rows to `read`. `None`, and a note, when it alone cannot be answered.
    fn part<T>(
        &mut self,
        name: &'static str,
        sql: &str,
        read: impl FnOnce(&[Row], &mut Readings) -> Result<T, RowError>,
    ) -> Result<Option<T>, RemoteError> {
        match self.connection.ask(sql, self.target, self.deadline) {
            Ok(rows) => {
                self.notes.note(name, None);
                let wrong = |error| RemoteError::Unexpected {
                    instance: self.target.instance.clone(),
                    reason: format!("{name}: {error}"),
                };
                read(&rows, self.readings).map(Some).map_err(wrong)
            }
            Err(Failure::LeftOut(words)) => {
                self.notes.note(name, Some(format!("left out: {words}")));
                Ok(None)
            }
            Err(Failure::Fatal(error)) => Err(error),
        }
    }

    /// [`Round::part`] for a question that may take long: the server gives it up in time for this round to end well.
    fn slow_part<T>(
        &mut self,
        name: &'static str,
        sql: &str,
        read: impl FnOnce(&[Row], &mut Readings) -> Result<T, RowError>,
    ) -> Result<Option<T>, RemoteError> {
        let left = self.deadline.left().unwrap_or_default();
        let millis = left.saturating_sub(RESERVE).max(LEAST).as_millis();
        self.part(name, &format!("SET LOCAL statement_timeout = {millis}; {sql}"), read)
    }

    /// Measures how long an answer takes, by a question that costs the server nothing.
    pub(super) fn response_time(&mut self, metric: &'static Declaration) -> Result<(), RemoteError> {
        let instance = &self.target.instance;
        let asked = Instant::now();
        self.part("response time", replication::STANDBY_SQL, |rows, readings| {
            readings.record(metric, &[instance], asked.elapsed().as_secs_f64());
            replication::record_standby(rows, instance, readings)
        })?;
        Ok(())
    }

    /// What is asked in every round and answered from memory.
    pub(super) fn fast(&mut self, ratio: &mut HitRatio) -> Result<(), RemoteError> {
        let instance = &self.target.instance;
        let most = self.server.most_connections;
        activity::record_limit(most, instance, self.readings);
        self.part("uptime", uptime::SQL, |rows, readings| uptime::record(rows, instance, readings))?;
        let may_see = self.server.sees_others;
        self.notes.note("sessions", (!may_see).then(|| GRANT.to_owned()));
        if may_see {
            self.part("connections", activity::SQL, |rows, readings| {
                activity::record(rows, most, instance, readings)
            })?;
            self.part("replicas", &replication::replicas_sql(), |rows, readings| {
                replication::record_lags(rows, instance, readings)
            })?;
        }
        let more = self.part("transactions", &databases::sql(), |rows, readings| {
            databases::record(rows, ratio, instance, readings)
        })?;
        self.notes.note("databases", more.flatten());
        self.part("write-ahead log", writing::WAL_SQL, |rows, readings| {
            writing::record_wal(rows, instance, readings)
        })?;
        self.part("checkpoints", writing::checkpoints_sql(self.server.version), |rows, readings| {
            writing::record_checkpoints(rows, instance, readings)
        })?;
        self.part("slots", &replication::slots_sql(), |rows, readings| {
            replication::record_slots(rows, instance, readings)
        })?;
        self.standby(may_see)
    }

    /// What only a standby has to tell; the questions have no rows on a primary.
    fn standby(&mut self, may_see: bool) -> Result<(), RemoteError> {
        let instance = &self.target.instance;
        let only_standby = |sql: &str| format!("{sql} WHERE pg_is_in_recovery()");
        self.part("standby", &only_standby(replication::SELF_SQL), |rows, readings| {
            replication::record_lags(rows, instance, readings)
        })?;
        if may_see {
            let sql = format!("{} HAVING pg_is_in_recovery()", replication::STREAMING_SQL);
            self.part("standby's connection", &sql, |rows, readings| {
                replication::record_streaming(rows, instance, readings)
            })?;
        }
        Ok(())
    }

    /// Locks, and who waits for whom, if anyone does; `None` when that is not known.
    pub(super) fn locks(&mut self) -> Result<Option<Vec<BlockedBy>>, RemoteError> {
        let instance = &self.target.instance;
        let waiting =
            self.part("locks", locks::SQL, |rows, readings| locks::record(rows, instance, readings))?;
        match waiting {
            Some(false) => Ok(Some(Vec::new())),
            Some(true) if self.server.sees_others => {
                self.part("who waits", &locks::blocked_sql(self.server.version), |rows, _| {
                    locks::blocked(rows)
                })
            }
            _ => Ok(None),
        }
    }

    /// Sizes and ages of the databases.
    pub(super) fn sizes(&mut self) -> Result<(), RemoteError> {
        let instance = &self.target.instance;
        self.slow_part("sizes", &databases::sizes_sql(), |rows, readings| {
            databases::record_sizes(rows, instance, readings)
        })?;
        Ok(())
    }

    /// Dead rows of the connected database.
    pub(super) fn tables(&mut self) -> Result<(), RemoteError> {
        let Target { instance, database, .. } = self.target;
        self.slow_part("dead rows", tables::SQL, |rows, readings| {
            tables::record(rows, database, instance, readings)
        })?;
        Ok(())
    }

    /// The statements that took most time; `None` when they are not known.
    pub(super) fn statements(&mut self) -> Result<Option<Vec<TopStatement>>, RemoteError> {
        const PART: &str = "statements";
        let Some(sql) = self.slow_part(PART, statements::WHERE_SQL, |rows, _| statements::sql(rows))? else {
            return Ok(None);
        };
        match sql {
            Some(sql) if self.server.sees_others => {
                self.slow_part(PART, &sql, |rows, _| statements::statements(rows))
            }
            Some(_) => Ok(None),
            None => {
                let why = "left out: CREATE EXTENSION pg_stat_statements was not run in this database";
                self.notes.note(PART, Some(why.to_owned()));
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::rows;
    use super::*;

    #[test]
    fn the_version_is_read() {
        let server = Server::read(&rows(&["150008|15.8 (Debian 15.8-0+deb12u1)|100|1"])).unwrap();
        assert_eq!((server.version, server.version_text.as_str()), (150_008, "15.8"));
        assert!(server.sees_others && server.most_connections == 100.0);
        for odd in [&[][..], &["x|15|100|1"], &["150008|15.8|100"], &["150008|15.8|-1|1"]] {
            assert!(Server::read(&rows(odd)).is_err(), "{odd:?}");
        }
    }
}
