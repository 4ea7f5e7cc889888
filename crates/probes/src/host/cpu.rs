//! Processors: how busy they are, and with what.

use super::activity;
use super::cpu_times::{Core, Shares, Times, parse, shares};
use crate::proc_file::ProcFile;
use crate::{HostRoots, Probe, ProbeError};
use std::fmt::Write;
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "cpu",
    section: "Host",
    title: "CPU",
    style: Style::Stacked,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    meaning: "A plateau near 100 % means work is queueing: look at the top processes. Much iowait points at the disks instead.",
};

static USAGE: Declaration = Declaration {
    name: "host_cpu_usage_ratio",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "Part of the time of all processors together that was neither idle nor spent waiting for I/O.",
    labels: &[],
    panel: Some((&PANEL, Role::Headline)),
    legend: "used",
};

static MODE: Declaration = Declaration {
    name: "host_cpu_mode_ratio",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "Part of the time of all processors together that was spent in a mode; irq holds soft interrupts too.",
    labels: &["mode"],
    panel: Some((&PANEL, Role::Chart)),
    legend: "",
};

static CORES: Declaration = Declaration {
    name: "host_cpu_cores",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Processors that are online, as the kernel counts them: hardware threads, not chips.",
    labels: &[],
    panel: Some((&PANEL, Role::Detail)),
    legend: "cores",
};

static CORES_PANEL: PanelDeclaration = PanelDeclaration {
    id: "cpu-cores",
    section: "Host",
    title: "CPU cores",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    meaning: "One core at 100 % while the others rest is a program that uses one thread only: more cores would not help it.",
};

static CORE_USED: Declaration = Declaration {
    name: "host_cpu_core_used_ratio",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "Part of the time of one processor that was neither idle nor spent waiting for I/O.",
    labels: &["core"],
    panel: Some((&CORES_PANEL, Role::HeadlineAndChart)),
    legend: "",
};

static METRICS: [&Declaration; 9] = [
    &USAGE,
    &MODE,
    &CORES,
    &CORE_USED,
    &activity::RUNNING,
    &activity::BLOCKED,
    &activity::SWITCHES,
    &activity::FORKS,
    &activity::BOOT,
];

/// Reads `/proc/stat`, for the processors and for [`activity`]. Shares of time are those since the reading
/// before, so the first reading has none.
#[derive(Debug)]
pub struct Cpu {
    file: ProcFile,
    before: Option<Times>,
    /// The processors in the reading before; empty where there was none.
    cores_before: Vec<Core>,
    /// Memory for the processors of the next.
    cores: Vec<Core>,
    label: String,
}

impl Cpu {
    /// The probe of that host.
    pub fn new(roots: &HostRoots) -> Self {
        Self {
            file: ProcFile::new(roots.proc.join("stat")),
            before: None,
            cores_before: Vec::new(),
            cores: Vec::new(),
            label: String::new(),
        }
    }

    /// Records how busy each processor was that was there in the reading before, too.
    fn record_cores(&mut self, readings: &mut Readings) {
        let mut before = self.cores_before.iter();
        for core in &self.cores {
            // Both are in the order of their numbers, and as a rule they are the same processors.
            let Some(earlier) = before.as_slice().iter().position(|earlier| earlier.number == core.number)
            else {
                continue;
            };
            let Some(shares) = before.nth(earlier).and_then(|earlier| shares(earlier.times, core.times))
            else {
                continue;
            };
            self.label.clear();
            // Writing to a string cannot fail.
            let _ = write!(self.label, "{}", core.number);
            readings.record(&CORE_USED, &[&self.label], shares.usage());
        }
    }
}

impl Probe for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        // Taken out, so that a failure leaves none: a share over a long gap would stand at its end as if it
        // were new.
        let before = self.before.take();
        std::mem::swap(&mut self.cores_before, &mut self.cores);
        if before.is_none() {
            self.cores_before.clear();
        }
        let cores = &mut self.cores;
        let now = self.file.read(|text| {
            let now = parse(text, cores)?;
            activity::measure(text, readings)?;
            Ok(now)
        })?;
        self.before = Some(now);
        if let Some(shares) = before.and_then(|before| shares(before, now)) {
            record(&shares, readings);
        }
        self.record_cores(readings);
        readings.record(&CORES, &[], self.cores.len() as f64);
        Ok(())
    }
}

fn record(shares: &Shares, readings: &mut Readings) {
    readings.record(&USAGE, &[], shares.usage());
    // Upon each other in the chart, from the lowest: `iowait` lies on top of what adds up to the usage.
    let modes = [
        ("user", shares.user),
        ("nice", shares.nice),
        ("system", shares.system),
        ("irq", shares.irq),
        ("steal", shares.steal),
        ("iowait", shares.iowait),
    ];
    for (mode, share) in modes {
        readings.record(&MODE, &[mode], share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Written, host_in, put, rows, written};

    const STEAL_BEFORE: &str = include_str!("../../fixtures/vm-with-steal/stat.before");
    const STEAL_AFTER: &str = include_str!("../../fixtures/vm-with-steal/stat.after");

    /// Collects from the texts in turn. What is not about processors is left out.
    fn collect_all(texts: &[&str]) -> Vec<Result<Vec<Written>, ProbeError>> {
        let folder = tempfile::tempdir().unwrap();
        let mut probe = Cpu::new(&host_in(folder.path()));
        let collect = |text: &&str| {
            put(folder.path(), "stat", text);
            let mut readings = Readings::new();
            let of_cpu = |row: &Written| row.0.starts_with("host_cpu");
            probe.collect(&mut readings).map(|()| rows(&readings).into_iter().filter(of_cpu).collect())
        };
        texts.iter().map(collect).collect()
    }

    #[test]
    fn the_first_reading_has_no_shares_and_the_next_those_since() {
        let results = collect_all(&[STEAL_BEFORE, STEAL_AFTER, "", STEAL_AFTER]);
        let count = written(&[("host_cpu_cores", "", 4.0)]);
        assert_eq!(results[0].as_ref(), Ok(&count));
        // 400 ticks: 80 user of which 50 for guests, 20 nice, 40 system, 150 idle, 30 waiting, 4 + 6
        // interrupts, 70 stolen.
        let shares = written(&[
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
        assert!(results[2].is_err());
        assert_eq!(results[3].as_ref(), Ok(&count), "nothing spans the failure");
    }

    #[test]
    fn processors_come_and_go() {
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
            assert_eq!(found, written(&rows), "reading {number}");
        }
    }
}
