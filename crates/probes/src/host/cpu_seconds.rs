//! CPU time since boot by mode.

use super::cpu_times::Times;
use watchglass_model::{Declaration, Kind, SampleBuffer, Unit};

/// In no chart, which shows shares of each second. Those who read at longer intervals need the counter.
pub(super) static SECONDS: Declaration = Declaration {
    name: "host_cpu_seconds_total",
    kind: Kind::Counter,
    unit: Unit::Seconds,
    help: "CPU time of all CPUs by mode since boot; irq includes soft interrupts.",
    labels: &["mode"],
    panel: None,
    legend: "",
};

/// In the order of [`Times::by_mode`].
const MODES: [&str; 7] = ["user", "nice", "system", "irq", "steal", "iowait", "idle"];

/// CPU times by mode, in ticks, of which none decreases: the kernel sets `iowait` back a little when it reclassifies time
/// as idle, and the migration of a virtual machine sets back any. The rate of a counter that decreases would count
/// everything before as new.
#[derive(Debug, Default)]
pub(super) struct CpuSeconds {
    before: Option<[u64; 7]>,
    ticks: [u64; 7],
}

impl CpuSeconds {
    /// Adds what has passed since the previous times, and records the sums.
    pub(super) fn record(&mut self, times: Times, ticks_per_second: f64, samples: &mut SampleBuffer) {
        let now = times.by_mode();
        let before = self.before.replace(now).unwrap_or_default();
        for ((ticks, before), now) in self.ticks.iter_mut().zip(before).zip(now) {
            *ticks = ticks.saturating_add(now.saturating_sub(before));
        }
        for (mode, ticks) in MODES.into_iter().zip(self.ticks) {
            samples.record(&SECONDS, &[mode], ticks as f64 / ticks_per_second);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cpu_times::parse;
    use super::*;

    #[test]
    fn cpu_seconds_never_decrease() {
        let mut all = CpuSeconds::default();
        let mut seconds = |times: &str| {
            let mut samples = SampleBuffer::new();
            let times = parse(&format!("cpu {times}\n"), &mut Vec::new(), &mut samples).unwrap();
            all.record(times, 100.0, &mut samples);
            samples.raw_samples().map(|row| row.value).collect::<Vec<f64>>()
        };
        assert_eq!(seconds("100 0 200 1000 50 3 4 0"), [1.0, 0.0, 2.0, 0.07, 0.0, 0.5, 10.0]);
        assert_eq!(seconds("150 0 200 1100 40 3 4 0"), [1.5, 0.0, 2.0, 0.07, 0.0, 0.5, 11.0], "iowait fell");
        assert_eq!(seconds("160 0 200 1100 50 3 4 0"), [1.6, 0.0, 2.0, 0.07, 0.0, 0.6, 11.0]);
        assert_eq!(seconds("10 0 10 10 0 0 0 0"), [1.6, 0.0, 2.0, 0.07, 0.0, 0.6, 11.0], "another machine");
    }
}
