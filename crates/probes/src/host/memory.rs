//! Memory and swap usage.

use crate::proc_file::ProcFile;
use crate::text::{lines, missing};
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

/// The areas `used`, `cached` and `free` add up to the total memory.
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
    "Memory neither free nor cached; shared memory and tmpfs count as used.",
    PanelRole::Chart,
    "used",
);
static CACHED: Declaration = bytes(
    "host_memory_cached_bytes",
    "Reclaimable file cache: Buffers + Cached + SReclaimable - Shmem.",
    PanelRole::Chart,
    "cached",
);
static FREE: Declaration =
    bytes("host_memory_free_bytes", "Unused memory; used + cached + free = total.", PanelRole::Chart, "free");
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

/// Reads [`/proc/meminfo`](https://docs.kernel.org/filesystems/proc.html#meminfo) of Linux 3.14 and later.
#[derive(Debug)]
pub struct Memory {
    file: ProcFile,
}

impl Memory {
    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.proc.join("meminfo")) }
    }
}

impl Probe for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        self.file.read(|text| measure(text, samples))
    }
}

/// Relevant lines, in KiB (the kernel writes "kB").
#[derive(Default)]
struct Lines {
    total: Option<u64>,
    free: Option<u64>,
    available: Option<u64>,
    buffers: Option<u64>,
    cached: Option<u64>,
    reclaimable: Option<u64>,
    shared: Option<u64>,
    swap_total: Option<u64>,
    swap_free: Option<u64>,
}

fn parse(text: &str) -> Result<Lines, TextError> {
    let mut found = Lines::default();
    for mut line in lines(text) {
        let (value, name) = match line.word("the name").unwrap_or_default() {
            "MemTotal:" => (&mut found.total, "MemTotal"),
            "MemFree:" => (&mut found.free, "MemFree"),
            "MemAvailable:" => (&mut found.available, "MemAvailable"),
            "Buffers:" => (&mut found.buffers, "Buffers"),
            "Cached:" => (&mut found.cached, "Cached"),
            "SReclaimable:" => (&mut found.reclaimable, "SReclaimable"),
            "Shmem:" => (&mut found.shared, "Shmem"),
            "SwapTotal:" => (&mut found.swap_total, "SwapTotal"),
            "SwapFree:" => (&mut found.swap_free, "SwapFree"),
            _ => continue,
        };
        *value = Some(line.integer(name)?);
    }
    Ok(found)
}

/// Records the metrics, split as in `htop`: reclaimable memory is cached, and shared memory, which the kernel counts as
/// `Cached`, is used.
pub(super) fn measure(text: &str, samples: &mut SampleBuffer) -> Result<(), TextError> {
    let found = parse(text)?;
    let need = |value: Option<u64>, what| value.ok_or_else(|| missing(text, what));
    let total = need(found.total, "MemTotal")?;
    let free = need(found.free, "MemFree")?.min(total);
    let available = need(found.available, "MemAvailable (in kernels since 3.14)")?.min(total);
    let files = need(found.buffers, "Buffers")?
        .saturating_add(need(found.cached, "Cached")?)
        .saturating_add(need(found.reclaimable, "SReclaimable")?);
    // The kernel's counters are not consistent: differences must not become negative, and the sum must stay the total.
    let cached = files.saturating_sub(need(found.shared, "Shmem")?).min(total - free);
    let swap_total = need(found.swap_total, "SwapTotal")?;
    let swap_free = need(found.swap_free, "SwapFree")?;

    samples.record(&USED_RATIO, &[], (total - available) as f64 / total as f64);
    for (metric, kibibytes) in [
        (&USED, total - free - cached),
        (&CACHED, cached),
        (&FREE, free),
        (&AVAILABLE, available),
        (&TOTAL, total),
        (&SWAP_USED, swap_total.saturating_sub(swap_free)),
        (&SWAP_TOTAL, swap_total),
    ] {
        samples.record(metric, &[], kibibytes as f64 * 1024.0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows};
    use proptest::prelude::*;

    const NEW: &str = include_str!("../../fixtures/linux-6.18/meminfo");
    const OLD: &str = include_str!("../../fixtures/linux-4.4/meminfo");

    #[test]
    fn kernel_files_are_parsed() {
        let kib = 1024.0;
        let cases = [
            (
                "6.18, no swap",
                NEW,
                [16.0 / 24.0, 15_336_256.0, 663_744.0, 8_000_000.0, 8_000_000.0, 24_000_000.0, 0.0, 0.0],
            ),
            (
                "4.4, swapping",
                OLD,
                [0.875, 1_700_000.0, 200_000.0, 100_000.0, 250_000.0, 2_000_000.0, 300_000.0, 1_000_000.0],
            ),
        ];
        for (case, text, [ratio, sizes @ ..]) in cases {
            let mut samples = SampleBuffer::new();
            measure(text, &mut samples).unwrap();
            let names = METRICS.map(|metric| metric.name);
            let mut expected = vec![(names[0], "", ratio)];
            expected.extend(names[1..].iter().zip(sizes).map(|(name, size)| (*name, "", size * kib)));
            assert_eq!(rows(&samples), expected_rows(&expected), "{case}");
        }
    }

    #[test]
    fn errors_name_line_and_field() {
        let cases = [
            (String::new(), "line 1: unexpected end, MemTotal is missing"),
            ("MemTotal: 5 kB\nMemFree: much kB\n".to_owned(), "line 2: MemFree should be a whole number"),
            (NEW.replace("MemAvailable", "Other"), "MemAvailable (in kernels since 3.14) is missing"),
            (NEW.replace("Shmem:", "Other:"), "Shmem is missing"),
        ];
        for (text, expected) in cases {
            let error = measure(&text, &mut SampleBuffer::new()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn no_ratio_without_total_memory() {
        let mut samples = SampleBuffer::new();
        measure(&NEW.replace("24000000", "0"), &mut samples).unwrap();
        assert!(rows(&samples).iter().all(|(name, ..)| name != "host_memory_used_ratio"), "{samples:?}");
    }

    proptest! {
        #[test]
        fn areas_add_up_to_the_total(values in prop::array::uniform9(prop_oneof![0..100_u64, 0..1_u64 << 50])) {
            let names = [
                "MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SReclaimable", "Shmem", "SwapTotal", "SwapFree",
            ];
            let text: String = names.iter().zip(values).map(|(name, value)| format!("{name}: {value} kB\n")).collect();
            let mut samples = SampleBuffer::new();
            measure(&text, &mut samples).unwrap();
            let of = |metric: &Declaration| samples.raw_samples().find(|row| row.metric.name == metric.name).map(|row| row.value);
            let sum: f64 = [&USED, &CACHED, &FREE].into_iter().filter_map(of).sum();
            prop_assert_eq!(Some(sum), of(&TOTAL));
            prop_assert!(of(&USED_RATIO).is_none_or(|ratio| (0.0..=1.0).contains(&ratio)));
            prop_assert!(samples.raw_samples().all(|row| row.value >= 0.0));
        }
    }
}
