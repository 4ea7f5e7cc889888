//! CPU frequency.

use crate::proc_file::ProcFile;
use crate::reading::OrSkip;
use crate::sys_file::{numbered, read_small};
use crate::text::{Line, lines};
use crate::{HostRoots, Probe, ProbeError, TextError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchglass_model::{
    Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, SkipReason, Style, Unit,
};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "cpu-frequency",
    section: "Host",
    title: "CPU frequency",
    style: Style::Line,
    unit: Unit::Hertz,
    ceiling: None,
    description: "A drop under load means thermal or power throttling: check the temperatures first.",
};

static FREQUENCY: Declaration = Declaration {
    name: "host_cpu_frequency_hertz",
    kind: Kind::Gauge,
    unit: Unit::Hertz,
    help: "CPU frequency, averaged over all CPUs.",
    labels: &[],
    panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
    legend: "average",
};

static METRICS: [&Declaration; 1] = [&FREQUENCY];

/// Reads `/sys/devices/system/cpu/cpu*/cpufreq/scaling_cur_freq`
/// ([cpufreq](https://docs.kernel.org/admin-guide/pm/cpufreq.html#policy-interface-in-sysfs)), or the lines `cpu MHz` of
/// `/proc/cpuinfo` if it does not exist, as in most virtual machines. Without both, as on most ARM machines without
/// cpufreq, there are no values and no failure.
///
/// Some kernels take 10 ms and more per read: run it in an [`BackgroundProbe`](crate::BackgroundProbe).
#[derive(Debug)]
pub struct CpuFrequency {
    folder: PathBuf,
    cpuinfo: ProcFile,
}

impl CpuFrequency {
    /// Sampling interval.
    pub const INTERVAL: Duration = Duration::from_secs(5);
    /// Time limit of a round.
    pub const TIMEOUT: Duration = Duration::from_secs(4);

    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self {
            folder: roots.sys.join("devices/system/cpu"),
            cpuinfo: ProcFile::new(roots.proc.join("cpuinfo")),
        }
    }
}

impl Probe for CpuFrequency {
    fn name(&self) -> &'static str {
        "cpu_frequency"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn interval(&self) -> Duration {
        Self::INTERVAL
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let mean = match scaled(&self.folder, samples) {
            Some(mean) => Some(mean),
            None => self.cpuinfo.read_if_any(|text| Ok(named(text, samples)))?.flatten(),
        };
        if let Some(mean) = mean {
            samples.record(&FREQUENCY, &[], mean);
        }
        Ok(())
    }
}

/// Maximum plausible frequency in hertz.
const MAX_HERTZ: f64 = 1e11;

/// Mean frequency from cpufreq in hertz, without offline CPUs and those with an invalid value.
fn scaled(folder: &Path, samples: &mut SampleBuffer) -> Option<f64> {
    let mut mean = Mean::default();
    for number in numbered(folder, "cpu", "") {
        let path = folder.join(format!("cpu{number}/cpufreq/scaling_cur_freq"));
        // The kernel returns EBUSY or `<unknown>` if the frequency is currently unavailable.
        let Ok(Some(text)) = read_small(&path) else { continue };
        if text == "<unknown>" {
            continue;
        }
        if let Some(hertz) = kilohertz(&text).or_skip(samples) {
            mean.add(hertz);
        }
    }
    mean.value()
}

/// A frequency in kHz, in hertz.
pub(super) fn kilohertz(text: &str) -> Result<f64, TextError> {
    hertz(&mut Line::new(1, text), "the frequency in kHz", 1e3)
}

fn hertz(line: &mut Line<'_>, field: &'static str, factor: f64) -> Result<f64, TextError> {
    let hertz = line.decimal(field)? * factor;
    let is_possible = hertz <= MAX_HERTZ;
    is_possible
        .then_some(hertz)
        .ok_or_else(|| line.error(field, "at most 100 GHz", line.text, SkipReason::OutOfRange))
}

/// Mean of the lines `cpu MHz` of `/proc/cpuinfo`, in hertz.
pub(super) fn named(text: &str, samples: &mut SampleBuffer) -> Option<f64> {
    let mut mean = Mean::default();
    for line in lines(text) {
        let Some(rest) = line.text.strip_prefix("cpu MHz") else { continue };
        let number = rest.trim_ascii_start().trim_start_matches(':');
        if let Some(hertz) = hertz(&mut Line::new(line.number, number), "cpu MHz", 1e6).or_skip(samples) {
            mean.add(hertz);
        }
    }
    mean.value()
}

#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{host_in, rows, write_file};

    const CPUINFO: &str = include_str!("../../fixtures/linux-6.18/cpuinfo");
    const ARM: &str = "processor\t: 0\nBogoMIPS\t: 108.00\nCPU part\t: 0xd08\n";

    /// File name and content.
    type File = (&'static str, &'static str);

    /// The recorded samples of a host with these files.
    fn collect(files: &[File]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| write_file(folder.path(), name, text));
        let mut samples = SampleBuffer::new();
        CpuFrequency::new(&host_in(folder.path()))
            .collect(&mut samples)
            .map(|()| rows(&samples).into_iter().map(|(_, _, hertz)| hertz).collect())
            .map_err(|error| error.to_string().replace(folder.path().to_str().unwrap(), "SYS"))
    }

    #[test]
    fn frequency_is_the_mean_over_all_cpus() {
        let first = "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq";
        let other = "devices/system/cpu/cpu11/cpufreq/scaling_cur_freq";
        let offline = "devices/system/cpu/cpu2/online";
        let folder = "devices/system/cpu/cpufreq/scaling_cur_freq";
        let cases: [(&str, &[File], &[&str]); 6] = [
            (
                "cpufreq",
                &[(first, "800000\n"), (other, "2400000\n"), ("cpuinfo", CPUINFO)],
                &["1600000000.000000"],
            ),
            (
                "one CPU is offline",
                &[(first, "800000\n"), (offline, "0\n"), (folder, "1")],
                &["800000000.000000"],
            ),
            ("one CPU is unknown", &[(first, "800000\n"), (other, "<unknown>\n")], &["800000000.000000"]),
            ("a virtual machine", &[("cpuinfo", CPUINFO)], &["2100000000.000000"]),
            ("an ARM machine", &[("cpuinfo", ARM)], &[]),
            ("no files", &[], &[]),
        ];
        for (case, files, expected) in cases {
            assert_eq!(collect(files).unwrap(), expected, "{case}");
        }
    }

    #[test]
    fn invalid_frequencies_are_left_out_of_the_mean() {
        let first = "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq";
        let other = "devices/system/cpu/cpu1/cpufreq/scaling_cur_freq";
        for bad in ["fast", "-5", "", "nan", "99999999999999"] {
            assert_eq!(
                collect(&[(first, bad), (other, "800000\n")]).unwrap(),
                ["800000000.000000"],
                "{bad:?}"
            );
        }
        let cpuinfo = "cpu MHz : fast\ncpu MHz : 900.5\n";
        assert_eq!(collect(&[("cpuinfo", cpuinfo)]).unwrap(), ["900500000.000000"]);
        assert_eq!(collect(&[("cpuinfo", "cpu MHz : fast\n")]).unwrap(), Vec::<String>::new());
    }
}
