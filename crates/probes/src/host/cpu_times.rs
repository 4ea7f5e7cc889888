//! CPU times in `/proc/stat`, and shares between two samples.

use crate::TextError;
use crate::reading::OrSkip;
use crate::text::{Line, lines};
use watchglass_model::{SampleBuffer, SkipReason};

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
    /// `None` if the line has an invalid field.
    pub(super) times: Option<Times>,
}

/// Parses the total times, and replaces `cores` with those of each core. A line with an invalid field has no times.
pub(super) fn parse(text: &str, cores: &mut Vec<Core>, samples: &mut SampleBuffer) -> Option<Times> {
    let (mut all, mut is_found) = (None, false);
    cores.clear();
    for mut line in lines(text).filter(|line| line.text.starts_with("cpu")) {
        const NAME: &str = "the processor";
        match line.word(NAME).unwrap_or_default().strip_prefix("cpu") {
            Some("") => {
                is_found = true;
                all = times_of(&mut line).or_skip(samples);
            }
            number => {
                let number = number.and_then(|number| number.parse().ok());
                let error = || line.error(NAME, "`cpu` and its number", line.text, SkipReason::NotANumber);
                let Some(number) = number.ok_or_else(error).or_skip(samples) else { continue };
                cores.push(Core { number, times: times_of(&mut line).or_skip(samples) });
            }
        }
    }
    if !is_found {
        samples.skip("the line `cpu`", "", SkipReason::Missing);
    }
    all
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

/// Share of the expected time below which an idle time that does not move is frozen.
const FROZEN_BELOW: f64 = 0.5;

/// Shares from `before` to `now`, while `expected` ticks should have passed; `None` when no time has passed.
///
/// A field that decreased, as after the migration of a virtual machine, or that increased by more than could pass, counts
/// as 0, and is passed to `note`. If the idle time does not move and less than half of the expected time has passed, it is
/// frozen, and what is missing counts as idle.
pub(super) fn shares(
    before: Times,
    now: Times,
    expected: Option<f64>,
    mut note: impl FnMut(&'static str, u64, SkipReason),
) -> Option<Shares> {
    // Ten times of what should have passed allows for a delayed tick.
    let most = expected.map_or(u64::MAX, |ticks| (ticks * 10.0) as u64);
    let mut since = |field, before: u64, now: u64| {
        let ticks = now.checked_sub(before);
        match ticks {
            Some(ticks) if ticks <= most => ticks,
            Some(_) => {
                note(field, now, SkipReason::OutOfRange);
                0
            }
            None => {
                note(field, now, SkipReason::Decreased);
                0
            }
        }
    };
    let user = since("user", before.user, now.user);
    let nice = since("nice", before.nice, now.nice);
    let system = since("system", before.system, now.system);
    let irq = since("irq", before.irq, now.irq).saturating_add(since("softirq", before.softirq, now.softirq));
    let steal = since("steal", before.steal, now.steal);
    // As documented by the kernel, `iowait` may decrease a little when time is reclassified as idle.
    let unused = (before.idle.checked_add(before.iowait), now.idle.checked_add(now.iowait));
    let unused = match unused {
        (Some(before), Some(now)) => since("idle", before, now),
        _ => since("idle", before.idle, now.idle),
    };
    let iowait = now.iowait.saturating_sub(before.iowait).min(unused);
    let all = [user, nice, system, irq, steal, unused].into_iter().try_fold(0_u64, u64::checked_add)? as f64;
    let whole = match expected {
        Some(expected) if unused == 0 && all < expected * FROZEN_BELOW && now.idle == before.idle => {
            note("idle", now.idle, SkipReason::OutOfRange);
            expected
        }
        _ => all,
    };
    let share = |ticks: u64| ticks as f64 / whole;
    (whole > 0.0).then(|| Shares {
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
        let times = parse(NEW, &mut cores, &mut SampleBuffer::new()).unwrap();
        assert_eq!(
            cores.iter().map(|core| (core.number, core.times.unwrap().user)).collect::<Vec<_>>(),
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
    fn decreasing_and_frozen_fields_count_as_zero() {
        use SkipReason::{Decreased, OutOfRange};
        let before =
            Times { user: 10, nice: 10, system: 10, idle: 10, iowait: 10, irq: 10, softirq: 10, steal: 10 };
        let later = Times { user: 20, ..before };
        let high = Times { steal: 1 << 62, ..before };
        let half = Times { user: 20, idle: 20, ..before };
        // Case, times, expected ticks, usage and iowait, and the note.
        type Expected = (Option<(f64, f64)>, Option<(&'static str, SkipReason)>);
        type Case = (&'static str, Times, Times, Option<f64>, Expected);
        let cases: [Case; 12] = [
            ("no time has passed", before, before, None, (None, None)),
            (
                "user steps back",
                before,
                Times { user: 9, system: 20, idle: 20, ..before },
                None,
                (Some((0.5, 0.0)), Some(("user", Decreased))),
            ),
            (
                "steal steps back",
                before,
                Times { steal: 9, ..half },
                None,
                (Some((0.5, 0.0)), Some(("steal", Decreased))),
            ),
            (
                "a huge steal steps back",
                high,
                Times { steal: (1 << 62) - 1000, ..half },
                Some(20.0),
                (Some((0.5, 0.0)), Some(("steal", Decreased))),
            ),
            (
                "steal wraps around",
                before,
                Times { steal: u64::MAX, ..half },
                Some(20.0),
                (Some((0.5, 0.0)), Some(("steal", OutOfRange))),
            ),
            (
                "softirq steps back",
                before,
                Times { softirq: 9, ..later },
                None,
                (Some((1.0, 0.0)), Some(("softirq", Decreased))),
            ),
            (
                "idle steps back",
                before,
                Times { idle: 0, ..later },
                Some(20.0),
                (Some((1.0, 0.0)), Some(("idle", Decreased))),
            ),
            (
                "idle is frozen",
                before,
                Times { user: 15, ..before },
                Some(20.0),
                (Some((0.25, 0.0)), Some(("idle", OutOfRange))),
            ),
            ("all is busy", before, later, Some(10.0), (Some((1.0, 0.0)), None)),
            ("all is frozen", before, before, Some(20.0), (Some((0.0, 0.0)), Some(("idle", OutOfRange)))),
            (
                "iowait turns into idle",
                before,
                Times { iowait: 5, idle: 25, ..later },
                None,
                (Some((0.5, 0.0)), None),
            ),
            (
                "idle turns into iowait",
                before,
                Times { iowait: 25, idle: 5, ..later },
                None,
                (Some((0.5, 0.5)), None),
            ),
        ];
        for (case, before, now, ticks, (expected, note)) in cases {
            let mut noted = None;
            let found = shares(before, now, ticks, |field, _, reason| noted = Some((field, reason)));
            assert_eq!(found.map(|shares| (shares.usage(), shares.iowait)), expected, "{case}");
            assert_eq!(noted, note, "{case}");
        }
    }

    #[test]
    fn invalid_lines_have_no_times() {
        let good = "cpu  1 2 3 4 5 6 7 8\n";
        let cases = [
            ("", false, &[][..], "the line `cpu` missing"),
            ("cpu0 1 2 3 4 5 6 7 8\n", false, &[Some(0)], "the line `cpu` missing"),
            ("cpu  1 2 3 4 5 6 7 8\ncpux 1 2 3 4 5 6 7 8", true, &[], "the processor not a number"),
            ("cpu  1 2 3 4 5 6 7 8\ncpu0 1 2", true, &[None], "system incomplete"),
            ("cpu  1 2 3\ncpu1 1 2 3 4 5 6 7 8\n", false, &[Some(1)], "idle incomplete"),
            ("cpu  1 2 3 4 x 6 7 8\n", false, &[], "iowait not a number"),
            ("cpu  1 2 3 4 -5 6 7 8\n", false, &[], "iowait out of range"),
            (&format!("garbage\n{good}"), true, &[], ""),
        ];
        for (text, has_times, expected, note) in cases {
            let (mut cores, mut samples) = (Vec::new(), SampleBuffer::new());
            assert_eq!(parse(text, &mut cores, &mut samples).is_some(), has_times, "{text:?}");
            let found: Vec<_> = cores.iter().map(|core| core.times.map(|_| core.number)).collect();
            assert_eq!(found, expected, "{text:?}");
            assert_eq!(crate::testing::skipped(&samples).join(""), note, "{text:?}");
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
        fn shares_are_between_zero_and_one(
            before in times(),
            now in times(),
            ticks in prop::option::of(0.0..2000.0),
        ) {
            if let Some(shares) = shares(before, now, ticks, |_, _, _| {}) {
                let parts = [shares.user, shares.nice, shares.system, shares.irq, shares.steal, shares.iowait];
                prop_assert!(parts.iter().all(|part| (0.0..=1.0).contains(part)), "{:?}", shares);
                prop_assert!(parts.iter().sum::<f64>() <= 1.0 + 1e-9, "{:?}", shares);
            }
        }
    }
}
