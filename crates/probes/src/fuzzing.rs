//! Fuzzing entry points for the parsers of kernel files, server responses and reports. A panic is a bug.

pub use crate::redis::fuzzing::{info, slow_log};

use crate::{
    Applications, ApplicationsProbe, Collector, Cpu, CpuFrequency, Disk, HostRoots, Load, Memory, Network,
    OpenFiles, Pressure, Probe, Temperature, TopProcesses, Uptime,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use watchglass_model::{SampleBuffer, Timestamp};

/// Files of `/proc` and `/sys` that [`host_files`] writes.
pub const HOST_FILES: [&str; 25] = [
    "proc/stat",
    "proc/meminfo",
    "proc/diskstats",
    "proc/1/net/dev",
    "proc/loadavg",
    "proc/uptime",
    "proc/cpuinfo",
    "proc/pressure/cpu",
    "proc/pressure/memory",
    "proc/pressure/io",
    "proc/sys/fs/file-nr",
    "proc/sys/vm/min_free_kbytes",
    "proc/7/stat",
    "proc/7/cmdline",
    "sys/class/net/eth0/type",
    "sys/class/net/eth0/device/vendor",
    "sys/class/net/br0/bridge/bridge_id",
    "sys/class/hwmon/hwmon0/name",
    "sys/class/hwmon/hwmon0/temp1_input",
    "sys/class/hwmon/hwmon0/temp1_label",
    "sys/class/hwmon/hwmon0/device/power/runtime_status",
    "sys/class/thermal/thermal_zone0/type",
    "sys/class/thermal/thermal_zone0/temp",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
    "sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq",
];
/// Between the texts of an input.
pub const SEPARATOR: u8 = 0;
/// Series limit of [`ingest`]: most reports have series that are refused.
const SERIES_LIMIT: usize = 20;

/// Parses a text as each kind of `/proc` file.
pub fn kernel(text: &str) {
    crate::host::all_parsers::parse_with_all(text);
}

/// Runs the probes of the host twice on files in `folder`, which are the parts of the input.
pub fn host_files(bytes: &[u8], folder: &Path) {
    // Files of the previous run would be read too.
    let _ = fs::remove_dir_all(folder);
    for (name, text) in HOST_FILES.iter().zip(bytes.split(|&byte| byte == SEPARATOR)) {
        let path = folder.join(name);
        if path.parent().is_none_or(|parent| fs::create_dir_all(parent).is_err()) {
            return;
        }
        let _ = fs::write(path, text);
    }
    let roots = HostRoots { proc: folder.join("proc"), sys: folder.join("sys") };
    let mut probes: [Box<dyn Probe>; 11] = [
        Box::new(Cpu::new(&roots)),
        Box::new(Memory::new(&roots)),
        Box::new(Disk::new(&roots)),
        Box::new(Network::new(&roots)),
        Box::new(Load::new(&roots)),
        Box::new(Pressure::new(&roots)),
        Box::new(OpenFiles::new(&roots)),
        Box::new(Uptime::new(&roots)),
        Box::new(CpuFrequency::new(&roots)),
        Box::new(Temperature::new(&roots)),
        Box::new(TopProcesses::new(&roots)),
    ];
    for _ in 0..2 {
        for probe in &mut probes {
            let mut samples = SampleBuffer::new();
            let _ = probe.collect(&mut samples);
            assert!(samples.raw_samples().all(|row| row.value.is_finite()), "{}", probe.name());
        }
    }
}

/// Counts reports of applications, which are the parts of the input, in a collector that refuses most of their series.
pub fn ingest(bytes: &[u8]) {
    let clock = Arc::<AtomicU64>::default();
    let seconds = Arc::clone(&clock);
    let applications =
        Arc::new(Applications::with_clock(move || Duration::from_secs(seconds.load(Ordering::Relaxed))));
    let probe = Box::new(ApplicationsProbe::new(Arc::clone(&applications)));
    let Ok(mut collector) = Collector::new(vec![probe], &[("host", "fuzzed")], SERIES_LIMIT) else { return };
    for (second, body) in (1..).zip(bytes.split(|&byte| byte == SEPARATOR)) {
        clock.store(second, Ordering::Relaxed);
        let _ = applications.ingest(body);
        let tick = collector
            .tick(Timestamp::from_millis(i64::try_from(second).unwrap_or(i64::MAX).saturating_mul(1000)));
        // Each source has its status besides.
        assert!(tick.batch.samples.len() <= 2 * SERIES_LIMIT, "{} samples", tick.batch.samples.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fixture(name: &str) -> Vec<u8> {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap()
    }

    /// Real files, so that changes of them reach the parsers.
    fn host() -> Vec<u8> {
        let files = ["stat", "meminfo", "diskstats", "1/net/dev", "loadavg", "uptime", "cpuinfo"];
        let mut parts: Vec<Vec<u8>> =
            files.iter().map(|name| fixture(&format!("linux-6.18/{name}"))).collect();
        for name in ["cpu", "memory", "io"] {
            parts.push(fixture(&format!("linux-6.18/pressure/{name}")));
        }
        parts.push(fixture("linux-6.18/sys/fs/file-nr"));
        parts.push(b"67584\n".to_vec());
        parts.push(fixture("process/kworker.stat"));
        parts
            .extend(["", "1\n", "0x8086\n", "8000.0\n", "coretemp\n", "45000\n", "Package\n"].map(Vec::from));
        parts.extend(["active\n", "acpitz\n", "27800\n", "2400000\n", "2400000\n"].map(Vec::from));
        assert_eq!(parts.len(), HOST_FILES.len());
        parts.join(&SEPARATOR)
    }

    const REPORT: &[u8] = br#"{"version":1,"app":"shop","instance":"a","seconds":1,"routes":[{"route":"/cart","methods":{"GET":{"2xx":5}},"durations":[0.1]}]}"#;

    #[test]
    fn real_host_files_and_their_prefixes_are_read() {
        let (folder, host) = (tempfile::tempdir().unwrap(), host());
        for end in (0..host.len()).step_by(host.len() / 40).chain([host.len()]) {
            host_files(&host[..end], &folder.path().join("host"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn changed_host_files_are_read(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
            let (folder, mut host) = (tempfile::tempdir().unwrap(), host());
            for (at, byte) in changes {
                let at = at.index(host.len());
                host[at] = byte;
            }
            host_files(&host, &folder.path().join("host"));
        }

        #[test]
        fn changed_reports_are_counted_or_rejected(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)) {
            let mut reports = [REPORT, REPORT, b"{}", REPORT].join(&SEPARATOR);
            for (at, byte) in changes {
                let at = at.index(reports.len());
                reports[at] = byte;
            }
            ingest(&reports);
        }
    }
}
