//! Temperature sensors of the host.

use super::guarded::Guarded;
use crate::sys_file::{numbered, read_name, read_small};
use crate::{HostRoots, Probe, ProbeError};
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchglass_model::{
    Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, SkipReason, Style, Unit,
};

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
/// Plausible temperatures in degrees Celsius. Sensors that are not connected report values far beyond.
const RANGE: RangeInclusive<f64> = -100.0..=200.0;
/// Time limit of a sensor.
const ACCESS_TIMEOUT: Duration = Duration::from_millis(500);

/// Reads the sensors in `/sys/class/hwmon`
/// ([hwmon](https://docs.kernel.org/hwmon/sysfs-interface.html#temperatures)), or the zones in `/sys/class/thermal` if
/// there are none ([thermal](https://docs.kernel.org/driver-api/thermal/sysfs-api.html)). Without both, as in most
/// virtual machines, there are no values and no failure.
///
/// A sensor is named after its chip and label: `coretemp Core 0`. Of two sensors with the same name, as of two disks, the
/// second gets the suffix 2, in the order of the kernel's numbers. A sensor of a suspended device is not
/// read, because that would wake the device up. One that does not respond or cannot be read is skipped, and the others are
/// read. The first 64 are reported.
///
/// Some chips are slow: run it in an [`BackgroundProbe`](crate::BackgroundProbe).
#[derive(Debug)]
pub struct Temperature {
    monitors: PathBuf,
    zones: PathBuf,
    guarded: Guarded,
}

/// Sensor.
struct Sensor {
    name: String,
    /// File with the value.
    path: PathBuf,
    is_suspended: bool,
}

impl Temperature {
    /// Sampling interval.
    pub const INTERVAL: Duration = Duration::from_secs(5);
    /// Time limit of a round.
    pub const TIMEOUT: Duration = Duration::from_secs(4);

    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self {
            monitors: roots.sys.join("class/hwmon"),
            zones: roots.sys.join("class/thermal"),
            guarded: Guarded::new(ACCESS_TIMEOUT),
        }
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
        for Sensor { name, path, is_suspended } in sensors.into_iter().take(MAX_SENSORS) {
            // Named before reading, so that names are stable when another sensor fails.
            let name = unique_name(name, &mut used_names);
            if is_suspended {
                continue;
            }
            match self.guarded.run(&path, read_small) {
                Ok(Ok(Some(text))) => match celsius(&text) {
                    Ok(celsius) => samples.record(&TEMPERATURE, &[&name], celsius),
                    Err(reason) => samples.skip(&name, &text, reason),
                },
                Ok(Ok(None)) => {}
                Ok(Err(error)) => samples.skip(&name, &error.to_string(), SkipReason::Unreadable),
                Err(_no_result) => samples.skip(&name, "no response", SkipReason::Unreadable),
            }
        }
        Ok(())
    }
}

/// Sensors of all chips.
fn monitors(folder: &Path) -> Vec<Sensor> {
    let mut sensors = Vec::new();
    for number in numbered(folder, "hwmon", "") {
        let chip = folder.join(format!("hwmon{number}"));
        let chip_name = read_name(&chip.join("name")).unwrap_or_else(|| format!("hwmon{number}"));
        let is_suspended = is_suspended(&chip.join("device"));
        for number in numbered(&chip, "temp", "_input") {
            let label = read_name(&chip.join(format!("temp{number}_label")));
            let label = label.unwrap_or_else(|| format!("temp{number}"));
            let path = chip.join(format!("temp{number}_input"));
            sensors.push(Sensor { name: format!("{chip_name} {label}"), path, is_suspended });
        }
    }
    sensors
}

/// Whether a device is suspended, so that reading its sensor would wake it up
/// ([runtime power management](https://docs.kernel.org/power/runtime_pm.html),
/// [PCI power states](https://docs.kernel.org/power/pci.html)).
fn is_suspended(device: &Path) -> bool {
    let text = |name: &str| read_small(&device.join(name)).ok().flatten().unwrap_or_default();
    matches!(text("power/runtime_status").as_str(), "suspended" | "suspending")
        || text("power_state").starts_with("D3")
}

