//! PostgreSQL replication: lag, standby state and replication slots.

use super::row::{Row, RowError};
use crate::declare::{INSTANCE, gauge, panel};
use crate::reading::OrSkip;
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

/// Records the result of [`STANDBY_SQL`].
pub(super) fn record_standby(rows: &[Row], instance: &str, samples: &mut SampleBuffer) {
    let row = rows.first().ok_or_else(|| RowError::missing("standby"));
    if let Some(standby) = row.and_then(|row| row.values().number("standby")).or_skip(samples).flatten() {
        samples.record(&STANDBY, &[instance], standby);
    }
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
pub(super) fn record_lags(rows: &[Row], instance: &str, samples: &mut SampleBuffer) {
    for row in rows.iter().take(MAX_REPLICAS) {
        let mut values = row.values();
        let Some(replica) = values.name("replica").or_skip(samples) else { continue };
        let bytes = values.take("bytes behind", samples);
        let seconds = values.take("seconds behind", samples);
        if let Some(bytes) = bytes {
            samples.record(&LAG_BYTES, &[instance, &replica], bytes);
        }
        if let Some(seconds) = if bytes == Some(0.0) { Some(0.0) } else { seconds } {
            samples.record(&LAG_SECONDS, &[instance, &replica], seconds);
        }
    }
}

/// Lag of this server as a replica, in the form of [`replicas_sql`]; no row unless it receives WAL: what a standby that is
/// cut off does not know is no lag. The status is NULL for roles that may not read it.
pub(super) const SELF_SQL: &str = "SELECT 'self', greatest(pg_wal_lsn_diff(received, applied), 0), \
     extract(epoch FROM greatest(clock_timestamp() - pg_last_xact_replay_timestamp(), '0')) \
     FROM (SELECT pg_last_wal_receive_lsn() AS received, pg_last_wal_replay_lsn() AS applied) AS positions \
     WHERE pg_is_in_recovery() \
     AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status IS NULL OR status = 'streaming')";

/// Number of streaming WAL receivers of a standby: 0 or 1. No row on a primary, and none on a standby that is fed from
/// an archive alone. The setting is hidden from roles that may not read it, and is no setting before PostgreSQL 12.
pub(super) const STREAMING_SQL: &str = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming' HAVING pg_is_in_recovery() \
     AND coalesce((SELECT setting <> '' FROM pg_settings WHERE name = 'primary_conninfo'), true)";

/// Records the result of [`STREAMING_SQL`].
pub(super) fn record_streaming(rows: &[Row], instance: &str, samples: &mut SampleBuffer) {
    for row in rows.iter().take(1) {
        if let Some(count) = row.values().take("connections", samples) {
            samples.record(&STREAMING, &[instance], count.min(1.0));
        }
    }
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
pub(super) fn record_slots(rows: &[Row], instance: &str, samples: &mut SampleBuffer) {
    for row in rows.iter().take(MAX_REPLICAS) {
        let mut values = row.values();
        let Some(slot) = values.name("slot").or_skip(samples) else { continue };
        if let Some(bytes) = values.take("bytes kept", samples) {
            samples.record(&SLOT, &[instance, &slot], bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::{expected_rows, rows};

    #[test]
    fn lag_is_zero_when_replayed_and_missing_when_unknown() {
        let mut samples = SampleBuffer::new();
        let answer = given(&["a@10.0.0.1|4096|1.5", "b|0|-", "c|8|-", "self|-|3", "bad|x|-"]);
        record_lags(&answer, "i", &mut samples);
        record_slots(&given(&["s|100", "t|-"]), "i", &mut samples);
        for rows in [&["1"][..], &["0"], &[], &["x"]] {
            record_standby(&given(rows), "i", &mut samples);
        }
        let notes = ["bytes behind not a number", "standby missing", "standby not a number"];
        assert_eq!(crate::testing::skipped(&samples), notes);
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
