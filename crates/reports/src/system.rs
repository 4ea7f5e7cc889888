//! System report: the newest values with the field names and units of the REST API.
//!
//! Gigabytes are GiB (1,073,741,824 bytes), percentages are 0 to 100, times are in milliseconds. A field without data is
//! `null`.

use crate::health::{Component, components};
use crate::limits::Limits;
use crate::report::{
    CpuReport, DatabaseReport, DiskReport, ErrorsReport, LatencyReport, MemoryReport, NetworkReport,
    Partition, RedisReport, RequestsReport, SystemMetrics, WebsocketReport,
};
use crate::{Current, format_with_offset, names};
use std::time::Duration;
use watchglass_model::Problem;
use watchglass_rules::HealthStatus;

/// Time window of the values of requests, errors and latency.
const WINDOW_SECONDS: u32 = 60;
const GIB: f64 = 1_073_741_824.0;

/// Builds the report, with the thresholds of `limits`. `mean` returns the average reading of a metric over a past duration.
pub fn report(
    current: &Current<'_>,
    problems: &[Problem],
    limits: &Limits,
    mean: impl Fn(&str, Duration) -> Option<f64>,
) -> SystemMetrics {
    let parts = components(current, problems, limits);
    let [avg_5min_percent, avg_15min_percent] =
        [5, 15].map(|minutes| percent(mean(names::CPU, Duration::from_secs(minutes * 60))));
    SystemMetrics {
        timestamp: current.time().map(format_with_offset),
        cpu: CpuReport { avg_5min_percent, avg_15min_percent, ..cpu(current, &parts, limits) },
        memory: memory(current, &parts, limits),
        disk: disk(current, &parts, limits),
        network: network(current),
        database: DatabaseReport {
            response_time_ms: slowest(current, names::DATABASE_SECONDS),
            connections: current.sum(names::DATABASE_CONNECTIONS),
            connections_used: current.sum(names::DATABASE_CONNECTIONS),
            connections_max: current.sum(names::DATABASE_CONNECTIONS_LIMIT),
            connection_pool_size: current.sum(names::DATABASE_CONNECTIONS_LIMIT),
            status: status(&parts, "database"),
            threshold: limits.database.threshold() * 1e3,
        },
        redis: redis(current, &parts),
        websocket: WebsocketReport { active_connections: current.sum(names::WEBSOCKETS) },
        requests: RequestsReport {
            window_seconds: WINDOW_SECONDS,
            per_second: rounded(current.sum(names::REQUESTS_PER_SECOND)),
            per_minute: current.sum(names::REQUESTS_LAST_MINUTE),
            status: status(&parts, "requests"),
        },
        errors: ErrorsReport {
            window_seconds: WINDOW_SECONDS,
            count_4xx: current.sum(names::ERRORS_4XX),
            count_5xx: current.sum(names::ERRORS_5XX),
            error_rate_percent: percent(largest(current, names::ERROR_RATIO)),
            status: status(&parts, "errors"),
        },
        latency: LatencyReport {
            window_seconds: WINDOW_SECONDS,
            p50_ms: slowest(current, names::LATENCY_P50),
            p95_ms: slowest(current, names::LATENCY_P95),
            p99_ms: slowest(current, names::LATENCY_P99),
            avg_ms: slowest(current, names::LATENCY_MEAN),
            threshold: limits.api.threshold() * 1e3,
        },
    }
}

fn cpu(current: &Current<'_>, parts: &[Component], limits: &Limits) -> CpuReport {
    let mut cores: Vec<(u32, f64)> = current
        .readings(names::CPU_CORE)
        .filter_map(|(labels, used)| Some((labels.get("core")?.parse().ok()?, used)))
        .collect();
    cores.sort_by_key(|&(core, _)| core);
    CpuReport {
        current_percent: percent(current.reading(names::CPU)),
        avg_5min_percent: None,
        avg_15min_percent: None,
        per_core_percent: cores.into_iter().filter_map(|(_, used)| percent(Some(used))).collect(),
        load_average: names::LOADS.map(|load| current.reading(load)),
        core_count: current.reading(names::CPU_CORES).map(|cores| cores as u64),
        frequency_mhz: rounded(current.reading(names::CPU_FREQUENCY).map(|hertz| hertz / 1e6)),
        status: status(parts, "cpu"),
        threshold: limits.cpu.threshold() * 100.0,
    }
}

