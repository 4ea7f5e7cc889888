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

impl Times {
    /// Times of user, nice, system, interrupts (with soft ones), steal, iowait and idle.
    pub(super) fn by_mode(self) -> [u64; 7] {
        let irq = self.irq.saturating_add(self.softirq);
        [self.user, self.nice, self.system, irq, self.steal, self.iowait, self.idle]
    }
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
/// frozen, and what is missing counts as idle. If no field moves at all, there are no shares.
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
            // If nothing moves, nothing is known.
            if all > 0.0 { expected } else { 0.0 }
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
#[path = "cpu_times_tests.rs"]
mod tests;
