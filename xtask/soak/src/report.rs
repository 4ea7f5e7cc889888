//! Report of a run: `report.md`, `memory.csv` and two charts.

use crate::context::{Context, now_millis};
use crate::error::SoakError;
use crate::record::{Counts, Memory, Record, Verdict};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use watchglass_chart::{Line, StandaloneChart, standalone_svg};
use watchglass_model::{TimeRange, Timestamp, Unit};

/// Points further apart are not joined: memory is read every minute.
const GAP_MILLIS: i64 = 150_000;
const MIB: f64 = 1_048_576.0;
/// A value of the memory.
type Value = fn(&Memory) -> u64;
/// Memory of the first hour is not compared: caches fill.
const WARM_UP_MILLIS: i64 = 3_600_000;

/// Writes the files, and returns the text of the report.
///
/// # Errors
/// A file could not be written.
pub(crate) fn write(folder: &Path, context: &Context) -> Result<String, SoakError> {
    let now = now_millis() / 1000;
    let (text, memory) = context.record(|record| (text(record, now), record.memory.clone()));
    save(folder, "report.md", &text)?;
    save(folder, "memory.csv", &csv(&memory))?;
    let values: [(&str, &str, Value); 2] = [
        ("resident.svg", "Resident memory", |one| one.resident),
        ("anonymous.svg", "Anonymous memory", |one| one.anonymous),
    ];
    for (name, title, value) in values {
        if let Some(svg) = chart(title, &memory, value) {
            save(folder, name, &svg)?;
        }
    }
    Ok(text)
}

fn save(folder: &Path, name: &str, text: &str) -> Result<(), SoakError> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(SoakError::file("write", &path))
}

fn csv(memory: &[Memory]) -> String {
    let mut text = "time,resident_bytes,anonymous_bytes\n".to_owned();
    for Memory { time, resident, anonymous } in memory {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{},{resident},{anonymous}", time / 1000);
    }
    text
}

fn chart(title: &str, memory: &[Memory], value: Value) -> Option<String> {
    let times: Vec<i64> = memory.iter().map(|one| one.time).collect();
    let values: Vec<f64> = memory.iter().map(|one| value(one) as f64).collect();
    let window = TimeRange {
        start: Timestamp::from_millis(*times.first()?),
        end: Timestamp::from_millis(*times.last()? + 1),
    };
    standalone_svg(&StandaloneChart {
        title,
        unit: Unit::Bytes,
        window,
        gap_after_millis: GAP_MILLIS,
        line: Line { times: &times, low: &values, high: &values, colour: 0 },
        threshold: None,
    })
}

fn text(record: &Record, now: i64) -> String {
    let (down, lost) = record.lost(now);
    let mut lines = vec![
        "# Soak test".to_owned(),
        format!("Length: {:.2} h", (now - record.begun) as f64 / 3600.0),
        format!("Seconds with values: {}", record.seconds.len()),
        format!("Seconds without values while the server was restarted: {}", down.len()),
        format!("Seconds without values otherwise: {}{}", lost.len(), first(&lost)),
        format!("SIGKILL of the server: {}", record.server_down.len()),
        format!("Restarts of Redis: {}", record.redis_down.len()),
        format!("Applications: {}, reports {}", record.applications, counts(record.reports)),
        format!("Pairs of network interfaces: {}", counts(record.interfaces)),
        format!("Pages: {}", counts(record.pages)),
        format!("Live frames: {} on {} connections", record.frames, record.connections),
        format!("Scrapes: {}, at most {} samples", counts(record.scrapes), record.max_series),
    ];
    lines.extend(memory_line("Resident memory", &record.memory, |one| one.resident));
    lines.extend(memory_line("Anonymous memory", &record.memory, |one| one.anonymous));
    for (verdict, title) in [
        (Verdict::True, "Alerts about faults of the run"),
        (Verdict::Machine, "Alerts about the machine"),
        (Verdict::False, "False alerts"),
    ] {
        let rules: Vec<(&str, u64)> = record
            .alerts_by_rule()
            .into_iter()
            .filter(|((found, _), _)| *found == verdict)
            .map(|((_, rule), count)| (rule, count))
            .collect();
        let total: u64 = rules.iter().map(|(_, count)| count).sum();
        let names: Vec<String> = rules.iter().map(|(rule, count)| format!("{count} × {rule}")).collect();
        let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        lines.push(format!("{title}: {total}{names}"));
    }
    lines.extend(record.notes.iter().cloned());
    lines.join("\n\n") + "\n"
}

fn counts(counts: Counts) -> String {
    format!("{} of {}", counts.done, counts.done + counts.failed)
}

fn first(seconds: &[i64]) -> String {
    seconds.first().map_or_else(String::new, |second| format!(" (the first at {second})"))
}

/// Highest and last value, and the growth after the first hour.
fn memory_line(name: &str, memory: &[Memory], value: Value) -> Option<String> {
    let (first, last) = (memory.first()?, memory.last()?);
    let highest = memory.iter().map(value).max()?;
    let mib = |bytes: u64| bytes as f64 / MIB;
    let warm = memory.iter().find(|one| one.time >= first.time + WARM_UP_MILLIS);
    let growth =
        warm.map(|warm| format!(", {:+.1} MiB since the first hour", mib(value(last)) - mib(value(warm))));
    Some(format!(
        "{name}: highest {:.1} MiB, last {:.1} MiB{}",
        mib(highest),
        mib(value(last)),
        growth.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Vec<Memory> {
        let one = |minute: i64| Memory {
            time: minute * 60_000,
            resident: (50 + minute.unsigned_abs()) << 20,
            anonymous: 30 << 20,
        };
        (0..=70).map(one).collect()
    }

    #[test]
    fn report_has_all_figures() {
        let mut record = Record::new(0);
        record.seconds = (0..4200).filter(|second| *second != 60).collect();
        record.memory = memory();
        record.pages = Counts { done: 3, failed: 1 };
        record.add_alert(("cpu".to_owned(), String::new(), String::new()), "cpu", None, 1);
        let text = text(&record, 4200);
        for line in [
            "Length: 1.17 h",
            "Seconds with values: 4199",
            "Seconds without values otherwise: 1 (the first at 60)",
            "Pages: 3 of 4",
            "Resident memory: highest 120.0 MiB, last 120.0 MiB, +10.0 MiB since the first hour",
            "Anonymous memory: highest 30.0 MiB, last 30.0 MiB, +0.0 MiB since the first hour",
            "Alerts about the machine: 1 (1 × cpu)",
            "False alerts: 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn memory_is_a_table_and_a_chart() {
        let memory = memory();
        let csv = csv(&memory);
        assert!(csv.starts_with("time,resident_bytes,anonymous_bytes\n0,52428800,31457280\n60,"), "{csv}");
        let svg = chart("Resident memory", &memory, |one| one.resident).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("Resident memory"));
        assert_eq!(chart("none", &[], |one| one.resident), None);
    }
}
