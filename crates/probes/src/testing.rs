//! Test helpers.

use crate::HostRoots;
use std::fs;
use std::path::Path;
use watchglass_model::SampleBuffer;

/// Metric name, non-empty label values separated by spaces, and value.
pub(crate) type SampleRow = (String, String, String);

/// The samples as text, for readable comparisons without rounding errors.
pub(crate) fn rows(samples: &SampleBuffer) -> Vec<SampleRow> {
    let labels = |row: &watchglass_model::RawSample<'_>| {
        row.label_values().filter(|value| !value.is_empty()).collect::<Vec<_>>().join(" ")
    };
    samples.raw_samples().map(|row| write(row.metric.name, &labels(&row), row.value)).collect()
}

/// Expected result of [`rows`].
pub(crate) fn expected_rows(expected: &[(&str, &str, f64)]) -> Vec<SampleRow> {
    expected.iter().map(|&(metric, labels, value)| write(metric, labels, value)).collect()
}

fn write(metric: &str, labels: &str, value: f64) -> SampleRow {
    (metric.to_owned(), labels.to_owned(), format!("{value:.6}"))
}

/// Fixture files of a recent kernel.
pub(crate) fn recent_host() -> HostRoots {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    HostRoots { proc: fixtures.join("linux-6.18"), sys: fixtures.join("sys-6.18") }
}

/// A host whose `/proc` and `/sys` are `folder`.
pub(crate) fn host_in(folder: &Path) -> HostRoots {
    HostRoots { proc: folder.to_owned(), sys: folder.to_owned() }
}

/// Writes a file in `folder`, creating directories.
pub(crate) fn write_file(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
