//! Temperature sensors of the host.

use crate::sys_file::{numbered, read_name, read_small};
use crate::{HostRoots, Probe, ProbeError};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "temperatures",
    section: "Host",
    title: "Temperatures",
    style: Style::Line,
    unit: Unit::Celsius,
    ceiling: None,
    description: "A slow rise at constant load is dust or a failing fan. Near the sensor limit the CPU throttles itself.",
};

static TEMPERATURE: Declaration = Declaration {
    name: "host_temperature_celsius",
    kind: Kind::Gauge,
    unit: Unit::Celsius,
    help: "Temperature at a sensor of the host.",
    labels: &["sensor"],
    panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
    legend: "",
};

static METRICS: [&Declaration; 1] = [&TEMPERATURE];

/// Maximum number of sensors.
const MAX_SENSORS: usize = 64;
/// Absolute zero in degrees Celsius.
const ABSOLUTE_ZERO: f64 = -273.15;

/// Reads the sensors in `/sys/class/hwmon`
/// ([hwmon](https://docs.kernel.org/hwmon/sysfs-interface.html#temperatures)), or the zones in `/sys/class/thermal` if
/// there are none ([thermal](https://docs.kernel.org/driver-api/thermal/sysfs-api.html)). Without both, as in most
/// virtual machines, there are no values and no failure.
///
/// A sensor is named after its chip and label: `coretemp Core 0`. Of two sensors with the same name, as of two disks, the
/// second gets the suffix 2, in the order of the kernel's numbers. A sensor that cannot be read, such as that of a
/// sleeping disk, has no value. The first 64 are reported.
///
/// Some chips are slow: run it in an [`BackgroundProbe`](crate::BackgroundProbe).
#[derive(Debug)]
pub struct Temperature {
    monitors: PathBuf,
    zones: PathBuf,
}

impl Temperature {
    /// Sampling interval.
    pub const INTERVAL: Duration = Duration::from_secs(5);
    /// Time limit of a round.
    pub const TIMEOUT: Duration = Duration::from_secs(4);

    /// A probe of the host.
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

    fn interval(&self) -> Duration {
        Self::INTERVAL
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let mut sensors = monitors(&self.monitors);
        if sensors.is_empty() {
            sensors = zones(&self.zones);
        }
        let mut used_names = HashSet::new();
        for (name, path) in sensors.into_iter().take(MAX_SENSORS) {
            // Named before reading, so that names are stable when another sensor fails.
            let name = unique_name(name, &mut used_names);
            if let Some(celsius) = read_small(&path).ok().flatten().as_deref().and_then(celsius) {
                samples.record(&TEMPERATURE, &[&name], celsius);
            }
        }
        Ok(())
    }
}

/// Sensors of all chips: name and value file.
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

/// Thermal zones: type and value file.
fn zones(folder: &Path) -> Vec<(String, PathBuf)> {
    let zone = |number| {
        let zone = folder.join(format!("thermal_zone{number}"));
        let name = read_name(&zone.join("type")).unwrap_or_else(|| format!("thermal_zone{number}"));
        (name, zone.join("temp"))
    };
    numbered(folder, "thermal_zone", "").into_iter().map(zone).collect()
}

/// The name, with a number suffix if it is already used.
fn unique_name(name: String, used_names: &mut HashSet<String>) -> String {
    let mut unique = name.clone();
    let mut count = 1;
    while !used_names.insert(unique.clone()) {
        count += 1;
        unique = format!("{name} {count}");
    }
    unique
}

/// Temperature from thousandths of a degree; `None` if invalid.
fn celsius(text: &str) -> Option<f64> {
    let celsius = text.parse::<i64>().ok()? as f64 / 1e3;
    (celsius >= ABSOLUTE_ZERO).then_some(celsius)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, host_in, rows, write_file};
    use proptest::prelude::*;

    /// The recorded samples of a host with these files in `/sys/class`.
    fn collect(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| write_file(folder.path(), &format!("class/{name}"), text));
        let mut samples = SampleBuffer::new();
        Temperature::new(&host_in(folder.path())).collect(&mut samples).unwrap();
        rows(&samples).into_iter().map(|(_, sensor, value)| (sensor, value)).collect()
    }

    fn expected(sensors: &[(&str, f64)]) -> Vec<(String, String)> {
        let rows: Vec<_> = sensors.iter().map(|&(sensor, value)| (TEMPERATURE.name, sensor, value)).collect();
        expected_rows(&rows).into_iter().map(|(_, sensor, value)| (sensor, value)).collect()
    }

    /// A desktop: a CPU, two disks of which one sleeps, and a chip with one unplugged sensor.
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
    fn sensors_are_read() {
        let desktop = [
            ("coretemp Package id 0", 47.0),
            ("coretemp Core 8", 45.5),
            ("nvme Composite 2", -3.85),
            ("hwmon11 temp3", 20.0),
        ];
        assert_eq!(collect(&DESKTOP), expected(&desktop));

        let chip = [
            ("thermal/thermal_zone0/type", "cpu-thermal\n"),
            ("thermal/thermal_zone0/temp", "51121\n"),
            ("thermal/thermal_zone1/temp", "50000\n"),
            ("thermal/cooling_device0/type", "fan\n"),
        ];
        assert_eq!(collect(&chip), expected(&[("cpu-thermal", 51.121), ("thermal_zone1", 50.0)]));
        assert!(collect(&[]).is_empty(), "a virtual machine");
    }

    #[test]
    fn number_of_sensors_is_limited() {
        let files: Vec<_> = (0..100).map(|number| format!("hwmon/hwmon0/temp{number}_input")).collect();
        let files: Vec<_> = files.iter().map(|name| (name.as_str(), "1000")).collect();
        assert_eq!(collect(&files).len(), MAX_SENSORS);
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_a_valid_temperature_or_none(text in "-?[0-9]{0,22}|(?s).*") {
            prop_assert!(celsius(&text).is_none_or(|celsius| celsius.is_finite() && celsius >= ABSOLUTE_ZERO));
        }
    }
}
