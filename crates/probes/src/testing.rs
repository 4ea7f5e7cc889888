//! Test helpers.

use crate::HostRoots;
use proptest::prelude::*;
use proptest::sample::Index;
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

/// The skipped readings, as `field reason`.
pub(crate) fn skipped(samples: &SampleBuffer) -> Vec<String> {
    samples.skipped().listed().iter().map(|one| format!("{} {}", one.field, one.reason.text())).collect()
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

/// Change of a line.
#[derive(Clone, Debug)]
pub(crate) enum LineChange {
    /// The whole line becomes this text.
    Line(String),
    /// One word becomes this text.
    Word(Index, &'static str),
}

/// Any change of a line.
pub(crate) fn line_change() -> impl Strategy<Value = LineChange> {
    const WORDS: &[&str] = &["", "nan", "-1", "x", "18446744073709551616", "1e400", "é", ":", "x:y=z"];
    prop_oneof![
        "[^\\n\\r]{0,60}".prop_map(LineChange::Line),
        (any::<Index>(), prop::sample::select(WORDS)).prop_map(|(index, word)| LineChange::Word(index, word)),
    ]
}

/// Checks that changing a line of `text` costs no more of the recorded lines than removing it.
pub(crate) fn check_changed_line(
    text: &str,
    index: Index,
    change: &LineChange,
    record: impl Fn(&str) -> Vec<String>,
) {
    let lines: Vec<&str> = text.lines().collect();
    let index = index.index(lines.len());
    let changed = match change {
        LineChange::Line(line) => line.clone(),
        LineChange::Word(word, replacement) => {
            // Words of `/proc` files and of INFO.
            let is_separator = |letter: char| letter.is_whitespace() || ":,=".contains(letter);
            let words: Vec<&str> = lines[index].split_inclusive(is_separator).collect();
            let place = word.index(words.len().max(1));
            let replaced = |(number, word): (usize, &&str)| {
                let rest = word.trim_end_matches(is_separator);
                if number == place { word.replacen(rest, replacement, 1) } else { (*word).to_owned() }
            };
            words.iter().enumerate().map(replaced).collect()
        }
    };
    let with = |line: Option<&str>| {
        let others = lines
            .iter()
            .enumerate()
            .filter_map(|(number, other)| if number == index { line } else { Some(*other) });
        record(&others.map(|line| format!("{line}\n")).collect::<String>())
    };
    let (all, without, found) =
        (record(&format!("{}\n", lines.join("\n"))), with(None), with(Some(&changed)));
    for kept in all.iter().filter(|line| without.contains(line)) {
        assert!(found.contains(kept), "{kept:?} is lost by {changed:?} instead of {:?}", lines[index]);
    }
}
