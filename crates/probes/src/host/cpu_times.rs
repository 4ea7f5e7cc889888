//! CPU times in `/proc/stat`, and shares between two samples.

use crate::TextError;
use crate::text::{Line, lines, missing};

/// CPU time of one CPU or all CPUs by mode since boot, in kernel clock ticks.
///
/// Field order as in the line `cpu` of [`/proc/stat`]. The following fields `guest` and `guest_nice` are ignored: the
/// kernel already includes them in `user` and `nice` (`account_guest_time` in `kernel/sched/cputime.c`).
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

/// CPU times of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Core {
    /// Kernel CPU number. Numbers of offline CPUs are missing.
    pub(super) number: u32,
    pub(super) times: Times,
}

/// Parses the total times, and replaces `cores` with those of each core.
pub(super) fn parse(text: &str, cores: &mut Vec<Core>) -> Result<Times, TextError> {
    let mut all = None;
    cores.clear();
    // The CPU lines come first; the rest of the file is longer.
    for mut line in lines(text).take_while(|line| line.text.starts_with("cpu")) {
        match line.word("the processor")?.strip_prefix("cpu") {
            Some("") => all = Some(times_of(&mut line)?),
            number => {
                let number = number.and_then(|number| number.parse().ok());
                let number = number.ok_or(line.invalid("the processor", "`cpu` and its number"))?;
                cores.push(Core { number, times: times_of(&mut line)? });
            }
        }
    }
    all.ok_or_else(|| missing(text, "the line `cpu`"))
}

fn times_of(line: &mut Line<'_>) -> Result<Times, TextError> {
    Ok(Times {
        user: line.integer("user")?,
        nice: line.integer("nice")?,
        system: line.integer("system")?,
        idle: line.integer("idle")?,
        iowait: line.integer("iowait")?,
        irq: line.integer("irq")?,
        softirq: line.integer("softirq")?,
        steal: line.integer("steal")?,
    })
}

/// Shares of the time between two samples; with `idle` they add up to 1.
#[derive(Debug, PartialEq)]
pub(super) struct Shares {
    pub(super) user: f64,
    pub(super) nice: f64,
    pub(super) system: f64,
    pub(super) irq: f64,
    pub(super) steal: f64,
    pub(super) iowait: f64,
}

/// Shares from `before` to `now`; `None` when a counter decreased, as after a virtual machine migration or CPU hot-unplug,
/// or when no time has passed.
pub(super) fn shares(before: Times, now: Times) -> Option<Shares> {
    let user = now.user.checked_sub(before.user)?;
    let nice = now.nice.checked_sub(before.nice)?;
    let system = now.system.checked_sub(before.system)?;
    let irq = now.irq.checked_sub(before.irq)?.checked_add(now.softirq.checked_sub(before.softirq)?)?;
    let steal = now.steal.checked_sub(before.steal)?;
    let unused = now.idle.checked_add(now.iowait)?.checked_sub(before.idle.checked_add(before.iowait)?)?;
    // As documented by the kernel, `iowait` may decrease a little when time is reclassified as idle.
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
    /// Share of time neither idle nor waiting for I/O, 0 to 1.
    pub(super) fn usage(&self) -> f64 {
        // Rounding may make the sum exceed 1.
        (self.user + self.nice + self.system + self.irq + self.steal).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NEW: &str = include_str!("../../fixtures/linux-6.18/stat");

    #[test]
    fn times_of_all_cpus_are_parsed() {
        let mut cores = Vec::new();
        let times = parse(NEW, &mut cores).unwrap();
        assert_eq!(
            cores.iter().map(|core| (core.number, core.times.user)).collect::<Vec<_>>(),
            [(0, 45_300), (1, 45_200)]
        );
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
    fn decreasing_counters_have_no_shares() {
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
            ("", "line 1: unexpected end, the line `cpu` is missing"),
            ("cpu0 1 2 3 4 5 6 7 8\n", "line 1: unexpected end, the line `cpu` is missing"),
            (
                "cpu  1 2 3 4 5 6 7 8\ncpux 1 2 3 4 5 6 7 8",
                "line 2: the processor should be `cpu` and its number",
            ),
            ("cpu  1 2 3 4 5 6 7 8\ncpu0 1 2", "line 2: system should be a whole number"),
            ("cpu  1 2 3\n", "line 1: idle should be a whole number"),
            ("cpu  1 2 3 4 x 6 7 8\n", "line 1: iowait should be a whole number"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, &mut Vec::new()).unwrap_err().to_string(), expected, "{text:?}");
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
        fn shares_are_between_zero_and_one(before in times(), now in times()) {
            if let Some(shares) = shares(before, now) {
                let parts = [shares.user, shares.nice, shares.system, shares.irq, shares.steal, shares.iowait];
                prop_assert!(parts.iter().all(|part| (0.0..=1.0).contains(part)), "{:?}", shares);
                prop_assert!(parts.iter().sum::<f64>() <= 1.0 + 1e-9, "{:?}", shares);
            }
        }
    }
}
