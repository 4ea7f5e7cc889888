//! The fields of the system report.

use serde::Serialize;
use utoipa::ToSchema;

/// The report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SystemMetrics {
    /// When the values were measured, in RFC 3339; `null` before the first tick.
    pub timestamp: Option<String>,
    /// Processors.
    pub cpu: CpuReport,
    /// Memory and swap.
    pub memory: MemoryReport,
    /// File systems.
    pub disk: DiskReport,
    /// Network interfaces, added up.
    pub network: NetworkReport,
    /// PostgreSQL.
    pub database: DatabaseReport,
    /// Redis.
    pub redis: RedisReport,
    /// Open live connections.
    pub websocket: WebsocketReport,
    /// Requests answered, over the last minute.
    pub requests: RequestsReport,
    /// Requests that failed, over the last minute.
    pub errors: ErrorsReport,
    /// Time that requests took, over the last minute.
    pub latency: LatencyReport,
}

/// Processors.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CpuReport {
    /// Use over the last second.
    pub current_percent: Option<f64>,
    /// Mean use over the last five minutes.
    pub avg_5min_percent: Option<f64>,
    /// Mean use over the last fifteen minutes.
    pub avg_15min_percent: Option<f64>,
    /// Use of each core over the last second, in the order of their numbers.
    pub per_core_percent: Vec<f64>,
    /// The kernel's load over 1, 5 and 15 minutes.
    pub load_average: [Option<f64>; 3],
    /// Logical processors.
    pub core_count: Option<u64>,
    /// Mean clock rate of the cores now.
    pub frequency_mhz: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`.
    pub status: String,
    /// Percentage above which an alert is raised.
    pub threshold: f64,
}

/// Memory and swap.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MemoryReport {
    /// All that the kernel can use.
    pub total_gb: Option<f64>,
    /// Total less available.
    pub used_gb: Option<f64>,
    /// What programs can get without swapping.
    pub available_gb: Option<f64>,
    /// Used, of the total.
    pub used_percent: Option<f64>,
    /// Swap space.
    pub swap_total_gb: Option<f64>,
    /// Swap in use, of all swap; 0 where there is none.
    pub swap_used_percent: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`.
    pub status: String,
    /// Percentage above which an alert is raised.
    pub threshold: f64,
}

/// File systems.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DiskReport {
    /// Each real file system.
    pub partitions: Vec<Partition>,
    /// That of the fullest.
    pub used_percent: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`: that of the fullest.
    pub status: String,
    /// Percentage above which an alert is raised.
    pub threshold: f64,
}

/// A file system.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Partition {
    /// Where it is mounted.
    pub mountpoint: String,
    /// Size.
    pub total_gb: Option<f64>,
    /// In use.
    pub used_gb: Option<f64>,
    /// Free for programs without privileges.
    pub free_gb: Option<f64>,
    /// Used, of what programs without privileges can use.
    pub used_percent: Option<f64>,
    /// Files that exist, of all that there can be; `null` where the file system has no such limit.
    pub inodes_used_percent: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`.
    pub status: String,
}

/// Network interfaces, added up; totals since the host's start, and rates.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NetworkReport {
    /// Bytes received.
    pub bytes_in: Option<f64>,
    /// Bytes sent.
    pub bytes_out: Option<f64>,
    /// Packets received.
    pub packets_in: Option<f64>,
    /// Packets sent.
    pub packets_out: Option<f64>,
    /// Errors while receiving.
    pub errors_in: Option<f64>,
    /// Errors while sending.
    pub errors_out: Option<f64>,
    /// Packets dropped while receiving.
    pub dropped_in: Option<f64>,
    /// Packets dropped while sending.
    pub dropped_out: Option<f64>,
    /// Bytes received a second.
    pub bytes_in_per_second: Option<f64>,
    /// Bytes sent a second.
    pub bytes_out_per_second: Option<f64>,
}

/// PostgreSQL.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DatabaseReport {
    /// The slowest instance's answer to the smallest question.
    pub response_time_ms: Option<f64>,
    /// Connections open, of all instances.
    pub connections: Option<f64>,
    /// Connections that the servers take at most, of all instances.
    pub connection_pool_size: Option<f64>,
    /// `healthy`, `warning`, `critical`, `unknown` or `not_configured`.
    pub status: String,
    /// Milliseconds above which an alert is raised.
    pub threshold: f64,
}

/// Redis.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RedisReport {
    /// The slowest instance's answer to PING.
    pub response_time_ms: Option<f64>,
    /// Whether all of them answer; `null` when none is configured.
    pub working: Option<bool>,
    /// `healthy`, `warning`, `critical`, `unknown` or `not_configured`.
    pub status: String,
}

/// Live connections.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebsocketReport {
    /// Open now.
    pub active_connections: Option<f64>,
}

/// Requests answered: those of this server and of every application that reports, added up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RequestsReport {
    /// Mean over the last minute.
    pub per_second: Option<f64>,
    /// In the last minute.
    pub per_minute: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`: by the response time of 95 % of them, of the slowest application;
    /// `critical` while an application is silent.
    pub status: String,
}

/// Requests that failed: those of this server and of every application that reports, added up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErrorsReport {
    /// Answers that blame the caller, in the last minute.
    pub count_4xx: Option<f64>,
    /// Answers that blame the server, in the last minute.
    pub count_5xx: Option<f64>,
    /// Those that blame the server, of all; that of the worst application.
    pub error_rate_percent: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`.
    pub status: String,
}

/// Time that requests took: that of the slowest application, this server among them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LatencyReport {
    /// Half of them took at most so long.
    pub p50_ms: Option<f64>,
    /// 95 of 100 took at most so long.
    pub p95_ms: Option<f64>,
    /// 99 of 100 took at most so long.
    pub p99_ms: Option<f64>,
    /// The mean.
    pub avg_ms: Option<f64>,
    /// Milliseconds of `p95_ms` above which an alert is raised.
    pub threshold: f64,
}
