//! PostgreSQL replication: lag, standby state and replication slots.

use super::row::{Row, RowError};
use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::MAX_REPLICAS;
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-replication", "Replication lag", Style::Line, Unit::Bytes).description(
    "A sawtooth is normal. A slope means that the replica cannot keep up; a failover would lose that much data.",
);

static LAG_BYTES: Declaration = gauge(
    "postgresql_replication_lag_bytes",
    Unit::Bytes,
    &["instance", "replica"],
    "WAL not yet replayed by a replica: as seen by the primary, or of the received WAL as seen by the replica itself \
     (replica \"self\").",
    Some((&PANEL, PanelRole::HeadlineAndChart)),
    "behind",
);
static LAG_SECONDS: Declaration = gauge(
    "postgresql_replication_lag_seconds",
    Unit::Seconds,
    &["instance", "replica"],
    "Age of the latest transaction replayed by a replica; 0 if it has replayed everything received.",
    Some((&PANEL, PanelRole::Detail)),
    "behind",
);
static SLOT: Declaration = gauge(
    "postgresql_replication_slot_retained_bytes",
    Unit::Bytes,
    &["instance", "slot"],
    "WAL retained for a replication slot. An unused slot fills the disk.",
    Some((&PANEL, PanelRole::Detail)),
    "retained by slots",
);
static STANDBY: Declaration =
    gauge("postgresql_standby", Unit::Count, INSTANCE, "1 on a standby, 0 on a primary.", None, "standby");
static STREAMING: Declaration = gauge(
    "postgresql_standby_streaming",
    Unit::Count,
    INSTANCE,
    "On a standby: 1 if the WAL receiver is streaming, 0 otherwise.",
    None,
    "streaming",
);

pub(super) static METRICS: [&Declaration; 5] = [&LAG_BYTES, &LAG_SECONDS, &SLOT, &STANDBY, &STREAMING];

/// Whether the server is a standby. Trivial query, also used to measure the response time.
pub(super) const STANDBY_SQL: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END";

/// Records and returns the result of [`STANDBY_SQL`].
pub(super) fn record_standby(
    rows: &[Row],
    instance: &str,
    samples: &mut SampleBuffer,
) -> Result<bool, RowError> {
    let missing = RowError { field: "standby", expected: "present" };
    let standby = rows.first().ok_or(missing)?.values().number("standby")?.unwrap_or_default();
    samples.record(&STANDBY, &[instance], standby);
    Ok(standby > 0.0)
}

/// Current WAL position. A standby can have replicas, too.
const END: &str =
    "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END";

/// Replica and lag in bytes and seconds. The seconds are NULL for an idle replica that has replayed everything.
///
/// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW>
pub(super) fn replicas_sql() -> String {
    format!(
        "SELECT concat(application_name, '@' || host(client_addr)), \
         max(greatest(pg_wal_lsn_diff({END}, replay_lsn), 0)), \
         extract(epoch FROM max(greatest(replay_lag, '0'))) \
         FROM pg_stat_replication WHERE state IN ('streaming', 'catchup') GROUP BY 1 ORDER BY 1 LIMIT {MAX_REPLICAS}"
    )
}

/// Records the result of [`replicas_sql`] or [`SELF_SQL`].
pub(super) fn record_lags(rows: &[Row], instance: &str, samples: &mut SampleBuffer) -> Result<(), RowError> {
    for row in rows.iter().take(MAX_REPLICAS) {
        let mut values = row.values();
        let replica = values.name("replica")?;
        let bytes = values.number("bytes behind")?;
        let seconds = values.number("seconds behind")?;
        if let Some(bytes) = bytes {
            samples.record(&LAG_BYTES, &[instance, &replica], bytes);
        }
        if let Some(seconds) = if bytes == Some(0.0) { Some(0.0) } else { seconds } {
            samples.record(&LAG_SECONDS, &[instance, &replica], seconds);
        }
    }
    Ok(())
}

/// Lag of this server as a replica, in the form of [`replicas_sql`].
pub(super) const SELF_SQL: &str = "SELECT 'self', greatest(pg_wal_lsn_diff(received, applied), 0), \
     extract(epoch FROM greatest(clock_timestamp() - pg_last_xact_replay_timestamp(), '0')) \
     FROM (SELECT pg_last_wal_receive_lsn() AS received, pg_last_wal_replay_lsn() AS applied) AS positions";

/// Number of streaming WAL receivers: 0 or 1.
pub(super) const STREAMING_SQL: &str = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'";

/// Records the result of [`STREAMING_SQL`].
pub(super) fn record_streaming(
    rows: &[Row],
    instance: &str,
    samples: &mut SampleBuffer,
) -> Result<(), RowError> {
    for row in rows.iter().take(1) {
        if let Some(count) = row.values().number("connections")? {
            samples.record(&STREAMING, &[instance], count.min(1.0));
        }
    }
    Ok(())
}

/// Slot and retained WAL bytes.
///
/// <https://www.postgresql.org/docs/current/view-pg-replication-slots.html>
pub(super) fn slots_sql() -> String {
    format!(
        "SELECT slot_name, greatest(pg_wal_lsn_diff({END}, restart_lsn), 0) FROM pg_replication_slots \
         ORDER BY 1 LIMIT {MAX_REPLICAS}"
    )
}

/// Records the result of [`slots_sql`].
pub(super) fn record_slots(rows: &[Row], instance: &str, samples: &mut SampleBuffer) -> Result<(), RowError> {
    for row in rows.iter().take(MAX_REPLICAS) {
        let mut values = row.values();
        let slot = values.name("slot")?;
        if let Some(bytes) = values.number("bytes kept")? {
            samples.record(&SLOT, &[instance, &slot], bytes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::{expected_rows, rows};

    #[test]
    fn lag_is_zero_when_replayed_and_missing_when_unknown() {
        let mut samples = SampleBuffer::new();
        let answer = given(&["a@10.0.0.1|4096|1.5", "b|0|-", "c|8|-", "self|-|3"]);
        record_lags(&answer, "i", &mut samples).unwrap();
        record_slots(&given(&["s|100", "t|-"]), "i", &mut samples).unwrap();
        assert!(record_standby(&given(&["1"]), "i", &mut samples).unwrap());
        assert!(!record_standby(&given(&["0"]), "i", &mut samples).unwrap());
        assert!(record_standby(&[], "i", &mut samples).is_err());
        let expected = expected_rows(&[
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
        assert_eq!(rows(&samples), expected);
    }
}
