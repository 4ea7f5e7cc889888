//! PostgreSQL WAL and checkpoints.

use super::row::Row;
use crate::declare::{INSTANCE, counter, panel};
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-wal", "WAL", Style::Area, Unit::BytesPerSecond).description(
    "WAL write rate. Peaks are bulk changes and checkpoints. A lasting rise fills archives and slows replicas.",
);

static WAL: Declaration = counter(
    "postgresql_wal_bytes_total",
    Unit::Bytes,
    INSTANCE,
    "WAL position: written on a primary, received on a standby.",
    Some((&PANEL, PanelRole::HeadlineAndChart)),
    "",
);
static CHECKPOINTS: Declaration = counter(
    "postgresql_checkpoints_total",
    Unit::Count,
    &["instance", "reason"],
    "Checkpoints: scheduled (timed), or triggered by WAL volume or a command (requested). Many requested ones mean that \
     max_wal_size is too small.",
    Some((&PANEL, PanelRole::Detail)),
    "checkpoints",
);
static CHECKPOINT_TIME: Declaration = counter(
    "postgresql_checkpoint_seconds_total",
    Unit::Seconds,
    &["instance", "step"],
    "Time spent by checkpoints writing blocks (write) and syncing them to disk (sync).",
    None,
    "checkpoints",
);
static BUFFERS: Declaration = counter(
    "postgresql_buffers_written_total",
    Unit::Count,
    &["instance", "by"],
    "Buffers written by checkpoints, by the background writer (cleaner), and by backends (not available since \
     PostgreSQL 17).",
    None,
    "buffers written",
);

pub(super) static METRICS: [&Declaration; 4] = [&WAL, &CHECKPOINTS, &CHECKPOINT_TIME, &BUFFERS];

/// WAL position. `pg_last_wal_receive_lsn` is NULL on a standby that restores from an archive.
pub(super) const WAL_SQL: &str = "SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() \
     THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_lsn() END, '0/0')";

/// Records the result of [`WAL_SQL`].
pub(super) fn record_wal(rows: &[Row], instance: &str, samples: &mut SampleBuffer) {
    for row in rows.iter().take(1) {
        if let Some(bytes) = row.values().take("WAL position", samples) {
            samples.record(&WAL, &[instance], bytes);
        }
    }
}

/// Timed and requested checkpoints, write and sync time in milliseconds, and buffers written by checkpoints, by the
/// background writer and by backends.
///
/// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-CHECKPOINTER-VIEW>
pub(super) fn checkpoints_sql(version: u32) -> &'static str {
    if version >= 170_000 {
        "SELECT c.num_timed, c.num_requested, c.write_time, c.sync_time, c.buffers_written, b.buffers_clean, NULL \
         FROM pg_stat_checkpointer c, pg_stat_bgwriter b"
    } else {
        "SELECT checkpoints_timed, checkpoints_req, checkpoint_write_time, checkpoint_sync_time, \
         buffers_checkpoint, buffers_clean, buffers_backend FROM pg_stat_bgwriter"
    }
}

/// Records the result of [`checkpoints_sql`].
pub(super) fn record_checkpoints(rows: &[Row], instance: &str, samples: &mut SampleBuffer) {
    let fields: [(&Declaration, &str, f64); 7] = [
        (&CHECKPOINTS, "timed", 1.0),
        (&CHECKPOINTS, "requested", 1.0),
        (&CHECKPOINT_TIME, "write", 1e-3),
        (&CHECKPOINT_TIME, "sync", 1e-3),
        (&BUFFERS, "checkpoints", 1.0),
        (&BUFFERS, "cleaner", 1.0),
        (&BUFFERS, "backends", 1.0),
    ];
    for row in rows.iter().take(1) {
        let mut values = row.values();
        for (metric, label, factor) in fields {
            if let Some(value) = values.take(label, samples) {
                samples.record(metric, &[instance, label], value * factor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::{expected_rows, rows};

    #[test]
    fn milliseconds_become_seconds_and_null_is_missing() {
        let mut samples = SampleBuffer::new();
        record_checkpoints(&given(&["5|2|1500|20|7|8|-"]), "i", &mut samples);
        record_wal(&given(&["123456789"]), "i", &mut samples);
        record_wal(&given(&["-"]), "i", &mut samples);
        let expected = expected_rows(&[
            ("postgresql_checkpoints_total", "i timed", 5.0),
            ("postgresql_checkpoints_total", "i requested", 2.0),
            ("postgresql_checkpoint_seconds_total", "i write", 1.5),
            ("postgresql_checkpoint_seconds_total", "i sync", 0.02),
            ("postgresql_buffers_written_total", "i checkpoints", 7.0),
            ("postgresql_buffers_written_total", "i cleaner", 8.0),
            ("postgresql_wal_bytes_total", "i", 123_456_789.0),
        ]);
        assert_eq!(rows(&samples), expected);
    }
}
