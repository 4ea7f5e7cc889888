//! Registry of all probes.

use crate::{
    BackgroundProbe, Cgroup, Cpu, CpuFrequency, Disk, Filesystem, Load, Memory, Network, OpenFiles, Pressure,
    Probe, ServerOpenFiles, ServerProcess, Temperature, TopProcesses, Uptime,
};
use std::path::{Path, PathBuf};

/// Mount points of the monitored host's file systems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRoots {
    /// The proc file system: `/proc`, or another path in a container into which the host's is mounted.
    pub proc: PathBuf,
    /// The sysfs with sensors and CPU frequencies: `/sys`, or another path in a container.
    pub sys: PathBuf,
}

impl Default for HostRoots {
    fn default() -> Self {
        Self { proc: PathBuf::from("/proc"), sys: PathBuf::from("/sys") }
    }
}

impl HostRoots {
    /// A per-process file such as network devices or mounts.
    ///
    /// In the own `/proc` it is in `/proc/self`. In a mounted host `/proc`, `self` would be this process in its container,
    /// so the file of the host's PID 1 is used.
    pub(crate) fn process_file(&self, name: &str) -> PathBuf {
        self.proc.join(if self.is_own() { "self" } else { "1" }).join(name)
    }

    /// The root directory of the host's file systems: `/`, or the root of the host's PID 1, which requires root or the
    /// capability `CAP_SYS_PTRACE`.
    pub(crate) fn files(&self) -> PathBuf {
        if self.is_own() { PathBuf::from("/") } else { self.proc.join("1/root") }
    }

    fn is_own(&self) -> bool {
        self.proc == Path::new("/proc")
    }
}

/// All host probes, in the order of their panels.
pub fn host_probes(roots: &HostRoots) -> Vec<Box<dyn Probe>> {
    vec![
        Box::new(Cpu::new(roots)),
        Box::new(Memory::new(roots)),
        Box::new(Disk::new(roots)),
        Box::new(Network::new(roots)),
        Box::new(BackgroundProbe::start(Filesystem::new(roots), Filesystem::INTERVAL, Filesystem::TIMEOUT)),
        Box::new(Load::new(roots)),
        Box::new(Pressure::new(roots)),
        Box::new(OpenFiles::new(roots)),
        Box::new(Uptime::new(roots)),
        Box::new(BackgroundProbe::start(
            CpuFrequency::new(roots),
            CpuFrequency::INTERVAL,
            CpuFrequency::TIMEOUT,
        )),
        Box::new(BackgroundProbe::start(
            Temperature::new(roots),
            Temperature::INTERVAL,
            Temperature::TIMEOUT,
        )),
        Box::new(BackgroundProbe::start(
            TopProcesses::new(roots),
            TopProcesses::INTERVAL,
            TopProcesses::TIMEOUT,
        )),
    ]
}

/// All probes of the server process and its control group.
pub fn self_monitoring_probes() -> Vec<Box<dyn Probe>> {
    vec![
        Box::new(Cgroup::new()),
        Box::new(ServerProcess::new()),
        Box::new(BackgroundProbe::start(
            ServerOpenFiles::new(),
            ServerOpenFiles::INTERVAL,
            ServerOpenFiles::TIMEOUT,
        )),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Collector;
    use crate::testing::recent_host;
    use std::time::Duration;
    use watchglass_model::Timestamp;

    #[test]
    fn mounted_proc_is_read_through_pid_1() {
        let cases = [
            ("/proc", "/proc/self/mountinfo", "/"),
            ("/proc/", "/proc/self/mountinfo", "/"),
            ("/host/proc", "/host/proc/1/mountinfo", "/host/proc/1/root"),
        ];
        for (proc, file, files) in cases {
            let roots = HostRoots { proc: PathBuf::from(proc), ..HostRoots::default() };
            assert_eq!(roots.process_file("mountinfo"), Path::new(file), "{proc}");
            assert_eq!(roots.files(), Path::new(files), "{proc}");
        }
    }

    #[test]
    fn host_probes_form_a_valid_catalogue() {
        let mut collector = Collector::new(host_probes(&recent_host()), &[("host", "h")], 1000).unwrap();
        let panels: Vec<_> = collector.catalogue().panels().iter().map(|panel| panel.id.clone()).collect();
        let expected = [
            "cpu",
            "memory",
            "disk-io",
            "network",
            "filesystems",
            "load",
            "pressure",
            "open-files",
            "processes",
            "cpu-frequency",
            "temperatures",
            "top-cpu",
            "cpu-cores",
            "disk-operations",
            "network-packets",
            "top-memory",
            "disk-busy",
            "network-errors",
            "disk-latency",
        ];
        assert_eq!(panels, expected);
        let of_processes = ["open-files", "processes", "top-cpu", "top-memory"];
        for panel in collector.catalogue().panels() {
            let section = if of_processes.contains(&panel.id.as_str()) { "Processes" } else { "Host" };
            assert_eq!(panel.section, section, "{}", panel.id);
        }
        assert_eq!(collector.interval_of("host_filesystem_used_ratio"), Some(Duration::from_secs(5)));

        let tick = collector.tick(Timestamp::from_millis(0));
        assert_eq!(tick.problems.to_vec(), []);
        let samples = |name: &str| {
            let series = collector.table().series();
            tick.batch.samples.iter().filter(|sample| series[sample.series.0 as usize].metric == name).count()
        };
        // The four background probes have no result yet.
        for (name, count) in [
            ("up", 8),
            ("host_cpu_cores", 1),
            ("host_cpu_usage_ratio", 0),
            ("host_memory_used_ratio", 1),
            ("host_disk_read_bytes_total", 2),
            ("host_network_sent_bytes_total", 1),
            ("host_virtual_network_sent_bytes_total", 1),
            ("host_load1", 1),
            ("host_pressure_io_some_seconds_total", 1),
            ("host_open_files", 1),
            ("host_uptime_seconds", 1),
        ] {
            assert_eq!(samples(name), count, "{name}");
        }
    }

    #[test]
    fn synchronous_probes_fail_without_proc() {
        let folder = tempfile::tempdir().unwrap();
        let roots = HostRoots { proc: folder.path().join("nowhere"), sys: folder.path().join("nowhere") };
        let mut collector = Collector::new(host_probes(&roots), &[("host", "h")], 1000).unwrap();
        let first = collector.tick(Timestamp::from_millis(0));
        let failing: Vec<_> = first.problems.iter().map(|problem| problem.probe.as_str()).collect();
        // Background probes have just started; a missing pressure file is not an error.
        assert_eq!(failing, ["cpu", "memory", "disk", "network", "load", "open_files", "uptime"]);
        for problem in first.problems.iter() {
            assert!(
                problem.reason.starts_with(&format!("cannot read {}", roots.proc.display())),
                "{problem:?}"
            );
        }
        assert_eq!(first.batch.samples.len(), 8, "only the up series of the others");
    }

    #[test]
    fn self_monitoring_probes_work_with_host_probes() {
        let mut probes = host_probes(&recent_host());
        probes.extend(self_monitoring_probes());
        let mut collector = Collector::new(probes, &[("host", "h")], 1000).unwrap();
        let tick = collector.tick(Timestamp::from_millis(0));
        assert_eq!(tick.problems.to_vec(), []);
        assert!(collector.table().series().iter().any(|series| series.metric == "watchglass_resident_bytes"));
    }
}
