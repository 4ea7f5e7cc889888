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
#[path = "temperature_tests.rs"]
mod tests;
