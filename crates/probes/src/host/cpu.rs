//! Processors: how busy they are, and with what.

use crate::proc_file::ProcFile;
use crate::text::{Line, lines, missing};
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "cpu",
    section: "Host",
    title: "CPU",
    style: Style::Stacked,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
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

static METRICS: [&Declaration; 3] = [&USAGE, &MODE, &CORES];

/// Reads `/proc/stat`. Shares of time are those since the reading before, so the first reading has none.
#[derive(Debug)]
pub struct Cpu {
    file: ProcFile,
    before: Option<Times>,
}

impl Cpu {
    /// The probe of that host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.proc.join("stat")), before: None }
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
        let (now, cores) = self.file.read(parse)?;
        self.before = Some(now);
        if let Some(shares) = before.and_then(|before| shares(before, now)) {
            shares.record(readings);
        }
        readings.record(&CORES, &[], cores as f64);
        Ok(())
    }
}

/// Time that all processors together have spent since the host started, in ticks of the kernel's clock.
///
/// The order is that of the line `cpu` in [`/proc/stat`]. The two fields that follow there, `guest` and
/// `guest_nice`, are left out: the kernel has added them to `user` and `nice` already (`account_guest_time`
/// in `kernel/sched/cputime.c`).
///
/// [`/proc/stat`]: https://docs.kernel.org/filesystems/proc.html#miscellaneous-kernel-statistics-in-proc-stat
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    user: u64,
    nice: u64,
    system: u64,
    idle: u64,
    iowait: u64,
    irq: u64,
    softirq: u64,
    steal: u64,
}

/// The times of all processors together, and how many processors there are.
pub(super) fn parse(text: &str) -> Result<(Times, usize), TextError> {
    let mut times = None;
    let mut cores = 0;
    // The lines of the processors come first; what follows is longer than they are.
    for mut line in lines(text).take_while(|line| line.text.starts_with("cpu")) {
        match line.word("the processor")? {
            "cpu" => times = Some(times_of(&mut line)?),
            _ => cores += 1,
        }
    }
    times.map(|times| (times, cores)).ok_or_else(|| missing(text, "the line `cpu`"))
}

fn times_of(line: &mut Line<'_>) -> Result<Times, TextError> {
    Ok(Times {
        user: line.whole("user")?,
        nice: line.whole("nice")?,
        system: line.whole("system")?,
        idle: line.whole("idle")?,
        iowait: line.whole("iowait")?,
        irq: line.whole("irq")?,
        softirq: line.whole("softirq")?,
        steal: line.whole("steal")?,
    })
}

/// Parts of the time between two readings; with `idle` they make 1.
#[derive(Debug, PartialEq)]
struct Shares {
    user: f64,
    nice: f64,
    system: f64,
    irq: f64,
    steal: f64,
    iowait: f64,
}

/// What the processors did from `before` to `now`; none when a counter stepped back, as after the migration
/// of a virtual machine or when a processor was taken out, or when no time has passed.
fn shares(before: Times, now: Times) -> Option<Shares> {
    let user = now.user.checked_sub(before.user)?;
    let nice = now.nice.checked_sub(before.nice)?;
    let system = now.system.checked_sub(before.system)?;
    let irq = now.irq.checked_sub(before.irq)?.checked_add(now.softirq.checked_sub(before.softirq)?)?;
    let steal = now.steal.checked_sub(before.steal)?;
    let unused = now.idle.checked_add(now.iowait)?.checked_sub(before.idle.checked_add(before.iowait)?)?;
    // The kernel documents that `iowait` alone may step back a little, when it finds that the time was
    // plainly idle.
    let iowait = now.iowait.saturating_sub(before.iowait).min(unused);
    let all = [user, nice, system, irq, steal, unused].into_iter().try_fold(0_u64, u64::checked_add)?;
    let share = |ticks: u64| ticks as f64 / all as f64;
    (all > 0).then(|| Shares {
        user: share(user),
        nice: share(nice),
        system: share(system),
        irq: share(irq),
        steal: share(steal),
        iowait: share(iowait),
    })
}

impl Shares {
    fn usage(&self) -> f64 {
        self.user + self.nice + self.system + self.irq + self.steal
    }

