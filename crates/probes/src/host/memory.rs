//! Memory and swap usage.

use super::meminfo::Meminfo;
use crate::proc_file::ProcFile;
use crate::text::Line;
use crate::{HostRoots, Probe, ProbeError};
use std::path::Path;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

/// The areas `used`, `cached` and `free` add up to the total memory, except for the kernel's reserve.
static PANEL: PanelDeclaration = PanelDeclaration {
    id: "memory",
    section: "Host",
    title: "Memory",
    style: Style::Stacked,
    unit: Unit::Bytes,
    ceiling: None,
    description: "Steadily rising used memory suggests a leak. Shrinking cache is normal: the memory is given to programs.",
};

const fn bytes(name: &'static str, help: &'static str, role: PanelRole, legend: &'static str) -> Declaration {
    Declaration {
        name,
        kind: Kind::Gauge,
        unit: Unit::Bytes,
        help,
        labels: &[],
        panel: Some((&PANEL, role)),
        legend,
    }
}

static USED_RATIO: Declaration = Declaration {
    name: "host_memory_used_ratio",
    kind: Kind::Gauge,
    unit: Unit::Ratio,
    help: "Memory usage: (total - available) / total.",
    labels: &[],
    panel: Some((&PANEL, PanelRole::Headline)),
    legend: "used",
};
static USED: Declaration = bytes(
    "host_memory_used_bytes",
    "Memory that programs cannot get without swapping: total - available.",
    PanelRole::Chart,
    "used",
);
static CACHED: Declaration = bytes(
    "host_memory_cached_bytes",
    "Memory in use as a cache that programs can get: available - free.",
    PanelRole::Chart,
    "cached",
);
static FREE: Declaration = bytes(
    "host_memory_free_bytes",
    "Unused memory; used + cached + free = total, except for the kernel's reserve.",
    PanelRole::Chart,
    "free",
);
static AVAILABLE: Declaration = bytes(
    "host_memory_available_bytes",
    "Memory available to programs without swapping, as estimated by the kernel.",
    PanelRole::Detail,
    "available",
);
static TOTAL: Declaration = bytes("host_memory_total_bytes", "Total memory.", PanelRole::Detail, "total");
static SWAP_USED: Declaration =
    bytes("host_swap_used_bytes", "Used swap space.", PanelRole::Detail, "swap used");
static SWAP_TOTAL: Declaration = Declaration {
    // Not useful in this panel, and 0 on most machines.
    panel: None,
    ..bytes("host_swap_total_bytes", "Total swap space; 0 without swap.", PanelRole::Detail, "swap")
};

static METRICS: [&Declaration; 8] =
    [&USED_RATIO, &USED, &CACHED, &FREE, &AVAILABLE, &TOTAL, &SWAP_USED, &SWAP_TOTAL];

/// Reads [`/proc/meminfo`](https://docs.kernel.org/filesystems/proc.html#meminfo) of Linux 3.14 and later, and without
/// `MemAvailable` also `/proc/sys/vm/min_free_kbytes`.
#[derive(Debug)]
pub struct Memory {
    file: ProcFile,
    min_free: ProcFile,
}

impl Memory {
    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self {
            file: ProcFile::new(roots.proc.join("meminfo")),
            min_free: ProcFile::new(roots.proc.join("sys/vm/min_free_kbytes")),
        }
    }
}

impl Probe for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn path(&self) -> Option<&Path> {
        Some(self.file.path())
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let found = self.file.read(|text| Ok(Meminfo::parse(text, samples)))?;
        let min_free = match found.available {
            Some(_) => None,
            None => {
                let read = self.min_free.read_if_any(|text| Line::new(1, text).integer("min_free_kbytes"));
                read.ok().flatten()
            }
        };
        record(&found, min_free, samples);
        Ok(())
    }
}

/// Records the values of a text, without `min_free_kbytes`.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn measure(text: &str, samples: &mut SampleBuffer) {
    let found = Meminfo::parse(text, samples);
    record(&found, None, samples);
}

/// Records the metrics. Used memory is everything that is not available, in bytes as in percent. A metric without all of
/// its lines is missing. Available memory is less than the free memory while the kernel's reserve is more than the cache;
/// then there is no cache.
fn record(found: &Meminfo, min_free: Option<u64>, samples: &mut SampleBuffer) {
    let total = found.total;
    // The kernel's counters are not consistent: differences must not become negative.
    let limit = |value: u64| total.map_or(value, |total| value.min(total));
    let free = found.free.map(limit);
    let available = found.available.or_else(|| found.estimated_available(min_free)).map(limit);
    let cached = available.zip(free).map(|(available, free)| available.saturating_sub(free));
    let used = total.zip(available).map(|(total, available)| total.saturating_sub(available));
    let swap_used = found.swap_total.zip(found.swap_free).map(|(total, free)| total.saturating_sub(free));

    if let Some((total, available)) = total.zip(available) {
        samples.record(&USED_RATIO, &[], (total - available) as f64 / total as f64);
    }
    for (metric, kibibytes) in [
        (&USED, used),
        (&CACHED, cached),
        (&FREE, free),
        (&AVAILABLE, available),
        (&TOTAL, total),
        (&SWAP_USED, swap_used),
        (&SWAP_TOTAL, found.swap_total),
    ] {
        if let Some(kibibytes) = kibibytes {
            samples.record(metric, &[], kibibytes as f64 * 1024.0);
        }
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
