//! One measurement round of a PostgreSQL server, with notes for failed queries.

use super::connection::{Connection, QueryError};
use super::row::{Row, RowError};
use super::target::Target;
use super::top_queries::Texts;
use super::{activity, databases, locks, replication, tables, top_queries, uptime, wal};

use crate::remote::{HitRatio, Notes, Uptime};
use std::time::{Duration, Instant};
use watchglass_model::{BlockedSession, Declaration, SampleBuffer, SkipReason, TopStatement};
use watchglass_remote::{Deadline, RemoteError, one_line};

/// Server information, read once per connection.
pub(super) struct ServerInfo {
    /// Version number: 150008 is 15.8.
    pub(super) version: u32,
    /// Version string.
    pub(super) version_text: String,
    /// `max_connections`.
    max_connections: f64,
    /// Whether the role can see other sessions.
    can_see_sessions: bool,
}

/// Sets the limits and the search path, so that no function of another schema is called, and reads the version,
/// `max_connections`, and whether the role may read all statistics.
const SERVER_INFO_SQL: &str = "SET statement_timeout = '2s'; SET search_path = pg_catalog; \
     SET default_transaction_read_only = on; \
     SELECT current_setting('server_version_num'), current_setting('server_version'), \
     current_setting('max_connections'), \
     CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN 1 ELSE 0 END";

impl ServerInfo {
    /// Reads the server information.
    ///
    /// # Errors
    /// The query fails, or the server is not PostgreSQL 10 or later.
    pub(super) fn query(
        connection: &Connection,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Self, RemoteError> {
        let rows = match connection.query(SERVER_INFO_SQL, target, deadline) {
            Ok(rows) => rows,
            Err(QueryError::Fatal(error)) => return Err(error),
            Err(QueryError::Skipped(reason) | QueryError::Encoding(reason)) => {
                return Err(RemoteError::Rejected { instance: target.instance.clone(), reason });
            }
        };
        Self::read(&rows).map_err(|error| RemoteError::UnexpectedResponse {
            instance: target.instance.clone(),
            reason: format!("server version: {error}"),
        })
    }

    fn read(rows: &[Row]) -> Result<Self, RowError> {
        let row = rows.first().ok_or_else(|| RowError::missing("version"))?;
        let mut values = row.values();
        let version = u32::try_from(values.integer::<u64>("version")?).unwrap_or(u32::MAX);
        let text = values.text("version")?.unwrap_or_default();
        Ok(Self {
            version,
            // Debian appends its package version.
            version_text: one_line(text.split_whitespace().next().unwrap_or_default(), 40),
            max_connections: values.integer::<u64>("max_connections")?.max(1) as f64,
            can_see_sessions: values.integer::<u64>("privilege")? > 0,
        })
    }
}

/// Values of the previous rounds.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub(super) ratio: HitRatio,
    pub(super) uptime: Uptime,
}

/// State of one measurement round.
pub(super) struct Round<'a> {
    pub(super) connection: &'a Connection,
    pub(super) target: &'a Target,
    pub(super) server: &'a ServerInfo,
    pub(super) deadline: Deadline,
    pub(super) notes: &'a mut Notes,
    pub(super) samples: &'a mut SampleBuffer,
}

/// Time left for the rest of the round after a slow query was cancelled.
const RESERVE: Duration = Duration::from_millis(500);
/// Minimum timeout of a slow query.
const MIN_SLOW_TIMEOUT: Duration = Duration::from_millis(100);

/// Note for a role without the required privilege.
const GRANT: &str = "the role cannot see other sessions; run GRANT pg_monitor TO the role";

