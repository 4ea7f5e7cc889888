//! Mapping of our metrics to those of the node exporter.

use super::exposition::Exposition;

/// Metric that both measure.
pub(crate) struct Pair {
    /// Our name.
    pub(crate) ours: &'static str,
    /// Metric of the exporter.
    pub(crate) theirs: Theirs,
    /// Relative tolerance, only for gauges that change quickly.
    pub(crate) slack: f64,
}

/// Exporter metric.
pub(crate) enum Theirs {
    /// A metric without labels.
    Plain(&'static str),
    /// A metric and the label that equals our only label.
    By(&'static str, &'static str),
    /// One metric minus another.
    Difference(&'static str, &'static str),
}

impl Theirs {
    /// The exporter's value for our label value.
    pub(crate) fn value(&self, exposition: &Exposition, label: &str) -> Option<f64> {
        match *self {
            Self::Plain(metric) => exposition.sum(metric, &[]),
            Self::By(metric, name) => exposition.sum(metric, &[(name, label)]),
            Self::Difference(all, part) => Some(exposition.sum(all, &[])? - exposition.sum(part, &[])?),
        }
    }

    /// The sum over all labels.
    pub(crate) fn total(&self, exposition: &Exposition) -> Option<f64> {
        match *self {
            Self::Plain(metric) | Self::By(metric, _) => exposition.sum(metric, &[]),
            Self::Difference(..) => self.value(exposition, ""),
        }
    }
}

const fn plain(ours: &'static str, theirs: &'static str, slack: f64) -> Pair {
    Pair { ours, theirs: Theirs::Plain(theirs), slack }
}

const fn disk(ours: &'static str, theirs: &'static str) -> Pair {
    Pair { ours, theirs: Theirs::By(theirs, "device"), slack: 0.0 }
}

const fn network(ours: &'static str, theirs: &'static str) -> Pair {
    Pair { ours, theirs: Theirs::By(theirs, "device"), slack: 0.0 }
}

const fn filesystem(ours: &'static str, theirs: &'static str, slack: f64) -> Pair {
    Pair { ours, theirs: Theirs::By(theirs, "mountpoint"), slack }
}

const fn difference(ours: &'static str, all: &'static str, part: &'static str, slack: f64) -> Pair {
    Pair { ours, theirs: Theirs::Difference(all, part), slack }
}

/// All metrics except for the CPU shares.
pub(crate) const PAIRS: [Pair; 39] = [
    plain("host_memory_total_bytes", "node_memory_MemTotal_bytes", 0.0),
    plain("host_memory_available_bytes", "node_memory_MemAvailable_bytes", 0.01),
    plain("host_memory_free_bytes", "node_memory_MemFree_bytes", 0.03),
    plain("host_swap_total_bytes", "node_memory_SwapTotal_bytes", 0.0),
    difference("host_swap_used_bytes", "node_memory_SwapTotal_bytes", "node_memory_SwapFree_bytes", 0.01),
    disk("host_disk_read_bytes_total", "node_disk_read_bytes_total"),
    disk("host_disk_written_bytes_total", "node_disk_written_bytes_total"),
    disk("host_disk_reads_total", "node_disk_reads_completed_total"),
    disk("host_disk_writes_total", "node_disk_writes_completed_total"),
    disk("host_disk_io_seconds_total", "node_disk_io_time_seconds_total"),
    disk("host_disk_read_seconds_total", "node_disk_read_time_seconds_total"),
    disk("host_disk_write_seconds_total", "node_disk_write_time_seconds_total"),
    network("host_network_received_bytes_total", "node_network_receive_bytes_total"),
    network("host_network_sent_bytes_total", "node_network_transmit_bytes_total"),
    network("host_network_received_packets_total", "node_network_receive_packets_total"),
    network("host_network_sent_packets_total", "node_network_transmit_packets_total"),
    network("host_network_receive_errors_total", "node_network_receive_errs_total"),
    network("host_network_send_errors_total", "node_network_transmit_errs_total"),
    network("host_network_receive_drops_total", "node_network_receive_drop_total"),
    network("host_network_send_drops_total", "node_network_transmit_drop_total"),
    filesystem("host_filesystem_size_bytes", "node_filesystem_size_bytes", 0.0),
    filesystem("host_filesystem_free_bytes", "node_filesystem_free_bytes", 0.001),
    filesystem("host_filesystem_available_bytes", "node_filesystem_avail_bytes", 0.001),
    filesystem("host_filesystem_inodes", "node_filesystem_files", 0.0),
    filesystem("host_filesystem_inodes_free", "node_filesystem_files_free", 0.001),
    plain("host_load1", "node_load1", 0.0),
    plain("host_load5", "node_load5", 0.0),
    plain("host_load15", "node_load15", 0.0),
    plain("host_pressure_cpu_some_seconds_total", "node_pressure_cpu_waiting_seconds_total", 0.0),
    plain("host_pressure_memory_some_seconds_total", "node_pressure_memory_waiting_seconds_total", 0.0),
    plain("host_pressure_memory_full_seconds_total", "node_pressure_memory_stalled_seconds_total", 0.0),
    plain("host_pressure_io_some_seconds_total", "node_pressure_io_waiting_seconds_total", 0.0),
    plain("host_pressure_io_full_seconds_total", "node_pressure_io_stalled_seconds_total", 0.0),
    plain("host_open_files", "node_filefd_allocated", 0.1),
    plain("host_open_files_limit", "node_filefd_maximum", 0.0),
    plain("host_context_switches_total", "node_context_switches_total", 0.0),
    plain("host_forks_total", "node_forks_total", 0.0),
    // The exporter reports the boot time in whole seconds.
    difference("host_uptime_seconds", "node_time_seconds", "node_boot_time_seconds", 0.01),
    plain("host_boot_time_seconds", "node_boot_time_seconds", 0.0),
];