    fn record(&self, readings: &mut Readings) {
        // The sum may exceed 1 by the rounding of its parts.
        readings.record(&USAGE, &[], self.usage().min(1.0));
        // Upon each other in the chart, from the lowest: `iowait` lies on top of what adds up to the usage.
        let modes = [
            ("user", self.user),
            ("nice", self.nice),
            ("system", self.system),
            ("irq", self.irq),
            ("steal", self.steal),
            ("iowait", self.iowait),
        ];
        for (mode, share) in modes {
            readings.record(&MODE, &[mode], share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, written};
    use proptest::prelude::*;
    use std::fs;

    const NEW: &str = include_str!("../../fixtures/linux-6.18/stat");
    const STEAL_BEFORE: &str = include_str!("../../fixtures/vm-with-steal/stat.before");
    const STEAL_AFTER: &str = include_str!("../../fixtures/vm-with-steal/stat.after");

    #[test]
    fn reads_the_times_of_all_processors() {
        let (times, cores) = parse(NEW).unwrap();
        assert_eq!(cores, 2);
        assert_eq!(
            times,
            Times {
                user: 90_500,
                nice: 0,
                system: 8_000,
                idle: 280_000,
                iowait: 900,
                irq: 0,
                softirq: 120,
                steal: 130
            }
        );
    }

    #[test]
    fn the_first_reading_has_no_shares_and_the_next_those_since() {
        let folder = tempfile::tempdir().unwrap();
        let mut probe = Cpu::new(&HostRoots { proc: folder.path().to_owned() });
        let mut collect = |text: &str| {
            fs::write(folder.path().join("stat"), text).unwrap();
            let mut readings = Readings::new();
            probe.collect(&mut readings).map(|()| rows(&readings))
        };
        assert_eq!(collect(STEAL_BEFORE).unwrap(), written(&[("host_cpu_cores", "", 4.0)]));
        // 400 ticks: 80 user of which 50 for guests, 20 nice, 40 system, 150 idle, 30 waiting, 4 + 6
        // interrupts, 70 stolen.
        assert_eq!(
            collect(STEAL_AFTER).unwrap(),
            written(&[
                ("host_cpu_usage_ratio", "", 0.55),
                ("host_cpu_mode_ratio", "user", 0.2),
                ("host_cpu_mode_ratio", "nice", 0.05),
                ("host_cpu_mode_ratio", "system", 0.1),
                ("host_cpu_mode_ratio", "irq", 0.025),
                ("host_cpu_mode_ratio", "steal", 0.175),
                ("host_cpu_mode_ratio", "iowait", 0.075),
                ("host_cpu_cores", "", 4.0),
            ])
        );
        assert!(collect("").is_err());
        assert_eq!(
            collect(STEAL_AFTER).unwrap(),
            written(&[("host_cpu_cores", "", 4.0)]),
            "nothing spans the failure"
        );
    }

    #[test]
    fn counters_that_step_back_have_no_shares() {
        let before =
            Times { user: 10, nice: 10, system: 10, idle: 10, iowait: 10, irq: 10, softirq: 10, steal: 10 };
        let later = Times { user: 20, ..before };
        let cases = [
            ("no time has passed", before, None),
            ("user steps back", Times { user: 9, idle: 30, ..before }, None),
            ("steal steps back", Times { steal: 9, ..later }, None),
            ("softirq steps back", Times { softirq: 9, ..later }, None),
            ("idle steps back", Times { idle: 0, ..later }, None),
            ("iowait turns into idle", Times { iowait: 5, idle: 25, ..later }, Some((0.5, 0.0))),
            ("idle turns into iowait", Times { iowait: 25, idle: 5, ..later }, Some((0.5, 0.5))),
        ];
        for (case, now, expected) in cases {
            let found = shares(before, now).map(|shares| (shares.usage(), shares.iowait));
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn errors_name_line_and_field() {
        let cases = [
            ("", "line 1 is the last, and the line `cpu` is missing"),
            ("cpu0 1 2 3 4 5 6 7 8\n", "line 1 is the last, and the line `cpu` is missing"),
            ("cpu  1 2 3\n", "line 1: idle should be a whole number"),
            ("cpu  1 2 3 4 x 6 7 8\n", "line 1: iowait should be a whole number"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text:?}");
        }
    }

    fn times() -> impl Strategy<Value = Times> {
        prop::array::uniform8(prop_oneof![0..1000_u64, any::<u64>()]).prop_map(
            |[user, nice, system, idle, iowait, irq, softirq, steal]| Times {
                user,
                nice,
                system,
                idle,
                iowait,
                irq,
                softirq,
                steal,
            },
        )
    }

    proptest! {
        #[test]
        fn shares_are_parts_of_one_whole(before in times(), now in times()) {
            if let Some(shares) = shares(before, now) {
                let parts = [shares.user, shares.nice, shares.system, shares.irq, shares.steal, shares.iowait];
                prop_assert!(parts.iter().all(|part| (0.0..=1.0).contains(part)), "{:?}", shares);
                prop_assert!(parts.iter().sum::<f64>() <= 1.0 + 1e-9, "{:?}", shares);
            }
        }
    }
}
