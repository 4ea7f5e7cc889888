//! Persistence of Redis: what a crash would cost.

use super::info::Info;
use crate::TextError;
use crate::declare::{INSTANCE, gauge, panel};
use watchglass_model::{Declaration, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration =
    panel("Redis", "redis-persistence", "Changes not in a snapshot", Style::Line, Unit::Count).meaning(
    "It falls to zero with each snapshot. A line that only rises means snapshots fail: that much would be lost.",
);

static CHANGES: Declaration = gauge(
    "redis_rdb_changes_since_save",
    Unit::Count,
    INSTANCE,
    "Changes since the last snapshot was written. Without an append-only file they would be lost in a crash.",
    Some((&PANEL, Role::HeadlineAndChart)),
    "",
);
static SAVE_AGE: Declaration = gauge(
    "redis_rdb_save_age_seconds",
    Unit::Seconds,
    INSTANCE,
    "Time since the last snapshot was written; since the start, when none was.",
    Some((&PANEL, Role::Detail)),
    "last snapshot",
);
static SAVE_OK: Declaration = gauge(
    "redis_rdb_last_save_ok",
    Unit::Count,
    INSTANCE,
    "1 when the last snapshot was written without error, 0 when it was not.",
    None,
    "snapshot written",
);
static APPEND: Declaration = gauge(
    "redis_aof_enabled",
    Unit::Count,
    INSTANCE,
    "1 when Redis keeps an append-only file, 0 when it does not.",
    None,
    "append-only file",
);
static APPEND_OK: Declaration = gauge(
    "redis_aof_last_write_ok",
    Unit::Count,
    INSTANCE,
    "1 when the last write to the append-only file succeeded, 0 when it did not. Missing without such a file.",
    None,
    "appended",
);
static APPEND_SIZE: Declaration = gauge(
    "redis_aof_size_bytes",
    Unit::Bytes,
    INSTANCE,
    "Size of the append-only file. Missing without one.",
    Some((&PANEL, Role::Detail)),
    "append-only file",
);

pub(super) static METRICS: [&Declaration; 6] =
    [&CHANGES, &SAVE_AGE, &SAVE_OK, &APPEND, &APPEND_OK, &APPEND_SIZE];

/// Records persistence.
pub(super) fn record(info: &Info<'_>, instance: &str, readings: &mut Readings) -> Result<(), TextError> {
    let fields = [
        (&CHANGES, "rdb_changes_since_last_save"),
        (&APPEND, "aof_enabled"),
        (&APPEND_SIZE, "aof_current_size"),
    ];
    info.record(&fields, instance, readings)?;
    // Both by the server's clock: ours may be another. Before Redis 6.2 it does not tell its own.
    if let (Some(now_micros), Some(saved)) =
        (info.number("server_time_usec")?, info.number("rdb_last_save_time")?)
    {
        readings.record(&SAVE_AGE, &[instance], (now_micros / 1e6 - saved).max(0.0));
    }
    if let Some(ok) = info.is("rdb_last_bgsave_status", "ok") {
        readings.record(&SAVE_OK, &[instance], f64::from(u8::from(ok)));
    }
    let appends = info.number("aof_enabled")?.is_some_and(|enabled| enabled > 0.0);
    if let Some(ok) = info.is("aof_last_write_status", "ok").filter(|_| appends) {
        readings.record(&APPEND_OK, &[instance], f64::from(u8::from(ok)));
    }
    Ok(())
}
