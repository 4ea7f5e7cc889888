//! Tests of the top processes with a `/proc` in a temporary folder.

use super::*;
use crate::testing::{SampleRow, expected_rows, host_in, rows, write_file};
use proptest::prelude::*;
use std::collections::HashSet;
use tempfile::TempDir;

/// Round page size and clock rate for readable tests.
const PAGE: f64 = 1000.0;
const TICKS: f64 = 100.0;

/// PID, command, start time, ticks and pages of a process.
type Process<'a> = (u32, &'a str, u64, u64, u64);

struct Host {
    folder: TempDir,
    probe: TopProcesses,
    pids: Vec<u32>,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut probe = TopProcesses::new(&host_in(folder.path()));
        (probe.page_bytes, probe.ticks_per_second) = (PAGE, TICKS);
        Self { folder, probe, pids: Vec::new() }
    }

    /// The recorded samples at that uptime with these processes.
    fn round(&mut self, uptime: f64, processes: &[Process<'_>]) -> Vec<SampleRow> {
        for pid in self.pids.drain(..) {
            fs::remove_dir_all(self.folder.path().join(pid.to_string())).unwrap();
        }
        write_file(self.folder.path(), "uptime", &format!("{uptime} 0\n"));
        for (pid, command, started, ticks, pages) in processes {
            let text = format!(
                "{pid} ({command}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {started} 0 {pages} 0 0\n"
            );
            write_file(self.folder.path(), &format!("{pid}/stat"), &text);
            self.pids.push(*pid);
        }
        let mut samples = SampleBuffer::new();
        self.probe.collect(&mut samples).unwrap();
        rows(&samples)
    }
}

fn only(rows: Vec<SampleRow>, metric: &Declaration) -> Vec<SampleRow> {
    rows.into_iter().filter(|row| row.0 == metric.name).collect()
}

#[test]
fn processes_are_grouped_by_command() {
    let mut host = Host::new();
    let first = host.round(10.0, &[(1, "init", 0, 50, 2), (7, "web", 100, 300, 5), (9, "web", 100, 300, 6)]);
    let memory = [
        ("host_process_memory_bytes", "web", 11_000.0),
        ("host_process_memory_bytes", "init", 2000.0),
        ("host_process_instances", "init", 1.0),
        ("host_process_instances", "web", 2.0),
        ("host_process_instances", "other", 0.0),
        ("host_processes", "", 3.0),
    ];
    assert_eq!(first, expected_rows(&memory), "the first round has no CPU usage");

    write_file(host.folder.path(), "12/stat", "not what a kernel writes");
    write_file(host.folder.path(), "sys/stat", "no process");
    let second = host.round(15.0, &[(1, "init", 0, 50, 2), (7, "web", 100, 500, 5), (9, "web", 100, 350, 6)]);
    let cpu = [("host_process_cpu_ratio", "web", 0.5), ("host_process_cpu_ratio", "other", 0.0)];
    assert_eq!(second[..2], expected_rows(&cpu));
    assert_eq!(second[2..], expected_rows(&memory));
}

