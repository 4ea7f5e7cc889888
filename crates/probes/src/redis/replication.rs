//! Redis replication: replicas, lag and link state.

use super::info::{Info, Parts};
use super::traffic::UPTIME_FIELD;
use crate::declare::{INSTANCE, gauge, panel};
use crate::reading;
use crate::remote::MAX_REPLICAS;
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, SkipReason, Style, Unit};
use watchglass_remote::one_line;

static PANEL: PanelDeclaration =
    panel("Redis", "redis-replication", "Replication lag", Style::Line, Unit::Bytes).description(
    "Should be near zero. A slope is a replica that cannot keep up (network or memory) and will need a full resync.",
);

static LAG_BYTES: Declaration = gauge(
    "redis_replication_lag_bytes",
    Unit::Bytes,
    &["instance", "replica"],
    "Bytes sent by the master and not yet acknowledged by a replica, as seen by the master.",
    Some((&PANEL, PanelRole::HeadlineAndChart)),
    "behind",
);
static LAG_SECONDS: Declaration = gauge(
    "redis_replication_lag_seconds",
    Unit::Seconds,
    &["instance", "replica"],
    "Time since the last message of a replica to its master. Up to a second is normal.",
    Some((&PANEL, PanelRole::Detail)),
    "last contact",
);
static REPLICAS: Declaration = gauge(
    "redis_replicas",
    Unit::Count,
    INSTANCE,
    "Connected replicas.",
    Some((&PANEL, PanelRole::Detail)),
    "replicas",
);
static LINK_UP: Declaration = gauge(
    "redis_replication_link_up",
    Unit::Count,
    INSTANCE,
    "On a replica: 1 if it is connected to its master, 0 if not.",
    None,
    "connected to master",
);
static SILENT: Declaration = gauge(
    "redis_replication_silent_seconds",
    Unit::Seconds,
    INSTANCE,
    "On a replica: time since the last message of its master. Missing while disconnected.",
    None,
    "last contact with master",
);
static DOWN: Declaration = gauge(
    "redis_replication_link_down_seconds",
    Unit::Seconds,
    INSTANCE,
    "On a replica: time since the connection to its master was lost. Missing while connected.",
    None,
    "disconnected from master",
);

pub(super) static METRICS: [&Declaration; 6] =
    [&LAG_BYTES, &LAG_SECONDS, &REPLICAS, &LINK_UP, &SILENT, &DOWN];

/// Maximum length of a replica's address or announced name.
const MAX_NAME_CHARS: usize = 100;

/// Maximum plausible age in seconds without a known uptime: ten years.
const MAX_AGE_SECONDS: f64 = 315_576_000.0;
/// How much an age may exceed the uptime, in seconds: clock corrections.
const UPTIME_TOLERANCE_SECONDS: f64 = 60.0;

/// Records replication metrics.
pub(super) fn record(info: &Info<'_>, instance: &str, samples: &mut SampleBuffer) {
    info.record(&[(&REPLICAS, "connected_slaves")], instance, samples);
    // Dragonfly reports the new name.
    if matches!(info.word("role"), Some("slave" | "replica")) {
        for (metric, name) in
            [(&SILENT, "master_last_io_seconds_ago"), (&DOWN, "master_link_down_since_seconds")]
        {
            record_age(metric, name, info, instance, samples);
        }
        if let Some(up) = info.either("master_link_status", ["down", "up"], samples) {
            samples.record(&LINK_UP, &[instance], f64::from(u8::from(up)));
        }
    }
    let sent = info.number("master_repl_offset", samples);
    for (_, parts) in info.listed("slave", MAX_REPLICAS, samples) {
        let (Some(ip), Some(port)) = (parts.word("ip"), parts.word("port")) else {
            parts.skip("ip or port", SkipReason::Missing, samples);
            continue;
        };
        let replica = if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") };
        record_lag(&one_line(&replica, MAX_NAME_CHARS), sent, &parts, instance, samples);
    }
}

/// Records an age in seconds. No connection is older than the server, except one that never was: Redis then reports the
/// time since 1970.
fn record_age(
    metric: &'static Declaration,
    name: &str,
    info: &Info<'_>,
    instance: &str,
    samples: &mut SampleBuffer,
) {
    let Some(age) = info.number(name, samples) else { return };
    let uptime = info.word(UPTIME_FIELD).and_then(|uptime| reading::number(uptime).ok());
    if age > uptime.map_or(MAX_AGE_SECONDS, |uptime| uptime + UPTIME_TOLERANCE_SECONDS) {
        return samples.skip(name, info.word(name).unwrap_or_default(), SkipReason::OutOfRange);
    }
    samples.record(metric, &[instance], age);
}

/// Records the lag of a replica; `sent` is the offset of the master.
fn record_lag(
    replica: &str,
    sent: Option<f64>,
    parts: &Parts<'_>,
    instance: &str,
    samples: &mut SampleBuffer,
) {
    let is_dragonfly = match parts.word("state") {
        Some("online") => false,
        Some("stable_sync") => true,
        // A replica in its initial sync has acknowledged nothing, which is not a lag.
        Some("wait_bgsave" | "send_bulk" | "bg_transfer" | "preparation" | "full_sync") => return,
        _ => return parts.skip("state", SkipReason::Unsupported, samples),
    };
    if let (Some(sent), Some(confirmed)) = (sent, parts.number("offset", samples)) {
        samples.record(&LAG_BYTES, &[instance, replica], (sent - confirmed).max(0.0));
    }
    if is_dragonfly {
        // A number of journal entries, not seconds.
        return parts.skip("lag", SkipReason::Unsupported, samples);
    }
    if let Some(seconds) = parts.number("lag", samples) {
        samples.record(&LAG_SECONDS, &[instance, replica], seconds);
    }
}
