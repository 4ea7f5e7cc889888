//! Redis persistence: RDB snapshots and append-only file.

use super::info::Info;
use crate::declare::{INSTANCE, gauge, panel};
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration =
    panel("Redis", "redis-persistence", "Unsaved changes (RDB)", Style::Line, Unit::Count).description(
    "Drops to zero with each snapshot. A line that only rises means that snapshots fail: a crash would lose these changes.",
);

static CHANGES: Declaration = gauge(
    "redis_rdb_changes_since_save",
    Unit::Count,
    INSTANCE,
    "Changes since the last RDB snapshot. Without an append-only file they are lost in a crash.",
    Some((&PANEL, PanelRole::HeadlineAndChart)),
    "",
);
static SAVE_AGE: Declaration = gauge(
    "redis_rdb_save_age_seconds",
    Unit::Seconds,
    INSTANCE,
    "Time since the last RDB snapshot, or since the start without one.",
    Some((&PANEL, PanelRole::Detail)),
    "last snapshot",
);
static SAVE_OK: Declaration = gauge(
    "redis_rdb_last_save_ok",
    Unit::Count,
    INSTANCE,
    "1 if the last RDB snapshot succeeded, 0 if it failed.",
    None,
    "snapshot OK",
);
static APPEND: Declaration = gauge(
    "redis_aof_enabled",
    Unit::Count,
    INSTANCE,
    "1 if the append-only file is enabled, 0 if not.",
    None,
    "append-only file",
);
static APPEND_OK: Declaration = gauge(
    "redis_aof_last_write_ok",
    Unit::Count,
    INSTANCE,
    "1 if the last write to the append-only file succeeded, 0 if it failed. Missing without such a file.",
    None,
    "append OK",
);
static APPEND_SIZE: Declaration = gauge(
    "redis_aof_size_bytes",
    Unit::Bytes,
    INSTANCE,
    "Size of the append-only file. Missing without one.",
    Some((&PANEL, PanelRole::Detail)),
    "append-only file",
);

pub(super) static METRICS: [&Declaration; 6] =
    [&CHANGES, &SAVE_AGE, &SAVE_OK, &APPEND, &APPEND_OK, &APPEND_SIZE];

/// Records persistence metrics.
pub(super) fn record(info: &Info<'_>, instance: &str, samples: &mut SampleBuffer) {
    let fields = [(&CHANGES, "rdb_changes_since_last_save"), (&APPEND_SIZE, "aof_current_size")];
    info.record(&fields, instance, samples);
    // Both by the server's clock, which may differ from ours. server_time_usec exists since Redis 6.2.
    if let (Some(now_micros), Some(saved)) =
        (info.number("server_time_usec", samples), info.number("rdb_last_save_time", samples))
    {
        samples.record(&SAVE_AGE, &[instance], (now_micros / 1e6 - saved).max(0.0));
    }
    if let Some(ok) = info.either("rdb_last_bgsave_status", ["err", "ok"], samples) {
        samples.record(&SAVE_OK, &[instance], f64::from(u8::from(ok)));
    }
    let appends = info.number("aof_enabled", samples);
    if let Some(enabled) = appends {
        samples.record(&APPEND, &[instance], enabled);
    }
    if appends.is_some_and(|enabled| enabled > 0.0)
        && let Some(ok) = info.either("aof_last_write_status", ["err", "ok"], samples)
    {
        samples.record(&APPEND_OK, &[instance], f64::from(u8::from(ok)));
    }
}
