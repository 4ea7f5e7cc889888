//! Replication of Redis: whether copies follow, and how far behind they are.

use super::info::Info;
use crate::TextError;
use crate::declare::{INSTANCE, gauge, panel};
use crate::remote::MOST_REPLICAS;
use watchglass_model::{Declaration, PanelDeclaration, Readings, Role, Style, Unit};
use watchglass_remote::one_line;

static PANEL: PanelDeclaration =
    panel("Redis", "redis-replication", "Replication lag", Style::Line, Unit::Bytes).meaning(
    "It should be near zero. A slope is a replica that does not keep up, by network or by memory: it will start over.",
);

static LAG_BYTES: Declaration = gauge(
    "redis_replication_lag_bytes",
    Unit::Bytes,
    &["instance", "replica"],
    "What a replica has not confirmed of what its master sent, as the master sees it.",
    Some((&PANEL, Role::HeadlineAndChart)),
    "behind",
);
static LAG_SECONDS: Declaration = gauge(
    "redis_replication_lag_seconds",
    Unit::Seconds,
    &["instance", "replica"],
    "Time since a replica was last heard of by its master. Up to a second is normal.",
    Some((&PANEL, Role::Detail)),
    "last heard of",
);
static REPLICAS: Declaration = gauge(
    "redis_replicas",
    Unit::Count,
    INSTANCE,
    "Replicas that are connected.",
    Some((&PANEL, Role::Detail)),
    "replicas",
);
static LINK_UP: Declaration = gauge(
    "redis_replication_link_up",
    Unit::Count,
    INSTANCE,
    "On a replica: 1 when it is connected to its master, 0 when it is not.",
    None,
    "connected to its master",
);
static SILENT: Declaration = gauge(
    "redis_replication_silent_seconds",
    Unit::Seconds,
    INSTANCE,
    "On a replica: time since it last heard of its master. Missing while it is not connected.",
    None,
    "last heard of its master",
);
static DOWN: Declaration = gauge(
    "redis_replication_link_down_seconds",
    Unit::Seconds,
    INSTANCE,
    "On a replica: time since it lost its master. Missing while it is connected.",
    None,
    "without its master",
);

pub(super) static METRICS: [&Declaration; 6] =
    [&LAG_BYTES, &LAG_SECONDS, &REPLICAS, &LINK_UP, &SILENT, &DOWN];

/// The most characters of a replica's address. Where a replica announces a name, that stands for it.
const MOST_OF_NAME: usize = 100;

/// Records replication.
pub(super) fn record(info: &Info<'_>, instance: &str, readings: &mut Readings) -> Result<(), TextError> {
    info.record(&[(&REPLICAS, "connected_slaves")], instance, readings)?;
    if info.word("role") == Some("slave") {
        let fields = [(&SILENT, "master_last_io_seconds_ago"), (&DOWN, "master_link_down_since_seconds")];
        info.record(&fields, instance, readings)?;
        if let Some(up) = info.is("master_link_status", "up") {
            readings.record(&LINK_UP, &[instance], f64::from(u8::from(up)));
        }
    }
    let sent = info.number("master_repl_offset")?;
    for (_, parts) in info.numbered("slave", MOST_REPLICAS) {
        let (Some(ip), Some(port)) = (parts.word("ip"), parts.word("port")) else {
            continue;
        };
        let replica = if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") };
        let replica = one_line(&replica, MOST_OF_NAME);
        // One that is still being filled has confirmed nothing, which is not a lag.
        if parts.word("state") != Some("online") {
            continue;
        }
        if let (Some(sent), Some(confirmed)) = (sent, parts.number("offset")?) {
            readings.record(&LAG_BYTES, &[instance, &replica], (sent - confirmed).max(0.0));
        }
        if let Some(seconds) = parts.number("lag")? {
            readings.record(&LAG_SECONDS, &[instance, &replica], seconds);
        }
    }
    Ok(())
}
