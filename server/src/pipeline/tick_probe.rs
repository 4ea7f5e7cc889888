//! Probe of the ticker: delay and duration of its ticks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};
use watchglass_probes::{Probe, ProbeError};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "own-tick",
    section: "Watchglass",
    title: "Collection",
    style: Style::Line,
    unit: Unit::Seconds,
    ceiling: None,
    description: "Duration and start delay of each collection. Above 1 s there are gaps in all charts.",
};

static LATENESS: Declaration = Declaration {
    name: "watchglass_tick_lateness_seconds",
    kind: Kind::Gauge,
    unit: Unit::Seconds,
    help: "Start delay of the previous tick, including the seconds that it skipped.",
    labels: &[],
    panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
    legend: "delay",
};
static DURATION: Declaration = Declaration {
    name: "watchglass_tick_duration_seconds",
    kind: Kind::Gauge,
    unit: Unit::Seconds,
    help: "Duration of the previous tick: measuring, storing and publishing.",
    labels: &[],
    panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
    legend: "duration",
};

static METRICS: [&Declaration; 2] = [&LATENESS, &DURATION];

/// Delay and duration of the last tick that has ended; none before the first one.
#[derive(Debug, Default)]
pub(crate) struct TickTimes(Mutex<Option<(Duration, Duration)>>);

impl TickTimes {
    /// Sets the times of a tick that has ended.
    pub(super) fn record(&self, lateness: Duration, duration: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((lateness, duration));
    }

    fn last(&self) -> Option<(Duration, Duration)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Probe of the ticker. A tick is measured while it runs, so the values are those of the one before.
#[derive(Debug)]
pub(crate) struct TickProbe(pub(crate) Arc<TickTimes>);

impl Probe for TickProbe {
    fn name(&self) -> &str {
        "watchglass_ticks"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        if let Some((lateness, duration)) = self.0.last() {
            samples.record(&LATENESS, &[], lateness.as_secs_f64());
            samples.record(&DURATION, &[], duration.as_secs_f64());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_last_tick_are_recorded_once_there_is_one() {
        let times = Arc::<TickTimes>::default();
        let collect = || {
            let mut samples = SampleBuffer::new();
            TickProbe(Arc::clone(&times)).collect(&mut samples).unwrap();
            samples.raw_samples().map(|row| (row.metric.name, row.value)).collect::<Vec<_>>()
        };
        assert_eq!(collect(), []);
        for lateness in [5, 3] {
            times.record(Duration::from_millis(lateness), Duration::from_micros(700));
        }
        assert_eq!(collect(), [(LATENESS.name, 0.003), (DURATION.name, 0.0007)]);
    }
}