impl Round<'_> {
    /// Runs a query and passes its rows to `read`. `None` and a note if only this query fails.
    fn part<T>(
        &mut self,
        name: &'static str,
        sql: &str,
        read: impl FnOnce(&[Row], &mut SampleBuffer) -> T,
    ) -> Result<Option<T>, RemoteError> {
        match self.connection.query(sql, self.target, self.deadline) {
            Ok(rows) => {
                self.notes.note(name, None);
                Ok(Some(read(&rows, self.samples)))
            }
            Err(QueryError::Encoding(message)) => {
                self.samples.skip(name, &message, SkipReason::Encoding);
                Ok(None)
            }
            Err(QueryError::Skipped(message)) => {
                self.notes.note(name, Some(format!("not available: {message}")));
                Ok(None)
            }
            Err(QueryError::Fatal(error)) => Err(error),
        }
    }

    /// [`Round::part`] for a slow query: the server cancels it in time for the round to finish.
    fn slow_part<T>(
        &mut self,
        name: &'static str,
        sql: &str,
        read: impl FnOnce(&[Row], &mut SampleBuffer) -> T,
    ) -> Result<Option<T>, RemoteError> {
        let left = self.deadline.remaining().unwrap_or_default();
        let millis = left.saturating_sub(RESERVE).max(MIN_SLOW_TIMEOUT).as_millis();
        self.part(name, &format!("SET LOCAL statement_timeout = {millis}; {sql}"), read)
    }

    /// Measures the latency of a trivial query.
    pub(super) fn response_time(&mut self, metric: &'static Declaration) -> Result<(), RemoteError> {
        let instance = &self.target.instance;
        let asked = Instant::now();
        self.part("response time", replication::STANDBY_SQL, |rows, samples| {
            samples.record(metric, &[instance], asked.elapsed().as_secs_f64());
            replication::record_standby(rows, instance, samples);
        })?;
        Ok(())
    }

    /// Cheap queries of every round.
    pub(super) fn fast_queries(&mut self, before: &mut Before) -> Result<(), RemoteError> {
        let instance = &self.target.instance;
        let max_connections = self.server.max_connections;
        activity::record_limit(max_connections, instance, self.samples);
        self.part("uptime", uptime::SQL, |rows, samples| {
            uptime::record(rows, &mut before.uptime, instance, samples);
        })?;
        let can_see_sessions = self.server.can_see_sessions;
        self.notes.note("sessions", (!can_see_sessions).then(|| GRANT.to_owned()));
        if can_see_sessions {
            self.part("connections", activity::SQL, |rows, samples| {
                activity::record(rows, max_connections, instance, samples)
            })?;
            self.part("replicas", &replication::replicas_sql(), |rows, samples| {
                replication::record_lags(rows, instance, samples)
            })?;
        }
        let more = self.part("transactions", &databases::sql(), |rows, samples| {
            databases::record(rows, &mut before.ratio, instance, samples)
        })?;
        self.notes.note("databases", more.flatten());
        self.part("WAL", wal::WAL_SQL, |rows, samples| wal::record_wal(rows, instance, samples))?;
        self.part("checkpoints", wal::checkpoints_sql(self.server.version), |rows, samples| {
            wal::record_checkpoints(rows, instance, samples)
        })?;
        self.part("replication slots", &replication::slots_sql(), |rows, samples| {
            replication::record_slots(rows, instance, samples)
        })?;
        self.standby(can_see_sessions)
    }

    /// Queries of a standby; they have no rows on a primary.
    fn standby(&mut self, can_see_sessions: bool) -> Result<(), RemoteError> {
        let instance = &self.target.instance;
        self.part("standby", replication::SELF_SQL, |rows, samples| {
            replication::record_lags(rows, instance, samples);
        })?;
        if can_see_sessions {
            self.part("WAL receiver", replication::STREAMING_SQL, |rows, samples| {
                replication::record_streaming(rows, instance, samples)
            })?;
        }
        Ok(())
    }

    /// Records locks and returns the blocked sessions; `None` if they are unknown.
    pub(super) fn locks(&mut self) -> Result<Option<Vec<BlockedSession>>, RemoteError> {
        let instance = &self.target.instance;
        let waiting =
            self.part("locks", locks::SQL, |rows, samples| locks::record(rows, instance, samples))?;
        match waiting {
            Some(false) => Ok(Some(Vec::new())),
            Some(true) if self.server.can_see_sessions => {
                self.part("blocking sessions", &locks::blocked_sql(self.server.version), |rows, samples| {
                    locks::blocked_sessions(rows, samples)
                })
            }
            _ => Ok(None),
        }
    }

    /// Records database sizes and transaction ID ages.
    pub(super) fn sizes(&mut self) -> Result<(), RemoteError> {
        let instance = &self.target.instance;
        self.slow_part("sizes", &databases::sizes_sql(), |rows, samples| {
            databases::record_sizes(rows, instance, samples)
        })?;
        Ok(())
    }

    /// Records dead tuples of the connected database.
    pub(super) fn tables(&mut self) -> Result<(), RemoteError> {
        let Target { instance, database, .. } = self.target;
        self.slow_part("dead tuples", tables::SQL, |rows, samples| {
            tables::record(rows, database, instance, samples)
        })?;
        Ok(())
    }

    /// The top queries by total time; `None` if they are unknown.
    pub(super) fn top_queries(
        &mut self,
        texts: &mut Texts,
    ) -> Result<Option<Vec<TopStatement>>, RemoteError> {
        const PART: &str = "top queries";
        let Some(extension) = self.slow_part(PART, top_queries::VIEW_SQL, top_queries::extension)? else {
            return Ok(None);
        };
        let Some(extension) = extension else {
            let reason = "not available: run CREATE EXTENSION pg_stat_statements in this database";
            self.notes.note(PART, Some(reason.to_owned()));
            return Ok(None);
        };
        if !self.server.can_see_sessions {
            return Ok(None);
        }
        let top = self.slow_part(PART, &extension.statistics_sql(), top_queries::statistics)?;
        let Some(top) = top else { return Ok(None) };
        if let Some(sql) = texts.sql(&extension, &top) {
            let asked = Instant::now();
            let read =
                self.slow_part("texts of top queries", &sql, |rows, samples| texts.add(rows, samples))?;
            texts.end(read.is_some(), asked.elapsed());
        }
        Ok(Some(texts.top_queries(top)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::rows;
    use super::*;

    #[test]
    fn server_information_is_parsed() {
        let server = ServerInfo::read(&rows(&["150008|15.8 (Debian 15.8-0+deb12u1)|100|1"])).unwrap();
        assert_eq!((server.version, server.version_text.as_str()), (150_008, "15.8"));
        assert!(server.can_see_sessions && server.max_connections == 100.0);
        for odd in [&[][..], &["x|15|100|1"], &["150008|15.8|100"], &["150008|15.8|-1|1"]] {
            assert!(ServerInfo::read(&rows(odd)).is_err(), "{odd:?}");
        }
    }
}
