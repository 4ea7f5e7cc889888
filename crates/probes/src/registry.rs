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
    /// Its sysfs, which tells of sensors, of how fast processors run and of control groups: `/sys`, unless the
    /// host's is mounted elsewhere.
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
