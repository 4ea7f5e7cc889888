//! The probes that there are.

use crate::{
    Cgroup, Cpu, CpuFrequency, Disk, Filesystem, Load, Memory, Network, OpenFiles, OwnFiles, OwnProcess,
    OwnThread, Pressure, Probe, Temperature, TopProcesses, Uptime, Vitals,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the host that is watched can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRoots {
    /// Its proc file system: `/proc`, unless this program runs in a container into which the host's is
    /// mounted.
    pub proc: PathBuf,
    /// Its sysfs, which tells of sensors and of how fast processors run: `/sys`, unless the host's is mounted
    /// elsewhere.
    pub sys: PathBuf,
}

impl Default for HostRoots {
    fn default() -> Self {
        Self { proc: PathBuf::from("/proc"), sys: PathBuf::from("/sys") }
    }
}

impl HostRoots {
    /// The file `name` of what belongs to a process: its network devices and mounts.
    ///
    /// In this program's own `/proc` that is `/proc/self`. In one that was mounted from the host, `self`
    /// would still be this program, in its container: there it is the host's first process.
    pub(crate) fn process_file(&self, name: &str) -> PathBuf {
        self.proc.join(if self.is_own() { "self" } else { "1" }).join(name)
    }

    /// The directory below which the host's file systems are found: `/`, or the root of the host's first
    /// process. The latter may only be entered by root or with the capability `CAP_SYS_PTRACE`.
    pub(crate) fn files(&self) -> PathBuf {
        if self.is_own() { PathBuf::from("/") } else { self.proc.join("1/root") }
    }

    fn is_own(&self) -> bool {
        self.proc == Path::new("/proc")
    }
}

/// All probes of the host, in the order of their panels on the page.
pub fn host_probes(roots: &HostRoots) -> Vec<Box<dyn Probe>> {
    vec![
        Box::new(Cpu::new(roots)),
        Box::new(Memory::new(roots)),
        Box::new(Disk::new(roots)),
        Box::new(Network::new(roots)),
        Box::new(OwnThread::start(Filesystem::new(roots), Filesystem::EVERY, Filesystem::DEADLINE)),
        Box::new(Load::new(roots)),
        Box::new(Pressure::new(roots)),
        Box::new(OpenFiles::new(roots)),
        Box::new(Uptime::new(roots)),
        Box::new(OwnThread::start(CpuFrequency::new(roots), CpuFrequency::EVERY, CpuFrequency::DEADLINE)),
        Box::new(OwnThread::start(Temperature::new(roots), Temperature::EVERY, Temperature::DEADLINE)),
        Box::new(OwnThread::start(TopProcesses::new(roots), TopProcesses::EVERY, TopProcesses::DEADLINE)),
    ]
}

/// All probes of this program itself, whose parts tell of themselves in `vitals`.
pub fn own_probes(vitals: &Arc<Vitals>) -> Vec<Box<dyn Probe>> {
    vec![
        Box::new(Cgroup::new()),
        Box::new(OwnProcess::new(Arc::clone(vitals))),
        Box::new(OwnThread::start(OwnFiles::new(), OwnFiles::EVERY, OwnFiles::DEADLINE)),
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
    fn a_mounted_proc_is_read_through_its_first_process() {
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
    fn the_probes_of_the_host_fit_together_and_measure_what_they_declare() {
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
        assert_eq!(collector.pace_of("host_filesystem_used_ratio"), Some(Duration::from_secs(5)));

        let tick = collector.tick(Timestamp::from_millis(0));
        assert_eq!(tick.problems.to_vec(), []);
        let samples = |name: &str| {
            let series = collector.table().series();
            tick.batch.samples.iter().filter(|sample| series[sample.series.0 as usize].metric == name).count()
        };
        for (name, count) in [
            ("up", 12),
            ("host_cpu_cores", 1),
            ("host_cpu_usage_ratio", 0),
            ("host_memory_used_ratio", 1),
            ("host_disk_read_bytes_total", 2),
            ("host_network_sent_bytes_total", 2),
            ("host_load1", 1),
            ("host_pressure_io_some_seconds_total", 1),
            ("host_open_files", 1),
            ("host_uptime_seconds", 1),
        ] {
            assert_eq!(samples(name), count, "{name}");
        }
    }

    #[test]
    fn every_panel_says_in_a_sentence_what_its_shape_means() {
        let every = Duration::from_secs(5);
        let mut probes = host_probes(&recent_host());
        probes.extend(own_probes(&Arc::default()));
        probes.push(Box::new(crate::Requests::new(Arc::default())));
        probes.push(crate::postgres("postgresql://u@127.0.0.1:1/a", every).unwrap().probe);
        probes.push(crate::redis("redis://127.0.0.1:1", every).unwrap().probe);
        let collector = Collector::new(probes, &[("host", "h")], 1000).unwrap();
        let panels = collector.catalogue().panels();
        assert!(panels.len() > 50, "{}", panels.len());
        for panel in panels {
            let length = panel.meaning.chars().count();
            assert!((40..=160).contains(&length), "{}: {length} characters", panel.id);
            assert!(panel.meaning.ends_with('.') && !panel.meaning.contains('\n'), "{}", panel.id);
        }
        let mut meanings: Vec<&str> = panels.iter().map(|panel| panel.meaning.as_str()).collect();
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), panels.len(), "each is about its own chart");
    }

    #[test]
    fn without_proc_every_probe_that_answers_at_once_is_down() {
        let folder = tempfile::tempdir().unwrap();
        let roots = HostRoots { proc: folder.path().join("nowhere"), sys: folder.path().join("nowhere") };
        let mut collector = Collector::new(host_probes(&roots), &[("host", "h")], 1000).unwrap();
        let first = collector.tick(Timestamp::from_millis(0));
        let failing: Vec<_> = first.problems.iter().map(|problem| problem.probe.as_str()).collect();
        // The probe of the file systems has been asked only just now; a host without pressure has none to report.
        assert_eq!(failing, ["cpu", "memory", "disk", "network", "load", "open_files", "uptime"]);
        for problem in first.problems.iter() {
            assert!(
                problem.reason.starts_with(&format!("cannot read {}", roots.proc.display())),
                "{problem:?}"
            );
        }
        assert_eq!(first.batch.samples.len(), 12, "nothing but the ups");
    }

    #[test]
    fn the_probes_of_this_program_stand_beside_those_of_the_host() {
        let mut probes = host_probes(&recent_host());
        probes.extend(own_probes(&Arc::default()));
        let mut collector = Collector::new(probes, &[("host", "h")], 1000).unwrap();
        let tick = collector.tick(Timestamp::from_millis(0));
        assert_eq!(tick.problems.to_vec(), []);
        let found = |name: &str| collector.table().series().iter().any(|series| series.metric == name);
        assert!(found("watchglass_resident_bytes") && !found("watchglass_tasks"), "nobody told of tasks");
    }
}