fn memory(current: &Current<'_>, parts: &[Component], limits: &Limits) -> MemoryReport {
    let (total, available) = (current.reading(names::MEMORY_TOTAL), current.reading(names::MEMORY_AVAILABLE));
    let (swap, swap_used) = (current.reading(names::SWAP_TOTAL), current.reading(names::SWAP_USED));
    let used = total.zip(available).map(|(total, available)| total - available);
    MemoryReport {
        total_gb: gigabytes(total),
        used_gb: gigabytes(used),
        available_gb: gigabytes(available),
        used_percent: percent(current.reading(names::MEMORY_USED_RATIO)),
        swap_total_gb: gigabytes(swap),
        swap_used_percent: percent(
            swap.zip(swap_used).map(|(swap, used)| if swap > 0.0 { used / swap } else { 0.0 }),
        ),
        status: status(parts, "memory"),
        threshold: limits.memory.threshold() * 100.0,
    }
}

fn disk(current: &Current<'_>, parts: &[Component], limits: &Limits) -> DiskReport {
    let of = |metric: &str, mountpoint: &str| {
        current
            .readings(metric)
            .find(|(labels, _)| labels.get("mountpoint") == Some(mountpoint))
            .map(|(_, reading)| reading)
    };
    let partitions: Vec<Partition> = current
        .readings(names::DISK_SIZE)
        .filter_map(|(labels, size)| {
            let mountpoint = labels.get("mountpoint")?;
            let used = of(names::DISK_USED_RATIO, mountpoint);
            Some(Partition {
                mountpoint: mountpoint.to_owned(),
                total_gb: gigabytes(Some(size)),
                used_gb: gigabytes(of(names::DISK_USED, mountpoint)),
                free_gb: gigabytes(of(names::DISK_AVAILABLE, mountpoint)),
                used_percent: percent(used),
                inodes_used_percent: percent(of(names::INODES_USED, mountpoint)),
                status: condition_name(HealthStatus::from_load(used.map(|used| limits.disk.load(used))))
                    .to_owned(),
            })
        })
        .collect();
    let fullest = partitions.iter().filter_map(|partition| partition.used_percent).reduce(f64::max);
    DiskReport {
        partitions,
        used_percent: fullest,
        status: status(parts, "disk"),
        threshold: limits.disk.threshold() * 100.0,
    }
}

fn network(current: &Current<'_>) -> NetworkReport {
    let [bytes_in, bytes_out, packets_in, packets_out, errors_in, errors_out, dropped_in, dropped_out] =
        names::NETWORK.map(|metric| current.sum(metric));
    let rate = |metric: &str| {
        current.readings(metric).map(|(_, reading)| reading).reduce(|left, right| left + right)
    };
    let [received, sent, ..] = names::NETWORK;
    NetworkReport {
        bytes_in,
        bytes_out,
        packets_in,
        packets_out,
        errors_in,
        errors_out,
        dropped_in,
        dropped_out,
        bytes_in_per_second: rounded(rate(received)),
        bytes_out_per_second: rounded(rate(sent)),
    }
}

fn redis(current: &Current<'_>, parts: &[Component]) -> RedisReport {
    let condition = parts.iter().find(|part| part.name == "redis").map(|part| part.condition);
    let load = parts.iter().find(|part| part.name == "redis").and_then(|part| part.load);
    RedisReport {
        response_time_ms: slowest(current, names::REDIS_SECONDS),
        working: match condition {
            None | Some(HealthStatus::NotConfigured | HealthStatus::Unknown) => None,
            Some(_) => load.map(f64::is_finite),
        },
        status: status(parts, "redis"),
    }
}

/// Largest reading of a duration metric, in milliseconds.
fn slowest(current: &Current<'_>, metric: &str) -> Option<f64> {
    largest(current, metric).map(|seconds| (seconds * 1e6).round() / 1e3)
}

/// Largest reading of a metric.
fn largest(current: &Current<'_>, metric: &str) -> Option<f64> {
    current.readings(metric).map(|(_, reading)| reading).reduce(f64::max)
}

/// Status of a component as in the report.
fn status(parts: &[Component], name: &str) -> String {
    let condition =
        parts.iter().find(|part| part.name == name).map_or(HealthStatus::Unknown, |part| part.condition);
    condition_name(condition).to_owned()
}

/// Name of a health state in the report.
pub fn condition_name(condition: HealthStatus) -> &'static str {
    match condition {
        HealthStatus::NotConfigured => "not_configured",
        HealthStatus::Unknown => "unknown",
        HealthStatus::Healthy => "healthy",
        HealthStatus::Warning => "warning",
        HealthStatus::Critical => "critical",
    }
}

fn percent(ratio: Option<f64>) -> Option<f64> {
    rounded(ratio.map(|ratio| ratio * 100.0))
}

fn gigabytes(bytes: Option<f64>) -> Option<f64> {
    rounded(bytes.map(|bytes| bytes / GIB))
}

/// Rounds to two decimal places.
fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(|value| (value * 100.0).round() / 100.0)
}

#[cfg(test)]
#[path = "system_tests.rs"]
mod tests;
