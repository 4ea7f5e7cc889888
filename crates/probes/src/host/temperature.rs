//! Temperatures: what the host's sensors tell.

use crate::sys_file::{numbered, read_name, read_small};
use crate::{HostRoots, Probe, ProbeError};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "temperatures",
    section: "Host",
    title: "Temperatures",
    style: Style::Line,
    unit: Unit::Celsius,
    ceiling: None,
    meaning: "A slow rise at the same load is dust or a fan. Near the limit of a sensor processors slow themselves down.",
};

static TEMPERATURE: Declaration = Declaration {
    name: "host_temperature_celsius",
    kind: Kind::Gauge,
    unit: Unit::Celsius,
    help: "Temperature at a sensor of the host.",
    labels: &["sensor"],
    panel: Some((&PANEL, Role::HeadlineAndChart)),
    legend: "",
};

static METRICS: [&Declaration; 1] = [&TEMPERATURE];

/// The most sensors that are reported.
const MOST_SENSORS: usize = 64;
/// Nothing is colder, in degrees Celsius.
const ABSOLUTE_ZERO: f64 = -273.15;

/// Reads the sensors in `/sys/class/hwmon`
/// ([hwmon](https://docs.kernel.org/hwmon/sysfs-interface.html#temperatures)), or, where there are none, the zones
/// in `/sys/class/thermal` ([thermal](https://docs.kernel.org/driver-api/thermal/sysfs-api.html)). Where there are
/// neither, as in most virtual machines, there is nothing to report, and nothing wrong.
///
/// A sensor is called by its chip and what the chip calls it: `coretemp Core 0`. The second of two with the same
/// name, as of two disks, has a 2 behind it, in the order of the kernel's numbers. A sensor that gives no answer,
/// such as that of a disk that sleeps, has no value. The first 64 are reported.
///
/// Some chips take long to answer: run it in an [`OwnThread`](crate::OwnThread).
#[derive(Debug)]
pub struct Temperature {
    monitors: PathBuf,
    zones: PathBuf,
}

impl Temperature {
    /// How often sensors are read.
    pub const EVERY: Duration = Duration::from_secs(5);
    /// The time they have to answer.
    pub const DEADLINE: Duration = Duration::from_secs(4);

    /// The probe of that host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { monitors: roots.sys.join("class/hwmon"), zones: roots.sys.join("class/thermal") }
    }
}

impl Probe for Temperature {
    fn name(&self) -> &'static str {
        "temperature"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn every(&self) -> Duration {
        Self::EVERY
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        let mut sensors = monitors(&self.monitors);
        if sensors.is_empty() {
            sensors = zones(&self.zones);
        }
        let mut taken = HashSet::new();
        for (name, path) in sensors.into_iter().take(MOST_SENSORS) {
            // Names are given before the sensor is asked, so that each keeps its own while another is silent.
            let name = distinct(name, &mut taken);
            if let Some(celsius) = read_small(&path).ok().flatten().as_deref().and_then(celsius) {
                readings.record(&TEMPERATURE, &[&name], celsius);
            }
        }
        Ok(())
    }
}

/// The sensors of all chips: their names, and the files with their values.
fn monitors(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut sensors = Vec::new();
    for number in numbered(folder, "hwmon", "") {
        let chip = folder.join(format!("hwmon{number}"));
        let chip_name = read_name(&chip.join("name")).unwrap_or_else(|| format!("hwmon{number}"));
        for number in numbered(&chip, "temp", "_input") {
            let label = read_name(&chip.join(format!("temp{number}_label")));
            let label = label.unwrap_or_else(|| format!("temp{number}"));
            sensors.push((format!("{chip_name} {label}"), chip.join(format!("temp{number}_input"))));
        }
    }
    sensors
}

/// The thermal zones: their kinds, and the files with their values.
fn zones(folder: &Path) -> Vec<(String, PathBuf)> {
    let zone = |number| {
        let zone = folder.join(format!("thermal_zone{number}"));
        let name = read_name(&zone.join("type")).unwrap_or_else(|| format!("thermal_zone{number}"));
        (name, zone.join("temp"))
    };
    numbered(folder, "thermal_zone", "").into_iter().map(zone).collect()
}

