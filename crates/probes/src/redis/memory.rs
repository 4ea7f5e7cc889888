//! Redis memory, keys, expiration and eviction.

use super::info::Info;
use crate::declare::{INSTANCE, counter, gauge, panel};
use crate::remote::MAX_DATABASES;
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static MEMORY: PanelDeclaration = panel("Redis", "redis-memory", "Memory", Style::Line, Unit::Bytes).description(
    "A rise without more keys means larger values or fragmentation. At the limit keys are evicted or writes fail.",
);
static KEYS_PANEL: PanelDeclaration = panel("Redis", "redis-keys", "Keys", Style::Stacked, Unit::Count).description(
    "A growing number of keys without TTL fills the memory. A sudden drop is a flush, a restart or mass expiration.",
);
// Bars: expiration and eviction come in bursts; stacked, because both remove keys.
static REMOVED: PanelDeclaration =
    panel("Redis", "redis-removed", "Expired / evicted keys", Style::Bars, Unit::PerSecond).description(
    "Expired keys are normal. Evicted keys mean that memory is full and used data may be lost: check the hit rate.",
);

static USED: Declaration = gauge(
    "redis_memory_used_bytes",
    Unit::Bytes,
    INSTANCE,
    "Memory used by Redis for data and overhead (used_memory).",
    Some((&MEMORY, PanelRole::HeadlineAndChart)),
    "used",
);
static RESIDENT: Declaration = gauge(
    "redis_memory_resident_bytes",
    Unit::Bytes,
    INSTANCE,
    "Resident memory of Redis (used_memory_rss).",
    Some((&MEMORY, PanelRole::Chart)),
    "resident",
);
static LIMIT: Declaration = gauge(
    "redis_memory_max_bytes",
    Unit::Bytes,
    INSTANCE,
    "Memory limit (maxmemory). Missing without a limit.",
    Some((&MEMORY, PanelRole::Detail)),
    "limit",
);
static USED_RATIO: Declaration = gauge(
    "redis_memory_used_ratio",
    Unit::Ratio,
    INSTANCE,
    "Memory usage as a share of maxmemory. Missing without a limit.",
    Some((&MEMORY, PanelRole::Detail)),
    "of limit",
);
static FRAGMENTATION: Declaration = gauge(
    "redis_memory_fragmentation_ratio",
    Unit::Ratio,
    INSTANCE,
    "Resident memory per used byte (mem_fragmentation_ratio). Far above 1 memory is wasted, below 1 a part of it \
     is swapped out. Not meaningful with little used memory.",
    Some((&MEMORY, PanelRole::Detail)),
    "fragmentation",
);
static PEAK: Declaration = gauge(
    "redis_memory_peak_bytes",
    Unit::Bytes,
    INSTANCE,
    "Peak memory usage since the start (used_memory_peak).",
    None,
    "peak",
);
static KEYS: Declaration = gauge(
    "redis_keys",
    Unit::Count,
    &["instance", "database"],
    "Number of keys in a database.",
    Some((&KEYS_PANEL, PanelRole::HeadlineAndChart)),
    "keys",
);
static EXPIRING: Declaration = gauge(
    "redis_keys_expiring",
    Unit::Count,
    &["instance", "database"],
    "Number of keys with a TTL in a database.",
    Some((&KEYS_PANEL, PanelRole::Detail)),
    "with TTL",
);
static EXPIRED: Declaration = counter(
    "redis_expired_keys_total",
    Unit::Count,
    INSTANCE,
    "Keys removed because their TTL expired.",
    Some((&REMOVED, PanelRole::HeadlineAndChart)),
    "expired",
);
static EVICTED: Declaration = counter(
    "redis_evicted_keys_total",
    Unit::Count,
    INSTANCE,
    "Keys evicted because of the memory limit.",
    Some((&REMOVED, PanelRole::HeadlineAndChart)),
    "evicted",
);

pub(super) static METRICS: [&Declaration; 10] =
    [&USED, &RESIDENT, &LIMIT, &USED_RATIO, &FRAGMENTATION, &PEAK, &KEYS, &EXPIRING, &EXPIRED, &EVICTED];

/// Records memory and key metrics.
pub(super) fn record(info: &Info<'_>, instance: &str, samples: &mut SampleBuffer) {
    let used = info.number("used_memory", samples);
    if let Some(used) = used {
        samples.record(&USED, &[instance], used);
    }
    let fields = [
        (&RESIDENT, "used_memory_rss"),
        (&FRAGMENTATION, "mem_fragmentation_ratio"),
        (&PEAK, "used_memory_peak"),
        (&EXPIRED, "expired_keys"),
        (&EVICTED, "evicted_keys"),
    ];
    info.record(&fields, instance, samples);
    // Zero means no limit.
    if let Some(limit) = info.number("maxmemory", samples).filter(|limit| *limit > 0.0) {
        samples.record(&LIMIT, &[instance], limit);
        if let Some(used) = used {
            samples.record(&USED_RATIO, &[instance], used / limit);
        }
    }
    for (database, parts) in info.listed("db", MAX_DATABASES, samples) {
        if let Some(keys) = parts.number("keys", samples) {
            samples.record(&KEYS, &[instance, database], keys);
        }
        if let Some(expiring) = parts.number("expires", samples) {
            samples.record(&EXPIRING, &[instance, database], expiring);
        }
    }
}
