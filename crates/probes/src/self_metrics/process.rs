//! Resource usage of the server process, and statistics of its components.

use super::ServerStats;
use crate::declare::metric;
use crate::host::process_stat;
use crate::proc_file::ProcFile;
use crate::{Probe, ProbeError};
use rustix::time::{ClockId, clock_gettime};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

const fn panel(id: &'static str, title: &'static str, unit: Unit) -> PanelDeclaration {
    PanelDeclaration {
        id,
        section: "Watchglass",
        title,
        style: Style::Line,
        unit,
        ceiling: None,
        description: "",
    }
}

static CPU_PANEL: PanelDeclaration = panel("own-cpu", "Watchglass CPU", Unit::Ratio).description(
    "CPU cost of monitoring. Should be low and flat; it grows with connected clients and series.",
);
static MEMORY_PANEL: PanelDeclaration = panel("own-memory", "Watchglass memory", Unit::Bytes).description(
    "Grows during the first hours until all series are known, then stays flat. A later slope may be a leak: report it.",
);
static TICK_PANEL: PanelDeclaration = panel("own-tick", "Collection", Unit::Seconds)
    .description("Duration and start delay of each collection. Above 1 s there are gaps in all charts.");
static LIVE_PANEL: PanelDeclaration = panel("own-connections", "Connected clients", Unit::Count).description(
    "One per open page or API client. An unexplained rise at night is a wall display or a script.",
);
static SENT_PANEL: PanelDeclaration = panel("own-sent", "Traffic to clients", Unit::BytesPerSecond).description(
    "Live data sent to clients, about the same for each. More than that is a client that reads a lot of history.",
);

static CPU: Declaration = metric(
    "watchglass_cpu_seconds_total",
    Kind::Counter,
    Unit::Seconds,
    "CPU time of Watchglass; a rate of 1 is one full core.",
    Some((&CPU_PANEL, PanelRole::HeadlineAndChart)),
    "used",
);
static RESIDENT: Declaration = metric(
    "watchglass_resident_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Resident memory of Watchglass, including mapped files.",
    Some((&MEMORY_PANEL, PanelRole::HeadlineAndChart)),
    "resident",
);
static HISTORY_BYTES: Declaration = metric(
    "watchglass_tsdb_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Size of the history on disk or in memory.",
    Some((&MEMORY_PANEL, PanelRole::Detail)),
    "history",
);
static HISTORY_SERIES: Declaration = metric(
    "watchglass_tsdb_series",
    Kind::Gauge,
    Unit::Count,
    "Series in the history.",
    Some((&MEMORY_PANEL, PanelRole::Detail)),
    "series",
);
static HISTORY_REFUSED: Declaration = metric(
    "watchglass_tsdb_refused_total",
    Kind::Counter,
    Unit::Count,
    "Samples dropped by the history store.",
    None,
    "dropped",
);
static LATENESS: Declaration = metric(
    "watchglass_tick_lateness_seconds",
    Kind::Gauge,
    Unit::Seconds,
    "Start delay of the previous tick.",
    Some((&TICK_PANEL, PanelRole::HeadlineAndChart)),
    "delay",
);
static DURATION: Declaration = metric(
    "watchglass_tick_duration_seconds",
    Kind::Gauge,
    Unit::Seconds,
    "Duration of the previous tick: measuring, storing and publishing.",
    Some((&TICK_PANEL, PanelRole::HeadlineAndChart)),
    "duration",
);
static CONNECTIONS: Declaration = metric(
    "watchglass_websocket_connections",
    Kind::Gauge,
    Unit::Count,
    "Open WebSocket connections of pages and API clients.",
    Some((&LIVE_PANEL, PanelRole::HeadlineAndChart)),
    "open",
);
static TASKS: Declaration = metric(
    "watchglass_tasks",
    Kind::Gauge,
    Unit::Count,
    "Tasks of the asynchronous runtime.",
    Some((&LIVE_PANEL, PanelRole::Detail)),
    "tasks",
);
static THREADS: Declaration = metric(
    "watchglass_threads",
    Kind::Gauge,
    Unit::Count,
    "Threads of Watchglass.",
    Some((&CPU_PANEL, PanelRole::Detail)),
    "threads",
);
static FRAMES: Declaration = metric(
    "watchglass_websocket_frames_total",
    Kind::Counter,
    Unit::Count,
    "Messages sent over all WebSockets.",
    Some((&SENT_PANEL, PanelRole::Detail)),
    "messages",
);
static BYTES: Declaration = metric(
    "watchglass_websocket_sent_bytes_total",
    Kind::Counter,
    Unit::Bytes,
    "Bytes of messages sent over all WebSockets.",
    Some((&SENT_PANEL, PanelRole::HeadlineAndChart)),
    "sent",
);
static SKIPPED: Declaration = metric(
    "watchglass_websocket_skipped_frames_total",
    Kind::Counter,
    Unit::Count,
    "Frames not sent over a WebSocket because the client was too slow.",
    Some((&SENT_PANEL, PanelRole::Detail)),
    "skipped",
);

static METRICS: [&Declaration; 13] = [
    &CPU,
    &RESIDENT,
    &HISTORY_BYTES,
    &HISTORY_SERIES,
    &HISTORY_REFUSED,
    &LATENESS,
    &DURATION,
    &CONNECTIONS,
    &TASKS,
    &THREADS,
    &FRAMES,
    &BYTES,
    &SKIPPED,
];

