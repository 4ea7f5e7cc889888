//! CPU usage in total, by mode and by core.

use super::cpu_seconds::{CpuSeconds, SECONDS};
use super::cpu_times::{Core, Shares, Times, parse, shares};
use super::task_stats;
use crate::proc_file::ProcFile;
use crate::{HostRoots, Probe, ProbeError};
use std::fmt::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "cpu",
    section: "Host",
    title: "CPU",
    style: Style::Stacked,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    description: "A plateau near 100 % means that work is queueing: check the top processes. High iowait points to the disks.",
};

static USAGE: Declaration = Declaration {
    name: "host_cpu_usage_ratio",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "CPU usage over all CPUs: share of time neither idle nor waiting for I/O.",
    labels: &[],
    panel: Some((&PANEL, PanelRole::Headline)),
    legend: "used",
};

static MODE: Declaration = Declaration {
    name: "host_cpu_mode_ratio",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "Share of CPU time by mode over all CPUs; irq includes soft interrupts.",
    labels: &["mode"],
    panel: Some((&PANEL, PanelRole::Chart)),
    legend: "",
};

static CORES: Declaration = Declaration {
    name: "host_cpu_cores",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Online logical CPUs (hardware threads).",
    labels: &[],
    panel: Some((&PANEL, PanelRole::Detail)),
    legend: "cores",
};

static CORES_PANEL: PanelDeclaration = PanelDeclaration {
    id: "cpu-cores",
    section: "Host",
    title: "CPU cores",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    description: "One core at 100 % while others are idle is a single-threaded program: more cores would not help it.",
};

static CORE_USED: Declaration = Declaration {
    name: "host_cpu_core_used_ratio",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "CPU usage of one core: share of time neither idle nor waiting for I/O.",
    labels: &["core"],
    panel: Some((&CORES_PANEL, PanelRole::HeadlineAndChart)),
    legend: "",
};

static METRICS: [&Declaration; 10] = [
    &USAGE,
    &MODE,
    &CORES,
    &CORE_USED,
    &SECONDS,
    &task_stats::RUNNING,
    &task_stats::BLOCKED,
    &task_stats::SWITCHES,
    &task_stats::FORKS,
    &task_stats::BOOT,
];

/// Reads `/proc/stat`, for CPU usage and for the task metrics. Shares are relative to the previous sample, so the first
/// one has none.
pub struct Cpu {
    file: ProcFile,
    /// Monotonic clock, to recognise counters that do not move.
    clock: Box<dyn Fn() -> Duration + Send>,
    ticks_per_second: f64,
    /// Total times of the previous sample, and when it was taken.
    before: Option<(Times, Duration)>,
    seconds: CpuSeconds,
    /// Cores of the previous sample; empty if there was none.
    cores_before: Vec<Core>,
    /// Buffer for the cores of the next sample.
    cores: Vec<Core>,
    label: String,
}

impl Cpu {
    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        let start = Instant::now();
        Self::with_clock(roots, move || start.elapsed())
    }

    /// [`Cpu::new`] with a monotonic clock.
    pub fn with_clock(roots: &HostRoots, clock: impl Fn() -> Duration + Send + 'static) -> Self {
        Self {
            file: ProcFile::new(roots.proc.join("stat")),
            clock: Box::new(clock),
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            before: None,
            seconds: CpuSeconds::default(),
            cores_before: Vec::new(),
            cores: Vec::new(),
            label: String::new(),
        }
    }

    /// Forgets the previous sample.
    fn reset(&mut self) {
        self.before = None;
        self.cores_before.clear();
        self.cores.clear();
    }

    /// Records the usage of each core that was also in the previous sample; `ticks` should have passed since.
    fn record_cores(&mut self, ticks: Option<f64>, samples: &mut SampleBuffer) {
        let mut before = self.cores_before.iter();
        for core in &self.cores {
            // Both are sorted by number, and usually have the same cores.
            let Some(earlier) = before.as_slice().iter().position(|earlier| earlier.number == core.number)
            else {
                continue;
            };
            let times = before.nth(earlier).and_then(|earlier| earlier.times).zip(core.times);
            // Fields that decrease are noted once, in the total.
            let shares = times.and_then(|(earlier, times)| shares(earlier, times, ticks, |_, _, _| {}));
            let Some(shares) = shares else { continue };
            self.label.clear();
            // Writing to a string cannot fail.
            let _ = write!(self.label, "{}", core.number);
            samples.record(&CORE_USED, &[&self.label], shares.usage());
        }
    }
}

impl fmt::Debug for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cpu").field("file", &self.file).field("before", &self.before).finish_non_exhaustive()
    }
}

