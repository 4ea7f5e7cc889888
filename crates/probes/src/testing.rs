//! What several tests need.

use crate::HostRoots;
use std::fs;
use std::path::Path;
use watchglass_model::Readings;

/// Name, label values with a space between, of which those that are empty are left out, and value.
pub(crate) type Written = (String, String, String);

/// The readings as text, so that a failed comparison can be read and rounding does not matter.
pub(crate) fn rows(readings: &Readings) -> Vec<Written> {
    let labels = |row: &watchglass_model::Row<'_>| {
        row.label_values().filter(|value| !value.is_empty()).collect::<Vec<_>>().join(" ")
    };
    readings.rows().map(|row| write(row.metric.name, &labels(&row), row.value)).collect()
}

/// What is expected of [`rows`].
pub(crate) fn written(expected: &[(&str, &str, f64)]) -> Vec<Written> {
    expected.iter().map(|&(metric, labels, value)| write(metric, labels, value)).collect()
}

fn write(metric: &str, labels: &str, value: f64) -> Written {
    (metric.to_owned(), labels.to_owned(), format!("{value:.6}"))
}

/// The files of a recent kernel.
pub(crate) fn recent_host() -> HostRoots {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    HostRoots { proc: fixtures.join("linux-6.18"), sys: fixtures.join("sys-6.18") }
}

/// A host whose `/proc` and `/sys` are that folder.
pub(crate) fn host_in(folder: &Path) -> HostRoots {
    HostRoots { proc: folder.to_owned(), sys: folder.to_owned() }
}

/// Writes a file in `folder`, and the directories it lies in.
pub(crate) fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
