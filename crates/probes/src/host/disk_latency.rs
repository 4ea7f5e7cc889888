//! Disk latency, from the counters of two samples.

use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "disk-latency",
    section: "Host",
    title: "Disk latency",
    style: Style::Line,
    unit: Unit::Seconds,
    ceiling: None,
    description: "A rise without more operations is a failing or shared disk. With more operations, the disk is saturated.",
};

const fn latency(name: &'static str, help: &'static str, legend: &'static str) -> Declaration {
    Declaration {
        name,
        kind: Kind::Gauge,
        unit: Unit::Seconds,
        help,
        labels: &["device"],
        panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
        legend,
    }
}

pub(super) static READ_LATENCY: Declaration = latency(
    "host_disk_read_latency_seconds",
    "Mean latency of the reads completed since the previous sample; missing without reads.",
    "read",
);
pub(super) static WRITE_LATENCY: Declaration = latency(
    "host_disk_write_latency_seconds",
    "Mean latency of the writes completed since the previous sample; missing without writes.",
    "write",
);

/// Completed operations of a device since boot, and their total time in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) reads: u64,
    pub(super) read_millis: u64,
    pub(super) writes: u64,
    pub(super) write_millis: u64,
}

/// Counters of each disk at the previous sample.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    devices: Vec<Device>,
}

#[derive(Debug)]
struct Device {
    name: String,
    counts: Counts,
    /// Whether the device is in the current sample.
    is_present: bool,
}

impl Latencies {
    /// Starts a sample.
    pub(super) fn begin(&mut self) {
        self.devices.iter_mut().for_each(|device| device.is_present = false);
    }

    /// Records the latencies of the disk `name`, if it was in the previous sample.
    pub(super) fn record(&mut self, name: &str, now: Counts, samples: &mut SampleBuffer) {
        let Some(device) = self.devices.iter_mut().find(|device| device.name == name) else {
            self.devices.push(Device { name: name.to_owned(), counts: now, is_present: true });
            return;
        };
        let before = std::mem::replace(&mut device.counts, now);
        device.is_present = true;
        for (metric, count, millis) in [
            (&READ_LATENCY, (before.reads, now.reads), (before.read_millis, now.read_millis)),
            (&WRITE_LATENCY, (before.writes, now.writes), (before.write_millis, now.write_millis)),
        ] {
            if let Some(mean) = mean_seconds(count, millis) {
                samples.record(metric, &[name], mean);
            }
        }
    }

    /// Ends a sample and removes missing disks.
    pub(super) fn end(&mut self) {
        self.devices.retain(|device| device.is_present);
    }

    /// Resets the state after a failure: a mean over a long gap must not count as current.
    pub(super) fn clear(&mut self) {
        self.devices.clear();
    }
}

/// Mean seconds per operation from counts and milliseconds `(before, now)`. `None` without operations or when a counter
/// decreased: the device was replaced, or milliseconds wrapped at 2³² on an old kernel.
fn mean_seconds(count: (u64, u64), millis: (u64, u64)) -> Option<f64> {
    let operations = count.1.checked_sub(count.0).filter(|&operations| operations > 0)?;
    Some(millis.1.checked_sub(millis.0)? as f64 / 1e3 / operations as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rows;

    /// The latencies of `sda` in one sample; without counts it is missing.
    fn read(latencies: &mut Latencies, counts: Option<[u64; 4]>) -> Vec<String> {
        let mut samples = SampleBuffer::new();
        latencies.begin();
        if let Some([reads, read_millis, writes, write_millis]) = counts {
            let now = Counts { reads, read_millis, writes, write_millis };
            latencies.record("sda", now, &mut samples);
        }
        latencies.end();
        rows(&samples).into_iter().map(|(_, _, seconds)| seconds).collect()
    }

    /// Case, counts and expected latencies.
    type Step = (&'static str, Option<[u64; 4]>, &'static [&'static str]);

    #[test]
    fn latency_is_the_mean_since_the_previous_sample() {
        let mut latencies = Latencies::default();
        let steps: [Step; 8] = [
            ("first sample", Some([10, 100, 10, 100]), &[]),
            ("reads and writes", Some([14, 110, 12, 103]), &["0.002500", "0.001500"]),
            ("no read, and a quick write", Some([14, 110, 13, 103]), &["0.000000"]),
            ("device replaced", Some([2, 5, 2, 5]), &[]),
            ("only reads", Some([4, 9, 2, 5]), &["0.002000"]),
            ("removed", None, &[]),
            ("added again", Some([6, 19, 2, 5]), &[]),
            ("milliseconds wrapped", Some([7, 1, 3, 6]), &["0.001000"]),
        ];
        for (step, counts, expected) in steps {
            assert_eq!(read(&mut latencies, counts), expected, "{step}");
        }
        latencies.clear();
        assert!(read(&mut latencies, Some([9, 9, 9, 9])).is_empty(), "no mean spans a failure");
    }
}
