//! Memory and swap: what is used, and what is left.

use crate::proc_file::ProcFile;
use crate::text::{lines, missing};
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

/// The areas `used`, `cached` and `free` make the memory there is, so the top of the chart is the total.
static PANEL: PanelDeclaration = PanelDeclaration {
    id: "memory",
    section: "Host",
    title: "Memory",
    style: Style::Stacked,
    unit: Unit::Bytes,
    ceiling: None,
    meaning: "A slope of used memory that never falls back is a leak; cache that shrinks is memory given to programs, and no alarm.",
};

const fn bytes(name: &'static str, help: &'static str, role: Role, legend: &'static str) -> Declaration {
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
    help: "Part of the memory that programs could not get without swapping: (total - available) / total.",
    labels: &[],
    panel: Some((&PANEL, Role::Headline)),
    legend: "used",
};
static USED: Declaration = bytes(
    "host_memory_used_bytes",
    "Memory that is neither free nor cached; shared memory and tmpfs count as used.",
    Role::Chart,
    "used",
);
static CACHED: Declaration = bytes(
    "host_memory_cached_bytes",
    "Memory that holds copies of files and can be given up: Buffers + Cached + SReclaimable - Shmem.",
    Role::Chart,
    "cached",
);
static FREE: Declaration = bytes(
    "host_memory_free_bytes",
    "Memory that holds nothing; used + cached + free = total.",
    Role::Chart,
    "free",
);
static AVAILABLE: Declaration = bytes(
    "host_memory_available_bytes",
    "Memory that programs can get without swapping, as the kernel estimates it.",
    Role::Detail,
    "available",
);
static TOTAL: Declaration =
    bytes("host_memory_total_bytes", "Memory that the kernel can use.", Role::Detail, "total");
static SWAP_USED: Declaration =
    bytes("host_swap_used_bytes", "Swap space in use.", Role::Detail, "swap used");
static SWAP_TOTAL: Declaration = Declaration {
    // Of no use beside the memory's own numbers, and 0 on most machines.
    panel: None,
    ..bytes("host_swap_total_bytes", "Swap space there is; 0 where there is none.", Role::Detail, "swap")
};

static METRICS: [&Declaration; 8] =
    [&USED_RATIO, &USED, &CACHED, &FREE, &AVAILABLE, &TOTAL, &SWAP_USED, &SWAP_TOTAL];

/// Reads [`/proc/meminfo`](https://docs.kernel.org/filesystems/proc.html#meminfo), as kernels write it since
/// 3.14.
#[derive(Debug)]
pub struct Memory {
    file: ProcFile,
}

impl Memory {
    /// The probe of that host.
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

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        self.file.read(|text| measure(text, readings))
    }
}

/// The lines that are of interest, in KiB (the kernel writes "kB").
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
        let (place, name) = match line.word("the name").unwrap_or_default() {
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
        *place = Some(line.whole(name)?);
    }
    Ok(found)
}

/// Records the metrics. Of the ways to split memory up this is the one `htop` has: what can be given up is
/// cached, and shared memory, which the kernel counts as `Cached`, is used.
pub(super) fn measure(text: &str, readings: &mut Readings) -> Result<(), TextError> {
    let found = parse(text)?;
    let need = |value: Option<u64>, what| value.ok_or_else(|| missing(text, what));
    let total = need(found.total, "MemTotal")?;
    let free = need(found.free, "MemFree")?.min(total);
    let available = need(found.available, "MemAvailable (in kernels since 3.14)")?.min(total);
    let files = need(found.buffers, "Buffers")?
        .saturating_add(need(found.cached, "Cached")?)
        .saturating_add(need(found.reclaimable, "SReclaimable")?);
    // The kernel's counters are not read at one moment: differences are kept from turning negative, and the
    // sum whole.
    let cached = files.saturating_sub(need(found.shared, "Shmem")?).min(total - free);
    let swap_total = need(found.swap_total, "SwapTotal")?;
    let swap_free = need(found.swap_free, "SwapFree")?;

    readings.record(&USED_RATIO, &[], (total - available) as f64 / total as f64);
    for (metric, kibibytes) in [
        (&USED, total - free - cached),
        (&CACHED, cached),
        (&FREE, free),
        (&AVAILABLE, available),
        (&TOTAL, total),
        (&SWAP_USED, swap_total.saturating_sub(swap_free)),
        (&SWAP_TOTAL, swap_total),
    ] {
        readings.record(metric, &[], kibibytes as f64 * 1024.0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, written};
    use proptest::prelude::*;

    const NEW: &str = include_str!("../../fixtures/linux-6.18/meminfo");
    const OLD: &str = include_str!("../../fixtures/linux-4.4/meminfo");

    #[test]
    fn reads_what_kernels_write() {
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
            let mut readings = Readings::new();
            measure(text, &mut readings).unwrap();
            let names = METRICS.map(|metric| metric.name);
            let mut expected = vec![(names[0], "", ratio)];
            expected.extend(names[1..].iter().zip(sizes).map(|(name, size)| (*name, "", size * kib)));
            assert_eq!(rows(&readings), written(&expected), "{case}");
        }
    }

    #[test]
    fn errors_name_line_and_field() {
        let cases = [
            (String::new(), "line 1 is the last, and MemTotal is missing"),
            ("MemTotal: 5 kB\nMemFree: much kB\n".to_owned(), "line 2: MemFree should be a whole number"),
            (NEW.replace("MemAvailable", "Other"), "and MemAvailable (in kernels since 3.14) is missing"),
            (NEW.replace("Shmem:", "Other:"), "and Shmem is missing"),
        ];
        for (text, expected) in cases {
            let error = measure(&text, &mut Readings::new()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_host_without_memory_has_no_ratio() {
        let mut readings = Readings::new();
        measure(&NEW.replace("24000000", "0"), &mut readings).unwrap();
        assert!(rows(&readings).iter().all(|(name, ..)| name != "host_memory_used_ratio"), "{readings:?}");
    }

    proptest! {
        #[test]
        fn the_parts_make_the_whole(values in prop::array::uniform9(prop_oneof![0..100_u64, 0..1_u64 << 50])) {
            let names = [
                "MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SReclaimable", "Shmem", "SwapTotal", "SwapFree",
            ];
            let text: String = names.iter().zip(values).map(|(name, value)| format!("{name}: {value} kB\n")).collect();
            let mut readings = Readings::new();
            measure(&text, &mut readings).unwrap();
            let of = |metric: &Declaration| readings.rows().find(|row| row.metric.name == metric.name).map(|row| row.value);
            let sum: f64 = [&USED, &CACHED, &FREE].into_iter().filter_map(of).sum();
            prop_assert_eq!(Some(sum), of(&TOTAL));
            prop_assert!(of(&USED_RATIO).is_none_or(|ratio| (0.0..=1.0).contains(&ratio)));
            prop_assert!(readings.rows().all(|row| row.value >= 0.0));
        }
    }
}