/// The name, with a number behind it where it is taken.
fn distinct(name: String, taken: &mut HashSet<String>) -> String {
    let mut own = name.clone();
    let mut count = 1;
    while !taken.insert(own.clone()) {
        count += 1;
        own = format!("{name} {count}");
    }
    own
}

/// The temperature from thousandths of a degree; none where it is no number, or an impossible one.
fn celsius(text: &str) -> Option<f64> {
    let celsius = text.parse::<i64>().ok()? as f64 / 1e3;
    (celsius >= ABSOLUTE_ZERO).then_some(celsius)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{host_in, put, rows, written};
    use proptest::prelude::*;

    /// What is recorded on a host with these files in its `/sys/class`.
    fn collect(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| put(folder.path(), &format!("class/{name}"), text));
        let mut readings = Readings::new();
        Temperature::new(&host_in(folder.path())).collect(&mut readings).unwrap();
        rows(&readings).into_iter().map(|(_, sensor, value)| (sensor, value)).collect()
    }

    fn expected(sensors: &[(&str, f64)]) -> Vec<(String, String)> {
        let rows: Vec<_> = sensors.iter().map(|&(sensor, value)| (TEMPERATURE.name, sensor, value)).collect();
        written(&rows).into_iter().map(|(_, sensor, value)| (sensor, value)).collect()
    }

    /// A desktop: a processor, two disks of which one sleeps, and a chip with one sensor unplugged.
    const DESKTOP: [(&str, &str); 15] = [
        ("hwmon/hwmon0/name", "coretemp\n"),
        ("hwmon/hwmon0/temp1_label", "Package id 0\n"),
        ("hwmon/hwmon0/temp1_input", "47000\n"),
        ("hwmon/hwmon0/temp1_max", "100000\n"),
        ("hwmon/hwmon0/temp10_label", "Core 8\n"),
        ("hwmon/hwmon0/temp10_input", "45500\n"),
        ("hwmon/hwmon2/name", "nvme\n"),
        ("hwmon/hwmon2/temp1_label", "Composite\n"),
        ("hwmon/hwmon2/temp1_input/asleep", ""),
        ("hwmon/hwmon10/name", "nvme\n"),
        ("hwmon/hwmon10/temp1_label", "Composite\n"),
        ("hwmon/hwmon10/temp1_input", "-3850\n"),
        ("hwmon/hwmon11/temp2_input", "-300000\n"),
        ("hwmon/hwmon11/temp3_input", "20000\n"),
        ("thermal/thermal_zone0/temp", "9000\n"),
    ];

    #[test]
    fn reads_what_kernels_write() {
        let desktop = [
            ("coretemp Package id 0", 47.0),
            ("coretemp Core 8", 45.5),
            ("nvme Composite 2", -3.85),
            ("hwmon11 temp3", 20.0),
        ];
        assert_eq!(collect(&DESKTOP), expected(&desktop));

        let board = [
            ("thermal/thermal_zone0/type", "cpu-thermal\n"),
            ("thermal/thermal_zone0/temp", "51121\n"),
            ("thermal/thermal_zone1/temp", "50000\n"),
            ("thermal/cooling_device0/type", "fan\n"),
        ];
        assert_eq!(collect(&board), expected(&[("cpu-thermal", 51.121), ("thermal_zone1", 50.0)]));
        assert!(collect(&[]).is_empty(), "a virtual machine");
    }

    #[test]
    fn there_is_an_end_to_sensors() {
        let files: Vec<_> = (0..100).map(|number| format!("hwmon/hwmon0/temp{number}_input")).collect();
        let files: Vec<_> = files.iter().map(|name| (name.as_str(), "1000")).collect();
        assert_eq!(collect(&files).len(), MOST_SENSORS);
    }

    proptest! {
        #[test]
        fn any_text_is_a_possible_temperature_or_none(text in "-?[0-9]{0,22}|(?s).*") {
            prop_assert!(celsius(&text).is_none_or(|celsius| celsius.is_finite() && celsius >= ABSOLUTE_ZERO));
        }
    }
}
