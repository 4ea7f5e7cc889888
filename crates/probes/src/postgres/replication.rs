//! Replication of PostgreSQL: whether copies follow, how far behind they are, and what is kept for them.

use super::row::{Row, RowError};
use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::MOST_REPLICAS;
use watchglass_model::{Declaration, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-replication", "Replication lag", Style::Line, Unit::Bytes).meaning(
    "A sawtooth is normal; a slope means that the replica does not keep up, and a failover would lose that much.",
);

static LAG_BYTES: Declaration = gauge(
    "postgresql_replication_lag_bytes",
    Unit::Bytes,
    &["instance", "replica"],
    "Changes that a replica has not applied: of all that there are, as its primary sees it; and of those it has \
     received, as it sees itself (replica \"self\").",
    Some((&PANEL, Role::HeadlineAndChart)),
    "behind",
);
static LAG_SECONDS: Declaration = gauge(
    "postgresql_replication_lag_seconds",
    Unit::Seconds,
    &["instance", "replica"],
    "Age of the latest change that a replica has applied; 0 when it has applied all it knows of.",
    Some((&PANEL, Role::Detail)),
    "behind",
);
static SLOT: Declaration = gauge(
    "postgresql_replication_slot_retained_bytes",
    Unit::Bytes,
    &["instance", "slot"],
    "Log that is kept for a replication slot. A slot that nobody reads fills the disk.",
    Some((&PANEL, Role::Detail)),
    "kept for slots",
);
static STANDBY: Declaration = gauge(
    "postgresql_standby",
    Unit::Count,
    INSTANCE,
    "1 on a standby, which applies the changes of another server; 0 on a primary.",
    None,
    "standby",
);
static STREAMING: Declaration = gauge(
    "postgresql_standby_streaming",
    Unit::Count,
    INSTANCE,
    "On a standby: 1 when it receives changes over a connection, 0 when it does not.",
    None,
    "receiving",
);

pub(super) static METRICS: [&Declaration; 5] = [&LAG_BYTES, &LAG_SECONDS, &SLOT, &STANDBY, &STREAMING];

/// Whether this is a standby, which says all it takes to answer a question: its time is the response time.
pub(super) const STANDBY_SQL: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END";

/// Records the answer to [`STANDBY_SQL`], and gives it.
pub(super) fn record_standby(
    rows: &[Row],
    instance: &str,
    readings: &mut Readings,
) -> Result<bool, RowError> {
    let wrong = RowError { field: "standby", expected: "there" };
    let standby = rows.first().ok_or(wrong)?.values().number("standby")?.unwrap_or_default();
    readings.record(&STANDBY, &[instance], standby);
    Ok(standby > 0.0)
}

/// The end of the log as this server has it. A standby can have replicas too.
const END: &str =
    "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END";

/// Replica, bytes and seconds behind. A replica that is idle and has applied all tells no seconds.
///
/// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW>
pub(super) fn replicas_sql() -> String {
    format!(
        "SELECT concat(application_name, '@' || host(client_addr)), \
         max(greatest(pg_wal_lsn_diff({END}, replay_lsn), 0)), \
         extract(epoch FROM max(greatest(replay_lag, '0'))) \
         FROM pg_stat_replication WHERE state IN ('streaming', 'catchup') GROUP BY 1 ORDER BY 1 LIMIT {MOST_REPLICAS}"
    )
}

/// Records the answer to [`replicas_sql`] or to [`SELF_SQL`].
pub(super) fn record_lags(rows: &[Row], instance: &str, readings: &mut Readings) -> Result<(), RowError> {
    for row in rows.iter().take(MOST_REPLICAS) {
        let mut values = row.values();
        let replica = values.name("replica")?;
        let bytes = values.number("bytes behind")?;
        let seconds = values.number("seconds behind")?;
        if let Some(bytes) = bytes {
            readings.record(&LAG_BYTES, &[instance, &replica], bytes);
        }
        if let Some(seconds) = if bytes == Some(0.0) { Some(0.0) } else { seconds } {
            readings.record(&LAG_SECONDS, &[instance, &replica], seconds);
        }
    }
    Ok(())
}

/// This server as a replica, in the form of [`replicas_sql`].
pub(super) const SELF_SQL: &str = "SELECT 'self', greatest(pg_wal_lsn_diff(received, applied), 0), \
     extract(epoch FROM greatest(clock_timestamp() - pg_last_xact_replay_timestamp(), '0')) \
     FROM (SELECT pg_last_wal_receive_lsn() AS received, pg_last_wal_replay_lsn() AS applied) AS positions";

/// How many connections to a primary there are that changes come over: one or none.
pub(super) const STREAMING_SQL: &str = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'";

/// Records the answer to [`STREAMING_SQL`].
pub(super) fn record_streaming(
    rows: &[Row],
    instance: &str,
    readings: &mut Readings,
) -> Result<(), RowError> {
    for row in rows.iter().take(1) {
        if let Some(count) = row.values().number("connections")? {
            readings.record(&STREAMING, &[instance], count.min(1.0));
        }
    }
    Ok(())
}

/// Slot, and bytes of log kept for it.
///
/// <https://www.postgresql.org/docs/current/view-pg-replication-slots.html>
pub(super) fn slots_sql() -> String {
    format!(
        "SELECT slot_name, greatest(pg_wal_lsn_diff({END}, restart_lsn), 0) FROM pg_replication_slots \
         ORDER BY 1 LIMIT {MOST_REPLICAS}"
    )
}

/// Records the answer to [`slots_sql`].
pub(super) fn record_slots(rows: &[Row], instance: &str, readings: &mut Readings) -> Result<(), RowError> {
    for row in rows.iter().take(MOST_REPLICAS) {
        let mut values = row.values();
        let slot = values.name("slot")?;
        if let Some(bytes) = values.number("bytes kept")? {
            readings.record(&SLOT, &[instance, &slot], bytes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::{rows, written};

    #[test]
    fn a_lag_is_zero_when_all_is_applied_and_missing_when_it_is_not_told() {
        let mut readings = Readings::new();
        let answer = given(&["a@10.0.0.1|4096|1.5", "b|0|-", "c|8|-", "self|-|3"]);
        record_lags(&answer, "i", &mut readings).unwrap();
        record_slots(&given(&["s|100", "t|-"]), "i", &mut readings).unwrap();
        assert!(record_standby(&given(&["1"]), "i", &mut readings).unwrap());
        assert!(!record_standby(&given(&["0"]), "i", &mut readings).unwrap());
        assert!(record_standby(&[], "i", &mut readings).is_err());
        let expected = written(&[
            ("postgresql_replication_lag_bytes", "i a@10.0.0.1", 4096.0),
            ("postgresql_replication_lag_seconds", "i a@10.0.0.1", 1.5),
            ("postgresql_replication_lag_bytes", "i b", 0.0),
            ("postgresql_replication_lag_seconds", "i b", 0.0),
            ("postgresql_replication_lag_bytes", "i c", 8.0),
            ("postgresql_replication_lag_seconds", "i self", 3.0),
            ("postgresql_replication_slot_retained_bytes", "i s", 100.0),
            ("postgresql_standby", "i", 1.0),
            ("postgresql_standby", "i", 0.0),
        ]);
        assert_eq!(rows(&readings), expected);
    }
}