/// Thermal zones, named by type.
fn zones(folder: &Path) -> Vec<Sensor> {
    let zone = |number| {
        let zone = folder.join(format!("thermal_zone{number}"));
        let name = read_name(&zone.join("type")).unwrap_or_else(|| format!("thermal_zone{number}"));
        Sensor { name, path: zone.join("temp"), is_suspended: is_suspended(&zone.join("device")) }
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

/// Temperature from thousandths of a degree.
fn celsius(text: &str) -> Result<f64, SkipReason> {
    let millidegrees: i64 = text.parse().map_err(|_no_integer| SkipReason::NotANumber)?;
    let celsius = millidegrees as f64 / 1e3;
    if RANGE.contains(&celsius) { Ok(celsius) } else { Err(SkipReason::OutOfRange) }
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
    fn suspended_and_implausible_sensors_are_skipped() {
        let files = [
            ("hwmon/hwmon0/name", "amdgpu\n"),
            ("hwmon/hwmon0/temp1_input", "45000\n"),
            ("hwmon/hwmon0/device/power/runtime_status", "suspended\n"),
            ("hwmon/hwmon1/name", "nouveau\n"),
            ("hwmon/hwmon1/temp1_input", "45000\n"),
            ("hwmon/hwmon1/device/power_state", "D3cold\n"),
            ("hwmon/hwmon2/name", "drivetemp\n"),
            ("hwmon/hwmon2/temp1_input", "33000\n"),
            ("hwmon/hwmon2/device/power/runtime_status", "active\n"),
            ("hwmon/hwmon3/name", "weird\n"),
            ("hwmon/hwmon3/temp1_input", "-273150\n"),
            ("hwmon/hwmon3/temp2_input", "999999000\n"),
            ("hwmon/hwmon3/temp3_input", "255000\n"),
            ("hwmon/hwmon3/temp4_input", "\n"),
            ("hwmon/hwmon3/temp5_input", "1e5\n"),
            ("hwmon/hwmon3/temp6_input/unreadable", ""),
            ("hwmon/hwmon3/temp7_input", "-5000\n"),
        ];
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| write_file(folder.path(), &format!("class/{name}"), text));
        let mut samples = SampleBuffer::new();
        Temperature::new(&host_in(folder.path())).collect(&mut samples).unwrap();
        let found: Vec<_> = rows(&samples).into_iter().map(|(_, sensor, value)| (sensor, value)).collect();
        assert_eq!(found, expected(&[("drivetemp temp1", 33.0), ("weird temp7", -5.0)]));
        let notes = [
            "weird temp1 out of range",
            "weird temp2 out of range",
            "weird temp3 out of range",
            "weird temp4 not a number",
            "weird temp5 not a number",
            "weird temp6 not readable",
        ];
        assert_eq!(crate::testing::skipped(&samples), notes);
    }

    #[test]
    fn hanging_sensors_do_not_stop_others() {
        let folder = tempfile::tempdir().unwrap();
        let chip = folder.path().join("class/hwmon/hwmon0");
        write_file(&chip, "temp2_input", "20000\n");
        // Opening a pipe without a writer blocks.
        let pipe = chip.join("temp1_input");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .unwrap();
        let mut probe = Temperature::new(&host_in(folder.path()));
        probe.guarded = Guarded::new(Duration::from_millis(20));
        for _ in 0..2 {
            let mut samples = SampleBuffer::new();
            probe.collect(&mut samples).unwrap();
            assert_eq!(samples.len(), 1);
            assert_eq!(crate::testing::skipped(&samples), ["hwmon0 temp1 not readable"]);
        }
        // Ends the hanging thread.
        drop(std::fs::OpenOptions::new().write(true).open(&pipe).unwrap());
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
            prop_assert!(celsius(&text).is_ok_and(|celsius| RANGE.contains(&celsius)) || celsius(&text).is_err());
        }
    }
}
