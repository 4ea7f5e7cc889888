//! Memory and keys of Redis: how much there is, and what has to go.

use super::info::Info;
use crate::TextError;
use crate::declare::{INSTANCE, counter, gauge, panel};
use crate::remote::MOST_DATABASES;
use watchglass_model::{Declaration, PanelDeclaration, Readings, Role, Style, Unit};

static MEMORY: PanelDeclaration = panel("Redis", "redis-memory", "Memory", Style::Line, Unit::Bytes).meaning(
    "A rise without more keys is larger values or fragments. At the limit keys are evicted, or writes are refused.",
);
static KEYS_PANEL: PanelDeclaration = panel("Redis", "redis-keys", "Keys", Style::Stacked, Unit::Count).meaning(
    "Keys without an expiry that only grow will fill the memory; a cliff is a flush, a restart or a mass expiry.",
);
// Bars: keys expire and are evicted in bursts, with nothing between them; upon each other, for both are keys that are gone.
static REMOVED: PanelDeclaration =
    panel("Redis", "redis-removed", "Keys removed", Style::Bars, Unit::PerSecond).meaning(
    "Expired is normal. Evicted means that memory is full, and what was needed is thrown away: look at the hit rate.",
);

static USED: Declaration = gauge(
    "redis_memory_used_bytes",
    Unit::Bytes,
    INSTANCE,
    "Memory that Redis uses for data and for itself (used_memory).",
    Some((&MEMORY, Role::HeadlineAndChart)),
    "used",
);
static RESIDENT: Declaration = gauge(
    "redis_memory_resident_bytes",
    Unit::Bytes,
    INSTANCE,
    "Memory that the operating system counts for Redis (used_memory_rss).",
    Some((&MEMORY, Role::Chart)),
    "resident",
);
static MOST: Declaration = gauge(
    "redis_memory_max_bytes",
    Unit::Bytes,
    INSTANCE,
    "Memory that Redis may use (maxmemory). Missing where no limit is set.",
    Some((&MEMORY, Role::Detail)),
    "limit",
);
static USED_RATIO: Declaration = gauge(
    "redis_memory_used_ratio",
    Unit::Ratio,
    INSTANCE,
    "Part of the memory that Redis may use that is in use. Missing where no limit is set.",
    Some((&MEMORY, Role::Detail)),
    "of the limit",
);
static FRAGMENTATION: Declaration = gauge(
    "redis_memory_fragmentation_ratio",
    Unit::Ratio,
    INSTANCE,
    "Resident memory for each byte used (mem_fragmentation_ratio). Far above 1 memory is wasted, below 1 a part of \
     it was swapped out. Says little while hardly any memory is used.",
    Some((&MEMORY, Role::Detail)),
    "fragmentation",
);
static PEAK: Declaration = gauge(
    "redis_memory_peak_bytes",
    Unit::Bytes,
    INSTANCE,
    "The most memory that Redis used since it started (used_memory_peak).",
    None,
    "peak",
);
static KEYS: Declaration = gauge(
    "redis_keys",
    Unit::Count,
    &["instance", "database"],
    "Keys in a database.",
    Some((&KEYS_PANEL, Role::HeadlineAndChart)),
    "keys",
);
static EXPIRING: Declaration = gauge(
    "redis_keys_expiring",
    Unit::Count,
    &["instance", "database"],
    "Keys in a database that have an end.",
    Some((&KEYS_PANEL, Role::Detail)),
    "with an end",
);
static EXPIRED: Declaration = counter(
    "redis_expired_keys_total",
    Unit::Count,
    INSTANCE,
    "Keys that were removed because their time was over.",
    Some((&REMOVED, Role::HeadlineAndChart)),
    "expired",
);
static EVICTED: Declaration = counter(
    "redis_evicted_keys_total",
    Unit::Count,
    INSTANCE,
    "Keys that were removed because memory was full.",
    Some((&REMOVED, Role::HeadlineAndChart)),
    "evicted",
);

pub(super) static METRICS: [&Declaration; 10] =
    [&USED, &RESIDENT, &MOST, &USED_RATIO, &FRAGMENTATION, &PEAK, &KEYS, &EXPIRING, &EXPIRED, &EVICTED];

/// Records memory and keys.
pub(super) fn record(info: &Info<'_>, instance: &str, readings: &mut Readings) -> Result<(), TextError> {
    let fields = [
        (&USED, "used_memory"),
        (&RESIDENT, "used_memory_rss"),
        (&FRAGMENTATION, "mem_fragmentation_ratio"),
        (&PEAK, "used_memory_peak"),
        (&EXPIRED, "expired_keys"),
        (&EVICTED, "evicted_keys"),
    ];
    info.record(&fields, instance, readings)?;
    // Zero is Redis's word for "no limit".
    if let Some(most) = info.number("maxmemory")?.filter(|most| *most > 0.0) {
        readings.record(&MOST, &[instance], most);
        if let Some(used) = info.number("used_memory")? {
            readings.record(&USED_RATIO, &[instance], used / most);
        }
    }
    for (database, parts) in info.numbered("db", MOST_DATABASES) {
        if let Some(keys) = parts.number("keys")? {
            readings.record(&KEYS, &[instance, database], keys);
        }
        if let Some(expiring) = parts.number("expires")? {
            readings.record(&EXPIRING, &[instance, database], expiring);
        }
    }
    Ok(())
}
