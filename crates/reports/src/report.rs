//! Fields of the system report.

use crate::number;
use serde::Serialize;
use utoipa::ToSchema;

/// System report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SystemMetrics {
    /// Time of the values, in RFC 3339; `null` before the first collection.
    pub timestamp: Option<String>,
    /// CPU.
    pub cpu: CpuReport,
    /// Memory and swap.
    pub memory: MemoryReport,
    /// Filesystems.
    pub disk: DiskReport,
    /// Network, total of the physical interfaces.
    pub network: NetworkReport,
    /// PostgreSQL.
    pub database: DatabaseReport,
    /// Redis.
    pub redis: RedisReport,
    /// Open live connections.
    pub websocket: WebsocketReport,
    /// Requests, over the last minute.
    pub requests: RequestsReport,
    /// Failed requests, over the last minute.
    pub errors: ErrorsReport,
    /// Request latency, over the last minute.
    pub latency: LatencyReport,
}

/// CPU.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CpuReport {
    /// CPU usage over the last second.
    pub current_percent: Option<f64>,
    /// Average CPU usage over the last 5 minutes.
    pub avg_5min_percent: Option<f64>,
    /// Average CPU usage over the last 15 minutes.
    pub avg_15min_percent: Option<f64>,
    /// CPU usage of each core over the last second, ordered by core number.
    pub per_core_percent: Vec<f64>,
    /// Load average over 1, 5 and 15 minutes.
    pub load_average: [Option<f64>; 3],
    /// Logical CPUs.
    pub core_count: Option<u64>,
    /// Current average clock rate of the cores, in MHz.
    pub frequency_mhz: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`.
    pub status: String,
    /// Alert threshold, in percent.
    #[serde(serialize_with = "number::number")]
    pub threshold: f64,
}

/// Memory and swap.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MemoryReport {
    /// Total memory, in GiB.
    pub total_gb: Option<f64>,
    /// Used memory (total minus available), in GiB.
    pub used_gb: Option<f64>,
    /// Memory available to programs without swapping, in GiB.
    pub available_gb: Option<f64>,
    /// Memory usage, in percent of the total.
    pub used_percent: Option<f64>,
    /// Total swap, in GiB.
    pub swap_total_gb: Option<f64>,
    /// Swap usage, in percent; 0 without swap.
    pub swap_used_percent: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`.
    pub status: String,
    /// Alert threshold, in percent.
    #[serde(serialize_with = "number::number")]
    pub threshold: f64,
}

/// Filesystems.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DiskReport {
    /// All physical filesystems.
    pub partitions: Vec<Partition>,
    /// Usage of the fullest filesystem, in percent.
    pub used_percent: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`: of the fullest filesystem.
    pub status: String,
    /// Alert threshold, in percent.
    #[serde(serialize_with = "number::number")]
    pub threshold: f64,
}

/// Filesystem.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Partition {
    /// Mount point.
    pub mountpoint: String,
    /// Size, in GiB.
    pub total_gb: Option<f64>,
    /// Used space, in GiB.
    pub used_gb: Option<f64>,
    /// Space available to unprivileged users, in GiB.
    pub free_gb: Option<f64>,
    /// Disk usage, in percent of the space usable by unprivileged users.
    pub used_percent: Option<f64>,
    /// Inode usage, in percent; `null` if the filesystem has no inode limit.
    pub inodes_used_percent: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`.
    pub status: String,
}

/// Network, total of the physical interfaces: counters since boot, and rates.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NetworkReport {
    /// Bytes received.
    #[serde(serialize_with = "number::optional")]
    pub bytes_in: Option<f64>,
    /// Bytes sent.
    #[serde(serialize_with = "number::optional")]
    pub bytes_out: Option<f64>,
    /// Packets received.
    #[serde(serialize_with = "number::optional")]
    pub packets_in: Option<f64>,
    /// Packets sent.
    #[serde(serialize_with = "number::optional")]
    pub packets_out: Option<f64>,
    /// Receive errors.
    #[serde(serialize_with = "number::optional")]
    pub errors_in: Option<f64>,
    /// Send errors.
    #[serde(serialize_with = "number::optional")]
    pub errors_out: Option<f64>,
    /// Received packets dropped.
    #[serde(serialize_with = "number::optional")]
    pub dropped_in: Option<f64>,
    /// Sent packets dropped.
    #[serde(serialize_with = "number::optional")]
    pub dropped_out: Option<f64>,
    /// Bytes received per second.
    pub bytes_in_per_second: Option<f64>,
    /// Bytes sent per second.
    pub bytes_out_per_second: Option<f64>,
}

/// PostgreSQL.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DatabaseReport {
    /// Response time of `SELECT 1` on the slowest instance, in milliseconds.
    pub response_time_ms: Option<f64>,
    /// Open connections, of all instances.
    #[serde(serialize_with = "number::optional")]
    pub connections: Option<f64>,
    /// Connections in use, of all instances: the same as `connections`.
    #[serde(serialize_with = "number::optional")]
    pub connections_used: Option<f64>,
    /// Maximum connections that the servers accept (`max_connections`), of all instances.
    #[serde(serialize_with = "number::optional")]
    pub connections_max: Option<f64>,
    /// The same as `connections_max`.
    #[serde(serialize_with = "number::optional")]
    pub connection_pool_size: Option<f64>,
    /// `healthy`, `warning`, `critical`, `unknown` or `not_configured`.
    pub status: String,
    /// Alert threshold, in milliseconds.
    #[serde(serialize_with = "number::number")]
    pub threshold: f64,
}

/// Redis.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RedisReport {
    /// Response time of PING on the slowest instance, in milliseconds.
    pub response_time_ms: Option<f64>,
    /// Whether all instances respond; `null` if none is configured.
    pub working: Option<bool>,
    /// `healthy`, `warning`, `critical`, `unknown` or `not_configured`.
    pub status: String,
}

/// Live connections.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebsocketReport {
    /// Open connections.
    #[serde(serialize_with = "number::optional")]
    pub active_connections: Option<f64>,
}

/// Requests, total of this server and all reporting applications.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RequestsReport {
    /// Length of the time window of the values, in seconds.
    pub window_seconds: u32,
    /// Average per second over the last minute.
    pub per_second: Option<f64>,
    /// Requests in the last minute.
    #[serde(serialize_with = "number::optional")]
    pub per_minute: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`: by the p95 latency of the slowest application; `critical` while an
    /// application does not report.
    pub status: String,
}

/// Failed requests, total of this server and all reporting applications.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErrorsReport {
    /// Length of the time window of the values, in seconds.
    pub window_seconds: u32,
    /// 4xx responses in the last minute.
    #[serde(serialize_with = "number::optional")]
    pub count_4xx: Option<f64>,
    /// 5xx responses in the last minute.
    #[serde(serialize_with = "number::optional")]
    pub count_5xx: Option<f64>,
    /// 5xx responses, in percent of all responses, of the worst application.
    pub error_rate_percent: Option<f64>,
    /// `healthy`, `warning`, `critical` or `unknown`.
    pub status: String,
}

/// Request latency of the slowest application, including this server.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LatencyReport {
    /// Length of the time window of the values, in seconds.
    pub window_seconds: u32,
    /// p50, in milliseconds.
    pub p50_ms: Option<f64>,
    /// p95, in milliseconds.
    pub p95_ms: Option<f64>,
    /// p99, in milliseconds.
    pub p99_ms: Option<f64>,
    /// Average, in milliseconds.
    pub avg_ms: Option<f64>,
    /// Alert threshold of `p95_ms`, in milliseconds.
    #[serde(serialize_with = "number::number")]
    pub threshold: f64,
}