/// Reads `/proc/self/stat` and the CPU time of this process, and records the component statistics in [`Vitals`].
/// Always reads the own `/proc`, even when that of another host is monitored.
#[derive(Debug)]
pub struct ServerProcess {
    file: ProcFile,
    page_bytes: f64,
    stats: Arc<ServerStats>,
}

impl ServerProcess {
    /// A probe of this process with the component statistics in `vitals`.
    pub fn new(stats: Arc<ServerStats>) -> Self {
        Self::with_stat_file(Path::new("/proc/self/stat").to_owned(), stats)
    }

    fn with_stat_file(stat: PathBuf, stats: Arc<ServerStats>) -> Self {
        Self { file: ProcFile::new(stat), page_bytes: rustix::param::page_size() as f64, stats }
    }
}

impl Probe for ServerProcess {
    fn name(&self) -> &'static str {
        "watchglass"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let (threads, pages) = self.file.read(|text| {
            let stat = process_stat::parse(text)?;
            Ok((stat.threads, stat.resident_pages))
        })?;
        let stats = &self.stats;
        for (metric, value) in [
            (&CPU, cpu_seconds()),
            (&RESIDENT, pages as f64 * self.page_bytes),
            (&HISTORY_BYTES, stats.history_bytes.value()),
            (&HISTORY_SERIES, stats.history_series.value()),
            (&HISTORY_REFUSED, stats.history_refused.value()),
            (&LATENESS, stats.tick_lateness.value()),
            (&DURATION, stats.tick_duration.value()),
            (&CONNECTIONS, stats.connections.value()),
            (&TASKS, stats.tasks.value()),
            (&THREADS, threads as f64),
            (&FRAMES, stats.frames_sent.value()),
            (&BYTES, stats.bytes_sent.value()),
            (&SKIPPED, stats.frames_skipped.value()),
        ] {
            samples.record(metric, &[], value);
        }
        Ok(())
    }
}

/// CPU time of this process in seconds. The clock has nanosecond resolution; `/proc` has hundredths of a second, more
/// than Watchglass uses in most ticks.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows, write_file};
    use std::time::Duration;

    fn collect(probe: &mut ServerProcess) -> Vec<crate::testing::SampleRow> {
        let mut samples = SampleBuffer::new();
        probe.collect(&mut samples).unwrap();
        rows(&samples).into_iter().filter(|row| row.0 != CPU.name).collect()
    }

    #[test]
    fn unset_statistics_have_no_value() {
        let folder = tempfile::tempdir().unwrap();
        write_file(folder.path(), "stat", include_str!("../../fixtures/process/postgres.stat"));
        let stats = Arc::new(ServerStats::default());
        let mut probe = ServerProcess::with_stat_file(folder.path().join("stat"), Arc::clone(&stats));
        probe.page_bytes = 4096.0;
        let own = [
            ("watchglass_resident_bytes", "", 7390.0 * 4096.0),
            ("watchglass_threads", "", 1.0),
            ("watchglass_websocket_frames_total", "", 0.0),
            ("watchglass_websocket_sent_bytes_total", "", 0.0),
        ];
        assert_eq!(collect(&mut probe), expected_rows(&own));

        for lateness in [5, 3] {
            stats.record_tick(Duration::from_millis(lateness), Duration::from_micros(700));
        }
        for count in [2, 1] {
            stats.set_connections(count);
        }
        stats.frame_sent(300);
        stats.frame_sent(40);
        stats.set_frames_skipped(6);
        stats.set_tasks(9);
        stats.set_history(1 << 20, 250, 8);
        let stats = [
            ("watchglass_resident_bytes", "", 7390.0 * 4096.0),
            ("watchglass_tsdb_bytes", "", 1_048_576.0),
            ("watchglass_tsdb_series", "", 250.0),
            ("watchglass_tsdb_refused_total", "", 8.0),
            ("watchglass_tick_lateness_seconds", "", 0.003),
            ("watchglass_tick_duration_seconds", "", 0.0007),
            ("watchglass_websocket_connections", "", 1.0),
            ("watchglass_tasks", "", 9.0),
            ("watchglass_threads", "", 1.0),
            ("watchglass_websocket_frames_total", "", 2.0),
            ("watchglass_websocket_sent_bytes_total", "", 340.0),
            ("watchglass_websocket_skipped_frames_total", "", 6.0),
        ];
        assert_eq!(collect(&mut probe), expected_rows(&stats));
    }

    #[test]
    fn own_cpu_time_and_memory_are_positive() {
        let mut probe = ServerProcess::new(Arc::default());
        let cpu = || cpu_seconds();
        let before = cpu();
        let mut samples = SampleBuffer::new();
        probe.collect(&mut samples).unwrap();
        let of = |metric: &Declaration| samples.raw_samples().find(|row| row.metric == metric).unwrap().value;
        assert!(before > 0.0 && of(&CPU) > before && cpu() > of(&CPU), "{samples:?}");
        assert!(of(&RESIDENT) > 0.0 && of(&THREADS) >= 1.0, "{samples:?}");
    }
}
