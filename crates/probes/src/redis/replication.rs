//! Redis replication: replicas, lag and link state.

use super::info::Info;
use crate::TextError;
use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::MAX_REPLICAS;
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};
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

/// Records replication metrics.
pub(super) fn record(info: &Info<'_>, instance: &str, samples: &mut SampleBuffer) -> Result<(), TextError> {
    info.record(&[(&REPLICAS, "connected_slaves")], instance, samples)?;
    if info.word("role") == Some("slave") {
        let fields = [(&SILENT, "master_last_io_seconds_ago"), (&DOWN, "master_link_down_since_seconds")];
        info.record(&fields, instance, samples)?;
        if let Some(up) = info.is("master_link_status", "up") {
            samples.record(&LINK_UP, &[instance], f64::from(u8::from(up)));
        }
    }
    let sent = info.number("master_repl_offset")?;
    for (_, parts) in info.numbered("slave", MAX_REPLICAS) {
        let (Some(ip), Some(port)) = (parts.word("ip"), parts.word("port")) else {
            continue;
        };
        let replica = if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") };
        let replica = one_line(&replica, MAX_NAME_CHARS);
        // A replica in its initial sync has acknowledged nothing, which is not a lag.
        if parts.word("state") != Some("online") {
            continue;
        }
        if let (Some(sent), Some(confirmed)) = (sent, parts.number("offset")?) {
            samples.record(&LAG_BYTES, &[instance, &replica], (sent - confirmed).max(0.0));
        }
        if let Some(seconds) = parts.number("lag")? {
            samples.record(&LAG_SECONDS, &[instance, &replica], seconds);
        }
    }
    Ok(())
}
