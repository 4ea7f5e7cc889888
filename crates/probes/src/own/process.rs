//! This program: what it takes of the host, and what its parts tell of themselves.

use super::Vitals;
use crate::declare::metric;
use crate::host::process_stat;
use crate::proc_file::ProcFile;
use crate::{Probe, ProbeError};
use rustix::time::{ClockId, clock_gettime};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

const fn panel(id: &'static str, title: &'static str, unit: Unit) -> PanelDeclaration {
    PanelDeclaration {
        id,
        section: "Watchglass",
        title,
        style: Style::Line,
        unit,
        ceiling: None,
        meaning: "",
    }
}

static CPU_PANEL: PanelDeclaration = panel("own-cpu", "CPU of Watchglass", Unit::Ratio).meaning(
    "What watching costs. It should be flat and small: more open pages and more series are what raises it.",
);
static MEMORY_PANEL: PanelDeclaration = panel("own-memory", "Memory of Watchglass", Unit::Bytes).meaning(
    "It grows for the first hours until all series are known, and is flat then; a slope after that is worth a report.",
);
static TICK_PANEL: PanelDeclaration = panel("own-tick", "Ticks", Unit::Seconds).meaning(
    "How long a round of measuring takes and how late it begins: beyond a second, there are gaps in all charts.",
);
static LIVE_PANEL: PanelDeclaration = panel("own-connections", "Open pages", Unit::Count).meaning(
    "Each open page is one. A rise at night that nobody explains is a screen on a wall or a program that reads.",
);
static SENT_PANEL: PanelDeclaration = panel("own-sent", "Sent to pages", Unit::BytesPerSecond).meaning(
    "What open pages are sent: about the same for each of them. More than that is somebody who reads much history.",
);

static CPU: Declaration = metric(
    "watchglass_cpu_seconds_total",
    Kind::Counter,
    Unit::Seconds,
    "Processor time that Watchglass itself took; a rate of 1 is a whole core.",
    Some((&CPU_PANEL, Role::HeadlineAndChart)),
    "used",
);
static RESIDENT: Declaration = metric(
    "watchglass_resident_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Memory that Watchglass itself has in use, files that it has mapped included.",
    Some((&MEMORY_PANEL, Role::HeadlineAndChart)),
    "resident",
);
static HISTORY_BYTES: Declaration = metric(
    "watchglass_history_bytes",
    Kind::Gauge,
    Unit::Bytes,
    "Bytes that the history takes, where it is kept: on disk or in memory.",
    Some((&MEMORY_PANEL, Role::Detail)),
    "history",
);
static HISTORY_SERIES: Declaration = metric(
    "watchglass_history_series",
    Kind::Gauge,
    Unit::Count,
    "Series in the history.",
    Some((&MEMORY_PANEL, Role::Detail)),
    "series",
);
static HISTORY_REFUSED: Declaration = metric(
    "watchglass_history_refused_total",
    Kind::Counter,
    Unit::Count,
    "Samples that the history did not take.",
    None,
    "refused",
);
static LATENESS: Declaration = metric(
    "watchglass_tick_lateness_seconds",
    Kind::Gauge,
    Unit::Seconds,
    "How much later than it should have the tick before began.",
    Some((&TICK_PANEL, Role::HeadlineAndChart)),
    "late",
);
static DURATION: Declaration = metric(
    "watchglass_tick_duration_seconds",
    Kind::Gauge,
    Unit::Seconds,
    "How long the tick before took: measuring, storing and handing to pages.",
    Some((&TICK_PANEL, Role::HeadlineAndChart)),
    "took",
);
static CONNECTIONS: Declaration = metric(
    "watchglass_websocket_connections",
    Kind::Gauge,
    Unit::Count,
    "WebSockets that are open: pages, and programs that listen.",
    Some((&LIVE_PANEL, Role::HeadlineAndChart)),
    "open",
);
static TASKS: Declaration = metric(
    "watchglass_tasks",
    Kind::Gauge,
    Unit::Count,
    "Tasks of the asynchronous runtime.",
    Some((&LIVE_PANEL, Role::Detail)),
    "tasks",
);
static THREADS: Declaration = metric(
    "watchglass_threads",
    Kind::Gauge,
    Unit::Count,
    "Threads of Watchglass itself.",
    Some((&CPU_PANEL, Role::Detail)),
    "threads",
);
static FRAMES: Declaration = metric(
    "watchglass_websocket_frames_total",
    Kind::Counter,
    Unit::Count,
    "Messages that were sent over all WebSockets.",
    Some((&SENT_PANEL, Role::Detail)),
    "messages",
);
static BYTES: Declaration = metric(
    "watchglass_websocket_sent_bytes_total",
    Kind::Counter,
    Unit::Bytes,
    "Bytes of the messages that were sent over all WebSockets.",
    Some((&SENT_PANEL, Role::HeadlineAndChart)),
    "sent",
);
static SKIPPED: Declaration = metric(
    "watchglass_websocket_skipped_frames_total",
    Kind::Counter,
    Unit::Count,
    "Frames that were not sent over a WebSocket because its client was too slow for them.",
    Some((&SENT_PANEL, Role::Detail)),
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

/// Reads `/proc/self/stat` and this process's processor time, and records what the parts of the program have
/// told in its [`Vitals`]. It always reads its own `/proc`, also where that of another host is watched.
#[derive(Debug)]
pub struct OwnProcess {
    file: ProcFile,
    page_bytes: f64,
    vitals: Arc<Vitals>,
}

impl OwnProcess {
    /// The probe of this program, whose parts tell of themselves in `vitals`.
    pub fn new(vitals: Arc<Vitals>) -> Self {
        Self::reading(Path::new("/proc/self/stat").to_owned(), vitals)
    }

    fn reading(stat: PathBuf, vitals: Arc<Vitals>) -> Self {
        Self { file: ProcFile::new(stat), page_bytes: rustix::param::page_size() as f64, vitals }
    }
}

impl Probe for OwnProcess {
    fn name(&self) -> &'static str {
        "watchglass"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        let (threads, pages) = self.file.read(|text| {
            let stat = process_stat::parse(text)?;
            Ok((stat.threads, stat.resident_pages))
        })?;
        let vitals = &self.vitals;
        for (metric, value) in [
            (&CPU, cpu_seconds()),
            (&RESIDENT, pages as f64 * self.page_bytes),
            (&HISTORY_BYTES, vitals.history_bytes.value()),
            (&HISTORY_SERIES, vitals.history_series.value()),
            (&HISTORY_REFUSED, vitals.history_refused.value()),
            (&LATENESS, vitals.tick_lateness.value()),
            (&DURATION, vitals.tick_duration.value()),
            (&CONNECTIONS, vitals.connections.value()),
            (&TASKS, vitals.tasks.value()),
            (&THREADS, threads as f64),
            (&FRAMES, vitals.frames_sent.value()),
            (&BYTES, vitals.bytes_sent.value()),
            (&SKIPPED, vitals.frames_skipped.value()),
        ] {
            readings.record(metric, &[], value);
        }
        Ok(())
    }
}

