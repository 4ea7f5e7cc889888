//! Metric names used by the report, component health and page tables.

/// 1 if a probe succeeds.
pub(crate) const UP: &str = "up";
/// CPU usage ratio.
pub(crate) const CPU: &str = "host_cpu_usage_ratio";
pub(crate) const CPU_CORE: &str = "host_cpu_core_used_ratio";
pub(crate) const CPU_CORES: &str = "host_cpu_cores";
pub(crate) const CPU_FREQUENCY: &str = "host_cpu_frequency_hertz";
pub(crate) const LOADS: [&str; 3] = ["host_load1", "host_load5", "host_load15"];
pub(crate) const MEMORY_TOTAL: &str = "host_memory_total_bytes";
pub(crate) const MEMORY_AVAILABLE: &str = "host_memory_available_bytes";
pub(crate) const MEMORY_USED_RATIO: &str = "host_memory_used_ratio";
pub(crate) const SWAP_TOTAL: &str = "host_swap_total_bytes";
pub(crate) const SWAP_USED: &str = "host_swap_used_bytes";
pub(crate) const DISK_SIZE: &str = "host_filesystem_size_bytes";
pub(crate) const DISK_USED: &str = "host_filesystem_used_bytes";
pub(crate) const DISK_AVAILABLE: &str = "host_filesystem_available_bytes";
pub(crate) const DISK_USED_RATIO: &str = "host_filesystem_used_ratio";
pub(crate) const NETWORK: [&str; 8] = [
    "host_network_received_bytes_total",
    "host_network_sent_bytes_total",
    "host_network_received_packets_total",
    "host_network_sent_packets_total",
    "host_network_receive_errors_total",
    "host_network_send_errors_total",
    "host_network_receive_drops_total",
    "host_network_send_drops_total",
];
pub(crate) const INODES_USED: &str = "host_filesystem_inodes_used_ratio";
pub(crate) const DATABASE_SECONDS: &str = "postgresql_response_seconds";
pub(crate) const DATABASE_CONNECTIONS: &str = "postgresql_connections";
pub(crate) const DATABASE_CONNECTIONS_LIMIT: &str = "postgresql_connections_max";
pub(crate) const REDIS_SECONDS: &str = "redis_ping_seconds";
pub(crate) const WEBSOCKETS: &str = "watchglass_websocket_connections";
pub(crate) const REQUESTS_LAST_MINUTE: &str = "http_requests_last_minute";
pub(crate) const REQUESTS_PER_SECOND: &str = "http_requests_per_second";
pub(crate) const ERRORS_4XX: &str = "http_client_errors_last_minute";
pub(crate) const ERRORS_5XX: &str = "http_server_errors_last_minute";
pub(crate) const ERROR_RATIO: &str = "http_requests_error_ratio";
pub(crate) const LATENCY_P50: &str = "http_request_duration_p50_seconds";
pub(crate) const LATENCY_P95: &str = "http_request_duration_p95_seconds";
pub(crate) const LATENCY_P99: &str = "http_request_duration_p99_seconds";
pub(crate) const LATENCY_MEAN: &str = "http_request_duration_mean_seconds";
/// Responses by latency bucket, which are not cumulative, and the sum of their latencies.
pub(crate) const DURATION_COUNTS: &str = "http_requests_by_duration_total";
pub(crate) const DURATION_SUM: &str = "http_responses_seconds_total";
/// This process.
pub(crate) const OWN_CPU: &str = "watchglass_cpu_seconds_total";
pub(crate) const OWN_MEMORY: &str = "watchglass_resident_bytes";
pub(crate) const OWN_OPEN_FILES: &str = "watchglass_open_files";
/// Requests by route, method and status class.
pub(crate) const ROUTE_REQUESTS: &str = "http_requests_total";
/// p50, p95 and p99 of a route.
pub(crate) const ROUTE_PERCENTILES: [&str; 3] =
    ["http_route_duration_p50_seconds", "http_route_duration_p95_seconds", "http_route_duration_p99_seconds"];
/// CPU usage, memory and number of processes of a command.
pub(crate) const PROCESSES: [&str; 3] =
    ["host_process_cpu_ratio", "host_process_memory_bytes", "host_process_instances"];

/// All metrics used here. A test compares them with the declarations of the probes.
pub fn report_metrics() -> impl Iterator<Item = &'static str> {
    let single = [
        UP,
        CPU,
        CPU_CORE,
        CPU_CORES,
        CPU_FREQUENCY,
        MEMORY_TOTAL,
        MEMORY_AVAILABLE,
        MEMORY_USED_RATIO,
        SWAP_TOTAL,
        SWAP_USED,
        DISK_SIZE,
        DISK_USED,
        DISK_AVAILABLE,
        DISK_USED_RATIO,
        INODES_USED,
        DATABASE_SECONDS,
        DATABASE_CONNECTIONS,
        DATABASE_CONNECTIONS_LIMIT,
        REDIS_SECONDS,
        WEBSOCKETS,
        REQUESTS_LAST_MINUTE,
        REQUESTS_PER_SECOND,
        ERRORS_4XX,
        ERRORS_5XX,
        ERROR_RATIO,
        LATENCY_P50,
        LATENCY_P95,
        LATENCY_P99,
        LATENCY_MEAN,
        ROUTE_REQUESTS,
        DURATION_COUNTS,
        DURATION_SUM,
        OWN_CPU,
        OWN_MEMORY,
        OWN_OPEN_FILES,
    ];
    single.into_iter().chain(LOADS).chain(NETWORK).chain(ROUTE_PERCENTILES).chain(PROCESSES)
}
