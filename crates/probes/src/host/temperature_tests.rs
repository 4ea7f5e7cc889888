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
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
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