#[test]
fn processes_may_start_and_end() {
    let mut host = Host::new();
    host.round(10.0, &[(7, "web", 100, 300, 5)]);
    let cpu = |rows| only(rows, &CPU);
    let cases: [(&str, f64, &[Process<'_>], f64); 5] = [
        ("PID reused", 20.0, &[(7, "web", 1100, 100, 5)], 0.1),
        ("process started", 30.0, &[(7, "web", 1100, 100, 5), (8, "web", 2500, 50, 5)], 0.05),
        ("process unreadable before", 40.0, &[(7, "web", 1100, 200, 5), (9, "web", 10, 9999, 5)], 0.1),
        ("process ended", 50.0, &[(9, "web", 10, 10_099, 5)], 0.1),
        ("ticks decreased", 60.0, &[(9, "web", 10, 99, 5), (10, "web", 5500, 100, 5)], 0.1),
    ];
    for (case, uptime, processes, share) in cases {
        assert_eq!(cpu(host.round(uptime, processes)), expected_rows(&[(CPU.name, "web", share)]), "{case}");
    }
    assert_eq!(host.probe.seen.len(), 2, "ended processes are removed");
    assert!(cpu(host.round(60.0, &[(9, "web", 10, 500, 5)])).is_empty(), "no time has passed");
}

#[test]
fn no_share_spans_a_failure() {
    let mut host = Host::new();
    host.round(10.0, &[(7, "web", 100, 300, 5)]);
    let memory = expected_rows(&[(MEMORY.name, "web", 5000.0)]);
    write_file(host.folder.path(), "uptime", "soon");
    let mut samples = SampleBuffer::new();
    host.probe.collect(&mut samples).unwrap();
    assert_eq!(only(rows(&samples), &MEMORY), memory, "memory does not need the uptime");
    assert!(only(rows(&samples), &CPU).is_empty());
    assert_eq!(crate::testing::skipped(&samples), ["the uptime not a number"]);
    assert!(only(host.round(20.0, &[(7, "web", 100, 400, 5)]), &CPU).is_empty());
    assert_eq!(
        only(host.round(30.0, &[(7, "web", 100, 500, 5)]), &CPU),
        expected_rows(&[(CPU.name, "web", 0.1)])
    );
}

#[test]
fn ten_commands_are_listed_and_the_rest_is_other() {
    let mut host = Host::new();
    let names: Vec<String> = (0..15).map(|number| format!("p{number:02}")).collect();
    let at = |ticks: u64| -> Vec<Process<'_>> {
        (1..).zip(&names).map(|(pid, name)| (pid, name.as_str(), 0, ticks * u64::from(pid), 100)).collect()
    };
    host.round(10.0, &at(0));
    // The last one used 15 of 1,000 ticks; only six used at least a hundredth of a core. All have the same memory, so that
    // the first ten by name are listed.
    let rows = host.round(20.0, &at(1));
    let listed = |rows: &[SampleRow], metric| -> Vec<String> {
        only(rows.to_vec(), metric).into_iter().map(|(_, name, _)| name).collect()
    };
    assert_eq!(listed(&rows, &MEMORY), [&names[..10], &["other".to_owned()]].concat());
    let cpu = only(rows.clone(), &CPU);
    let total: f64 = cpu.iter().map(|row| row.2.parse::<f64>().unwrap()).sum();
    assert!((total - 0.12).abs() < 1e-6, "the commands add up to the total: {cpu:?}");
    let expected = ["p14", "p13", "p12", "p11", "p10", "p09", "p08", "p07", "p06", "p05", "other"];
    assert_eq!(listed(&rows, &CPU), expected);
    assert_eq!(listed(&rows, &COUNT).len(), 16, "all listed commands and the rest");
}

#[test]
fn at_most_a_hundred_commands_are_listed() {
    let mut host = Host::new();
    let mut named = HashSet::new();
    for round in 0..40_u32 {
        let names: Vec<String> = (0..10).map(|number| format!("r{round}n{number}")).collect();
        let processes: Vec<_> = (1..).zip(&names).map(|(pid, name)| (pid, name.as_str(), 0, 0, 9)).collect();
        let rows = host.round(f64::from(round), &processes);
        named.extend(rows.into_iter().map(|(_, name, _)| name));
    }
    // The hundred, `other`, and the number of all processes without a command.
    assert_eq!(named.len(), 102);
}

#[test]
fn commands_that_are_no_longer_listed_make_room() {
    let mut host = Host::new();
    let all = |prefix: &str| -> Vec<String> { (0..10).map(|number| format!("{prefix}{number}")).collect() };
    let mut round = |number: u32, names: &[String]| {
        let processes: Vec<_> = (1..).zip(names).map(|(pid, name)| (pid, name.as_str(), 0, 0, 9)).collect();
        let rows = host.round(f64::from(number), &processes);
        only(rows, &MEMORY).into_iter().filter(|(_, name, _)| name != OTHER).count()
    };
    for number in 0..10 {
        assert_eq!(round(number, &all(&format!("r{number}n"))), 10);
    }
    assert_eq!(round(10, &all("late")), 0, "a hundred have been listed");
    // `r9n…` stays listed, the others are not listed for ten minutes.
    for number in 11..140 {
        round(number, &all("r9n"));
    }
    assert_eq!(round(140, &all("late")), 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn memory_adds_up_for_any_command_names(
        commands in prop::collection::vec(("[a-d/()\n]{0,3}|(?s).{0,20}", 0..1000_u64), 1..30),
    ) {
        let mut host = Host::new();
        let processes: Vec<_> =
            (1..).zip(&commands).map(|(pid, (name, pages))| (pid, name.as_str(), 0, 0, *pages)).collect();
        let memory = only(host.round(1.0, &processes), &MEMORY);
        let sum: f64 = memory.iter().map(|row| row.2.parse::<f64>().unwrap()).sum();
        let pages: u64 = commands.iter().map(|(_, pages)| pages).sum();
        prop_assert!((sum - pages as f64 * PAGE).abs() < 1.0, "{memory:?}");
        prop_assert!(memory.len() <= LISTED + 1);
    }
}
