//! How long the operations of a disk took, from what its counters did since the reading before.

use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "disk-latency",
    section: "Host",
    title: "Disk latency",
    style: Style::Line,
    unit: Unit::Seconds,
    ceiling: None,
    meaning: "A rise without more operations is a disk that is failing or shared; with more, it has reached what it can do.",
};

const fn latency(name: &'static str, help: &'static str, legend: &'static str) -> Declaration {
    Declaration {
        name,
        kind: Kind::Gauge,
        unit: Unit::Seconds,
        help,
        labels: &["device"],
        panel: Some((&PANEL, Role::HeadlineAndChart)),
        legend,
    }
}

pub(super) static READ_LATENCY: Declaration = latency(
    "host_disk_read_latency_seconds",
    "How long a read from a disk took, on average of those completed since the value before; none without one.",
    "read",
);
pub(super) static WRITE_LATENCY: Declaration = latency(
    "host_disk_write_latency_seconds",
    "How long a write to a disk took, on average of those completed since the value before; none without one.",
    "write",
);

/// Operations that a device completed since the host started, and the milliseconds they took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) reads: u64,
    pub(super) read_millis: u64,
    pub(super) writes: u64,
    pub(super) write_millis: u64,
}

/// What the counters of every disk were at the reading before.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    devices: Vec<Device>,
}

#[derive(Debug)]
struct Device {
    name: String,
    counts: Counts,
    /// Whether it was met in the reading under way.
    is_there: bool,
}

impl Latencies {
    /// A reading begins.
    pub(super) fn begin(&mut self) {
        self.devices.iter_mut().for_each(|device| device.is_there = false);
    }

    /// Records the latencies of the disk `name`, if it was met in the reading before.
    pub(super) fn record(&mut self, name: &str, now: Counts, readings: &mut Readings) {
        let Some(device) = self.devices.iter_mut().find(|device| device.name == name) else {
            self.devices.push(Device { name: name.to_owned(), counts: now, is_there: true });
            return;
        };
        let before = std::mem::replace(&mut device.counts, now);
        device.is_there = true;
        for (metric, count, millis) in [
            (&READ_LATENCY, (before.reads, now.reads), (before.read_millis, now.read_millis)),
            (&WRITE_LATENCY, (before.writes, now.writes), (before.write_millis, now.write_millis)),
        ] {
            if let Some(mean) = mean_seconds(count, millis) {
                readings.record(metric, &[name], mean);
            }
        }
    }

    /// A reading ends: disks that were not met are forgotten.
    pub(super) fn end(&mut self) {
        self.devices.retain(|device| device.is_there);
    }

    /// Forgets all, after a failure: an average over a long gap would stand at its end as if it were new.
    pub(super) fn clear(&mut self) {
        self.devices.clear();
    }
}

/// Seconds for each operation, from their number and their milliseconds `(before, now)`. None when there was no
/// operation, or when a counter stepped back: a device came anew, or milliseconds passed 2³² on an old kernel.
fn mean_seconds(count: (u64, u64), millis: (u64, u64)) -> Option<f64> {
    let operations = count.1.checked_sub(count.0).filter(|&operations| operations > 0)?;
    Some(millis.1.checked_sub(millis.0)? as f64 / 1e3 / operations as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rows;

    /// The latencies of `sda` in one reading; without counts it is not there.
    fn read(latencies: &mut Latencies, counts: Option<[u64; 4]>) -> Vec<String> {
        let mut readings = Readings::new();
        latencies.begin();
        if let Some([reads, read_millis, writes, write_millis]) = counts {
            let now = Counts { reads, read_millis, writes, write_millis };
            latencies.record("sda", now, &mut readings);
        }
        latencies.end();
        rows(&readings).into_iter().map(|(_, _, seconds)| seconds).collect()
    }

    /// What happens, the counts, and the latencies.
    type Step = (&'static str, Option<[u64; 4]>, &'static [&'static str]);

    #[test]
    fn latency_is_the_mean_of_the_operations_since() {
        let mut latencies = Latencies::default();
        let steps: [Step; 8] = [
            ("nothing to compare with", Some([10, 100, 10, 100]), &[]),
            ("both", Some([14, 110, 12, 103]), &["0.002500", "0.001500"]),
            ("no read, and a quick write", Some([14, 110, 13, 103]), &["0.000000"]),
            ("it came anew", Some([2, 5, 2, 5]), &[]),
            ("reads alone", Some([4, 9, 2, 5]), &["0.002000"]),
            ("taken out", None, &[]),
            ("put in again", Some([6, 19, 2, 5]), &[]),
            ("milliseconds passed their end", Some([7, 1, 3, 6]), &["0.001000"]),
        ];
        for (step, counts, expected) in steps {
            assert_eq!(read(&mut latencies, counts), expected, "{step}");
        }
        latencies.clear();
        assert!(read(&mut latencies, Some([9, 9, 9, 9])).is_empty(), "nothing spans a failure");
    }
}
