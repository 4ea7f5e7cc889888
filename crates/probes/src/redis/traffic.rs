//! Traffic of Redis: clients, commands, bytes, and whether reads find their keys.

use super::info::Info;
use crate::TextError;
use crate::declare::{INSTANCE, counter, gauge, panel};
use crate::remote::HitRatio;
use watchglass_model::{Declaration, PanelDeclaration, Readings, Role, Style, Unit};

static COMMANDS_PANEL: PanelDeclaration =
    panel("Redis", "redis-commands", "Commands", Style::Line, Unit::PerSecond).meaning(
    "A sudden rise with the same requests is a loop or a lost cache of the application; a drop is a client that left.",
);
static HITS_PANEL: PanelDeclaration = panel("Redis", "redis-hits", "Hit rate", Style::Line, Unit::Ratio).meaning(
    "A dip after a deploy or restart is a cold cache and mends itself; one that stays is keys that expire too early.",
);
static CLIENTS_PANEL: PanelDeclaration = panel("Redis", "redis-clients", "Clients", Style::Line, Unit::Count).meaning(
    "A slope that never falls is connections that are not given back; clients that wait are in blocking commands.",
);
static BYTES_PANEL: PanelDeclaration =
    panel("Redis", "redis-network", "Network", Style::Line, Unit::BytesPerSecond).meaning(
        "Much sent for few commands are large values: they block everybody else while they are copied.",
    );

static COMMANDS: Declaration = counter(
    "redis_commands_total",
    Unit::Count,
    INSTANCE,
    "Commands that Redis ran. Those of this program are among them.",
    Some((&COMMANDS_PANEL, Role::HeadlineAndChart)),
    "",
);
static HIT_RATIO: Declaration = gauge(
    "redis_hit_ratio",
    Unit::Ratio,
    INSTANCE,
    "Part of the reads since the last value that found their key. Missing when there were none.",
    Some((&HITS_PANEL, Role::HeadlineAndChart)),
    "",
);
static HITS: Declaration = counter(
    "redis_keyspace_hits_total",
    Unit::Count,
    INSTANCE,
    "Reads that found their key.",
    Some((&HITS_PANEL, Role::Detail)),
    "hits",
);
static MISSES: Declaration = counter(
    "redis_keyspace_misses_total",
    Unit::Count,
    INSTANCE,
    "Reads that did not find their key.",
    Some((&HITS_PANEL, Role::Detail)),
    "misses",
);
static CLIENTS: Declaration = gauge(
    "redis_clients",
    Unit::Count,
    INSTANCE,
    "Clients that are connected, this program among them; replicas are not.",
    Some((&CLIENTS_PANEL, Role::HeadlineAndChart)),
    "connected",
);
static BLOCKED: Declaration = gauge(
    "redis_clients_blocked",
    Unit::Count,
    INSTANCE,
    "Clients that wait in a command such as BLPOP.",
    Some((&CLIENTS_PANEL, Role::Chart)),
    "waiting",
);
static MOST_CLIENTS: Declaration = gauge(
    "redis_clients_max",
    Unit::Count,
    INSTANCE,
    "Clients that may be connected at once.",
    Some((&CLIENTS_PANEL, Role::Detail)),
    "limit",
);
static CONNECTIONS: Declaration = counter(
    "redis_connections_total",
    Unit::Count,
    INSTANCE,
    "Connections that Redis accepted.",
    Some((&CLIENTS_PANEL, Role::Detail)),
    "new",
);
static REJECTED: Declaration = counter(
    "redis_connections_rejected_total",
    Unit::Count,
    INSTANCE,
    "Connections that Redis rejected because there were too many.",
    None,
    "rejected",
);
static RECEIVED: Declaration = counter(
    "redis_network_received_bytes_total",
    Unit::Bytes,
    INSTANCE,
    "Bytes that Redis received from clients.",
    Some((&BYTES_PANEL, Role::HeadlineAndChart)),
    "received",
);
static SENT: Declaration = counter(
    "redis_network_sent_bytes_total",
    Unit::Bytes,
    INSTANCE,
    "Bytes that Redis sent to clients.",
    Some((&BYTES_PANEL, Role::HeadlineAndChart)),
    "sent",
);
static CPU: Declaration = counter(
    "redis_cpu_seconds_total",
    Unit::Seconds,
    &["instance", "mode"],
    "Processor time that Redis took, in its own code (user) and in the kernel for it (system).",
    None,
    "",
);
static UPTIME: Declaration = gauge(
    "redis_uptime_seconds",
    Unit::Seconds,
    INSTANCE,
    "Time since Redis started.",
    Some((&COMMANDS_PANEL, Role::Uptime)),
    "running for",
);

pub(super) static METRICS: [&Declaration; 13] = [
    &COMMANDS,
    &HIT_RATIO,
    &HITS,
    &MISSES,
    &CLIENTS,
    &BLOCKED,
    &MOST_CLIENTS,
    &CONNECTIONS,
    &REJECTED,
    &RECEIVED,
    &SENT,
    &CPU,
    &UPTIME,
];

/// Records traffic; `ratio` remembers the last round.
pub(super) fn record(
    info: &Info<'_>,
    ratio: &mut HitRatio,
    instance: &str,
    readings: &mut Readings,
) -> Result<(), TextError> {
    let fields = [
        (&COMMANDS, "total_commands_processed"),
        (&HITS, "keyspace_hits"),
        (&MISSES, "keyspace_misses"),
        (&CLIENTS, "connected_clients"),
        (&BLOCKED, "blocked_clients"),
        (&MOST_CLIENTS, "maxclients"),
        (&CONNECTIONS, "total_connections_received"),
        (&REJECTED, "rejected_connections"),
        (&RECEIVED, "total_net_input_bytes"),
        (&SENT, "total_net_output_bytes"),
        (&UPTIME, "uptime_in_seconds"),
    ];
    info.record(&fields, instance, readings)?;
    for (field, mode) in [("used_cpu_user", "user"), ("used_cpu_sys", "system")] {
        if let Some(seconds) = info.number(field)? {
            readings.record(&CPU, &[instance, mode], seconds);
        }
    }
    if let (Some(hits), Some(misses)) = (info.number("keyspace_hits")?, info.number("keyspace_misses")?)
        && let Some(ratio) = ratio.since_last(hits, misses)
    {
        readings.record(&HIT_RATIO, &[instance], ratio);
    }
    Ok(())
}
