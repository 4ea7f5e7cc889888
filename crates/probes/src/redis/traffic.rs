//! Redis clients, commands, network traffic and hit rate.

use super::info::Info;
use crate::declare::{INSTANCE, counter, gauge, panel};
use crate::remote::{HitRatio, Uptime};
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static COMMANDS_PANEL: PanelDeclaration =
    panel("Redis", "redis-commands", "Commands", Style::Line, Unit::PerSecond).description(
    "A sudden rise at constant request rate is a loop or a lost application cache. A drop is a client that disconnected.",
);
static HITS_PANEL: PanelDeclaration = panel("Redis", "redis-hits", "Hit rate", Style::Line, Unit::Ratio).description(
    "A dip after a deploy or restart is a cold cache and recovers. A lasting one means that keys expire too early.",
);
static CLIENTS_PANEL: PanelDeclaration = panel("Redis", "redis-clients", "Clients", Style::Line, Unit::Count)
    .description("A steady rise is a connection leak. Blocked clients wait in commands such as BLPOP.");
static BYTES_PANEL: PanelDeclaration =
    panel("Redis", "redis-network", "Network", Style::Line, Unit::BytesPerSecond).description(
        "High traffic with few commands means large values, which block other clients while they are copied.",
    );

static COMMANDS: Declaration = counter(
    "redis_commands_total",
    Unit::Count,
    INSTANCE,
    "Executed commands, including Watchglass's own.",
    Some((&COMMANDS_PANEL, PanelRole::HeadlineAndChart)),
    "",
);
static HIT_RATIO: Declaration = gauge(
    "redis_hit_ratio",
    Unit::Ratio,
    INSTANCE,
    "Share of key lookups since the previous sample that were hits. Missing without lookups.",
    Some((&HITS_PANEL, PanelRole::HeadlineAndChart)),
    "",
);
static HITS: Declaration = counter(
    "redis_keyspace_hits_total",
    Unit::Count,
    INSTANCE,
    "Successful key lookups.",
    Some((&HITS_PANEL, PanelRole::Detail)),
    "hits",
);
static MISSES: Declaration = counter(
    "redis_keyspace_misses_total",
    Unit::Count,
    INSTANCE,
    "Failed key lookups.",
    Some((&HITS_PANEL, PanelRole::Detail)),
    "misses",
);
static CLIENTS: Declaration = gauge(
    "redis_clients",
    Unit::Count,
    INSTANCE,
    "Connected clients, including Watchglass, without replicas.",
    Some((&CLIENTS_PANEL, PanelRole::HeadlineAndChart)),
    "connected",
);
static BLOCKED: Declaration = gauge(
    "redis_clients_blocked",
    Unit::Count,
    INSTANCE,
    "Clients blocked in a command such as BLPOP.",
    Some((&CLIENTS_PANEL, PanelRole::Chart)),
    "blocked",
);
static MAX_CLIENTS: Declaration = gauge(
    "redis_clients_max",
    Unit::Count,
    INSTANCE,
    "Maximum number of clients (maxclients).",
    Some((&CLIENTS_PANEL, PanelRole::Detail)),
    "limit",
);
static CONNECTIONS: Declaration = counter(
    "redis_connections_total",
    Unit::Count,
    INSTANCE,
    "Accepted connections.",
    Some((&CLIENTS_PANEL, PanelRole::Detail)),
    "new",
);
static REJECTED: Declaration = counter(
    "redis_connections_rejected_total",
    Unit::Count,
    INSTANCE,
    "Connections rejected because of maxclients.",
    None,
    "rejected",
);
static RECEIVED: Declaration = counter(
    "redis_network_received_bytes_total",
    Unit::Bytes,
    INSTANCE,
    "Bytes received from clients.",
    Some((&BYTES_PANEL, PanelRole::HeadlineAndChart)),
    "received",
);
static SENT: Declaration = counter(
    "redis_network_sent_bytes_total",
    Unit::Bytes,
    INSTANCE,
    "Bytes sent to clients.",
    Some((&BYTES_PANEL, PanelRole::HeadlineAndChart)),
    "sent",
);
static CPU: Declaration = counter(
    "redis_cpu_seconds_total",
    Unit::Seconds,
    &["instance", "mode"],
    "CPU time of Redis by mode (user, system).",
    None,
    "",
);
static UPTIME: Declaration = gauge(
    "redis_uptime_seconds",
    Unit::Seconds,
    INSTANCE,
    "Time since Redis started.",
    Some((&COMMANDS_PANEL, PanelRole::Uptime)),
    "uptime",
);

pub(super) static METRICS: [&Declaration; 13] = [
    &COMMANDS,
    &HIT_RATIO,
    &HITS,
    &MISSES,
    &CLIENTS,
    &BLOCKED,
    &MAX_CLIENTS,
    &CONNECTIONS,
    &REJECTED,
    &RECEIVED,
    &SENT,
    &CPU,
    &UPTIME,
];

/// Values of the previous rounds.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub(super) ratio: HitRatio,
    pub(super) uptime: Uptime,
}

/// Records traffic metrics; `before` keeps the previous rounds.
pub(super) fn record(info: &Info<'_>, before: &mut Before, instance: &str, samples: &mut SampleBuffer) {
    let (hits, misses) = (info.number("keyspace_hits", samples), info.number("keyspace_misses", samples));
    for (metric, value) in [(&HITS, hits), (&MISSES, misses)] {
        if let Some(value) = value {
            samples.record(metric, &[instance], value);
        }
    }
    let fields = [
        (&COMMANDS, "total_commands_processed"),
        (&CLIENTS, "connected_clients"),
        (&BLOCKED, "blocked_clients"),
        (&MAX_CLIENTS, "maxclients"),
        (&CONNECTIONS, "total_connections_received"),
        (&REJECTED, "rejected_connections"),
        (&RECEIVED, "total_net_input_bytes"),
        (&SENT, "total_net_output_bytes"),
    ];
    info.record(&fields, instance, samples);
    if let Some(uptime) = info.number(UPTIME_FIELD, samples) {
        match before.uptime.check(info.word("run_id"), uptime) {
            Ok(uptime) => samples.record(&UPTIME, &[instance], uptime),
            Err(reason) => samples.skip(UPTIME_FIELD, &uptime.to_string(), reason),
        }
    }
    for (field, mode) in [("used_cpu_user", "user"), ("used_cpu_sys", "system")] {
        if let Some(seconds) = info.number(field, samples) {
            samples.record(&CPU, &[instance, mode], seconds);
        }
    }
    if let (Some(hits), Some(misses)) = (hits, misses)
        && let Some(ratio) = before.ratio.since_last(hits, misses)
    {
        samples.record(&HIT_RATIO, &[instance], ratio);
    }
}

/// Field with the seconds since the start.
pub(super) const UPTIME_FIELD: &str = "uptime_in_seconds";