impl Probe for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn path(&self) -> Option<&Path> {
        Some(self.file.path())
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let time = (self.clock)();
        std::mem::swap(&mut self.cores_before, &mut self.cores);
        let cores = &mut self.cores;
        let read = self.file.read(|text| {
            let now = parse(text, cores, samples);
            task_stats::measure(text, samples);
            Ok(now)
        });
        // A share over a long gap must not count as current.
        let Ok(now) = read else {
            self.reset();
            return read.map(drop);
        };
        let before = std::mem::replace(&mut self.before, now.map(|times| (times, time)));
        let per_core =
            before.map(|(_, then)| time.saturating_sub(then).as_secs_f64() * self.ticks_per_second);
        if let (Some((before, _)), Some(now)) = (before, now) {
            let all = per_core.map(|ticks| ticks * self.cores.len() as f64).filter(|ticks| *ticks > 0.0);
            let note = |field, now: u64, reason| samples.skip(field, &now.to_string(), reason);
            if let Some(shares) = shares(before, now, all, note) {
                record(&shares, samples);
            }
        }
        if let Some(now) = now {
            self.seconds.record(now, self.ticks_per_second, samples);
        }
        self.record_cores(per_core.filter(|ticks| *ticks > 0.0), samples);
        if !self.cores.is_empty() {
            samples.record(&CORES, &[], self.cores.len() as f64);
        }
        Ok(())
    }
}

fn record(shares: &Shares, samples: &mut SampleBuffer) {
    samples.record(&USAGE, &[], shares.usage());
    // Stacking order from the bottom: `iowait` is on top of the modes that make up the usage.
    let modes = [
        ("user", shares.user),
        ("nice", shares.nice),
        ("system", shares.system),
        ("irq", shares.irq),
        ("steal", shares.steal),
        ("iowait", shares.iowait),
    ];
    for (mode, share) in modes {
        samples.record(&MODE, &[mode], share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SampleRow, expected_rows, host_in, rows, write_file};

    const STEAL_BEFORE: &str = include_str!("../../fixtures/vm-with-steal/stat.before");
    const STEAL_AFTER: &str = include_str!("../../fixtures/vm-with-steal/stat.after");

    /// Collects from the texts in turn, CPU metrics only.
    fn collect_all(texts: &[&str]) -> Vec<Result<Vec<SampleRow>, ProbeError>> {
        let folder = tempfile::tempdir().unwrap();
        // Without a clock, frozen counters are not recognised.
        let mut probe = Cpu::with_clock(&host_in(folder.path()), || Duration::ZERO);
        let collect = |text: &&str| {
            write_file(folder.path(), "stat", text);
            let mut samples = SampleBuffer::new();
            let of_cpu = |row: &SampleRow| row.0.starts_with("host_cpu") && row.0 != SECONDS.name;
            probe.collect(&mut samples).map(|()| rows(&samples).into_iter().filter(of_cpu).collect())
        };
        texts.iter().map(collect).collect()
    }

    #[test]
    fn shares_start_with_the_second_sample() {
        let results = collect_all(&[STEAL_BEFORE, STEAL_AFTER, "cpu", STEAL_AFTER]);
        let count = expected_rows(&[("host_cpu_cores", "", 4.0)]);
        assert_eq!(results[0].as_ref(), Ok(&count));
        // 400 ticks: 80 user of which 50 for guests, 20 nice, 40 system, 150 idle, 30 waiting, 4 + 6
        // interrupts, 70 stolen.
        let shares = expected_rows(&[
            ("host_cpu_usage_ratio", "", 0.55),
            ("host_cpu_mode_ratio", "user", 0.2),
            ("host_cpu_mode_ratio", "nice", 0.05),
            ("host_cpu_mode_ratio", "system", 0.1),
            ("host_cpu_mode_ratio", "irq", 0.025),
            ("host_cpu_mode_ratio", "steal", 0.175),
            ("host_cpu_mode_ratio", "iowait", 0.075),
            ("host_cpu_core_used_ratio", "0", 0.55),
            ("host_cpu_core_used_ratio", "1", 0.55),
            ("host_cpu_core_used_ratio", "2", 0.55),
            ("host_cpu_core_used_ratio", "3", 0.55),
            ("host_cpu_cores", "", 4.0),
        ]);
        assert_eq!(results[1].as_ref(), Ok(&shares));
        assert_eq!(results[2].as_ref(), Ok(&Vec::new()), "the line `cpu` has no numbers");
        assert_eq!(results[3].as_ref(), Ok(&count), "no share spans the failure");
    }

    #[test]
    fn cores_may_come_and_go() {
        let stat = |cores: &[(u32, u32, u32)]| {
            let line =
                |&(core, user, idle): &(u32, u32, u32)| format!("cpu{core} {user} 0 0 {idle} 0 0 0 0\n");
            format!("cpu 0 0 0 0 0 0 0 0\n{}", cores.iter().map(line).collect::<String>())
        };
        let texts = [
            stat(&[(0, 10, 10), (1, 10, 10), (2, 10, 10)]),
            stat(&[(0, 11, 11), (2, 13, 11)]),
            stat(&[(0, 11, 12), (1, 10, 10), (2, 14, 11)]),
            stat(&[(0, 12, 12), (1, 10, 11), (2, 14, 11)]),
        ];
        let expected: [&[(&str, f64)]; 4] =
            [&[], &[("0", 0.5), ("2", 0.75)], &[("0", 0.0), ("2", 1.0)], &[("0", 1.0), ("1", 0.0)]];
        let results = collect_all(&texts.each_ref().map(String::as_str));
        for (number, (result, expected)) in results.into_iter().zip(expected).enumerate() {
            let found: Vec<_> = result.unwrap().into_iter().filter(|row| row.0 == CORE_USED.name).collect();
            let rows: Vec<_> = expected.iter().map(|&(core, ratio)| (CORE_USED.name, core, ratio)).collect();
            assert_eq!(found, expected_rows(&rows), "sample {number}");
        }
    }
}
