//! Parser of [`/proc/meminfo`](https://docs.kernel.org/filesystems/proc.html#meminfo).

use crate::reading::OrSkip;
use crate::text::lines;
use watchglass_model::{SampleBuffer, SkipReason};

/// Relevant lines, in KiB (the kernel writes "kB"). A line that is missing or invalid is `None`.
#[derive(Debug, Default)]
pub(super) struct Meminfo {
    pub(super) total: Option<u64>,
    pub(super) free: Option<u64>,
    /// At most the total.
    pub(super) available: Option<u64>,
    pub(super) swap_total: Option<u64>,
    pub(super) swap_free: Option<u64>,
    reclaimable: Option<u64>,
    active_files: Option<u64>,
    inactive_files: Option<u64>,
}

impl Meminfo {
    /// Parses `text`, and notes the lines that are missing or invalid.
    pub(super) fn parse(text: &str, samples: &mut SampleBuffer) -> Self {
        let mut found = Self::default();
        let mut present = [false; NEEDED.len()];
        for mut line in lines(text) {
            let (value, name) = match line.word("the name").unwrap_or_default() {
                "MemTotal:" => (&mut found.total, "MemTotal"),
                "MemFree:" => (&mut found.free, "MemFree"),
                "MemAvailable:" => (&mut found.available, "MemAvailable"),
                "SReclaimable:" => (&mut found.reclaimable, "SReclaimable"),
                "SwapTotal:" => (&mut found.swap_total, "SwapTotal"),
                "SwapFree:" => (&mut found.swap_free, "SwapFree"),
                "Active(file):" => (&mut found.active_files, "Active(file)"),
                "Inactive(file):" => (&mut found.inactive_files, "Inactive(file)"),
                _ => continue,
            };
            *value = line.quantity(name).or_skip(samples);
            for (present, needed) in present.iter_mut().zip(NEEDED) {
                *present |= needed == name;
            }
        }
        for (name, _) in NEEDED.into_iter().zip(present).filter(|(_, present)| !present) {
            samples.skip(name, "", SkipReason::Missing);
        }
        found.check(samples);
        found
    }

    /// Removes values that cannot be.
    fn check(&mut self, samples: &mut SampleBuffer) {
        if self.total == Some(0) {
            self.total = None;
            samples.skip("MemTotal", "0", SkipReason::OutOfRange);
        }
        if let (Some(total), Some(available)) = (self.total, self.available)
            && available > total
        {
            self.available = None;
            samples.skip("MemAvailable", &available.to_string(), SkipReason::OutOfRange);
        }
    }

    /// Estimate of `MemAvailable` as the kernel calculates it (`si_mem_available` in `mm/show_mem.c`): free memory, and the
    /// file lists and reclaimable memory without the part that is needed to reach the low watermark. The watermark is 5/4
    /// of `min_free`, the setting `vm.min_free_kbytes` in KiB; without it the estimate ignores the watermark. `None` if a
    /// line is missing.
    pub(super) fn estimated_available(&self, min_free: Option<u64>) -> Option<u64> {
        let low = min_free.unwrap_or(0).saturating_mul(5) / 4;
        let usable = |pages: u64| pages - (pages / 2).min(low);
        let files = self.active_files?.saturating_add(self.inactive_files?);
        let reserved = self.free?.saturating_sub(low);
        Some(reserved.saturating_add(usable(files)).saturating_add(usable(self.reclaimable?)))
    }
}

/// Lines of every kernel since 3.14.
const NEEDED: [&str; 5] = ["MemTotal", "MemFree", "MemAvailable", "SwapTotal", "SwapFree"];