/// Processor time of this process in seconds. Of the two ways to have it this counts in nanoseconds; `/proc` has
/// hundredths of a second, of which Watchglass takes less than one in most ticks. It tells no time of day.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{put, rows, written};
    use std::time::Duration;

    fn collect(probe: &mut OwnProcess) -> Vec<crate::testing::Written> {
        let mut readings = Readings::new();
        probe.collect(&mut readings).unwrap();
        rows(&readings).into_iter().filter(|row| row.0 != CPU.name).collect()
    }

    #[test]
    fn what_was_not_told_has_no_value_and_what_was_has_the_last() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "stat", include_str!("../../fixtures/process/postgres.stat"));
        let vitals = Arc::new(Vitals::default());
        let mut probe = OwnProcess::reading(folder.path().join("stat"), Arc::clone(&vitals));
        probe.page_bytes = 4096.0;
        let own = [
            ("watchglass_resident_bytes", "", 7390.0 * 4096.0),
            ("watchglass_threads", "", 1.0),
            ("watchglass_websocket_frames_total", "", 0.0),
            ("watchglass_websocket_sent_bytes_total", "", 0.0),
        ];
        assert_eq!(collect(&mut probe), written(&own));

        for lateness in [5, 3] {
            vitals.ticked(Duration::from_millis(lateness), Duration::from_micros(700));
        }
        for count in [2, 1] {
            vitals.set_connections(count);
        }
        vitals.frame_sent(300);
        vitals.frame_sent(40);
        vitals.set_frames_skipped(6);
        vitals.set_tasks(9);
        vitals.set_history(1 << 20, 250, 8);
        let told = [
            ("watchglass_resident_bytes", "", 7390.0 * 4096.0),
            ("watchglass_history_bytes", "", 1_048_576.0),
            ("watchglass_history_series", "", 250.0),
            ("watchglass_history_refused_total", "", 8.0),
            ("watchglass_tick_lateness_seconds", "", 0.003),
            ("watchglass_tick_duration_seconds", "", 0.0007),
            ("watchglass_websocket_connections", "", 1.0),
            ("watchglass_tasks", "", 9.0),
            ("watchglass_threads", "", 1.0),
            ("watchglass_websocket_frames_total", "", 2.0),
            ("watchglass_websocket_sent_bytes_total", "", 340.0),
            ("watchglass_websocket_skipped_frames_total", "", 6.0),
        ];
        assert_eq!(collect(&mut probe), written(&told));
    }

    #[test]
    fn this_program_takes_time_and_memory() {
        let mut probe = OwnProcess::new(Arc::default());
        let cpu = || cpu_seconds();
        let before = cpu();
        let mut readings = Readings::new();
        probe.collect(&mut readings).unwrap();
        let of = |metric: &Declaration| readings.rows().find(|row| row.metric == metric).unwrap().value;
        assert!(before > 0.0 && of(&CPU) > before && cpu() > of(&CPU), "{readings:?}");
        assert!(of(&RESIDENT) > 0.0 && of(&THREADS) >= 1.0, "{readings:?}");
    }
}
