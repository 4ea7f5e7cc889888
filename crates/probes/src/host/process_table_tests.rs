//! Tests of the process table with a `/proc` in a temporary folder, and with that of this machine.

use super::*;
use crate::testing::{host_in, write_file};
use std::path::Path;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

struct Host {
    folder: TempDir,
    reader: ProcessTableReader,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut reader = ProcessTableReader::new(&host_in(folder.path()));
        (reader.page_bytes, reader.ticks_per_second) = (1000, 100.0);
        Self { folder, reader }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A process that runs since 50 s after the boot.
    fn stat(&self, pid: u32, command: &str, ticks: u64, pages: u64) {
        let text =
            format!("{pid} ({command}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 3 0 5000 0 {pages} 0 0\n");
        self.write(&format!("{pid}/stat"), text);
    }

    fn read(&mut self, uptime: f64) -> ProcessTable {
        write_file(self.path(), "uptime", &format!("{uptime} 0\n"));
        self.reader.read(NOW).unwrap()
    }
}

fn pids(table: &ProcessTable) -> Vec<u32> {
    table.processes.iter().map(|process| process.pid).collect()
}

#[test]
fn all_values_of_a_process_are_read() {
    let mut host = Host::new();
    host.stat(7, "nginx", 100, 4);
    host.write("7/cmdline", "nginx\0--password\0abc\0");
    host.write("7/status", "Name:\tnginx\nUid:\t0\t33\t0\t0\n");
    host.write("7/cgroup", "0::/system.slice/nginx.service\n");
    host.write("7/io", "rchar: 9\nread_bytes: 1000\nwrite_bytes: 0\ncancelled_write_bytes: 3\n");
    host.write("1/root/etc/passwd", "www-data:x:33:33::/var/www:\n");
    let first = host.read(60.0);
    let expected = Process {
        pid: 7,
        parent: 1,
        started: Timestamp::from_millis(NOW.millis() - 10_000),
        command: "nginx".to_owned(),
        arguments: "nginx --password ***".to_owned(),
        user: "www-data".to_owned(),
        unit: "nginx.service".to_owned(),
        container: String::new(),
        state: 'S',
        threads: 3,
        cpu_ratio: None,
        memory_bytes: 4000,
        read_bytes_per_second: None,
        write_bytes_per_second: None,
    };
    assert_eq!(
        first,
        ProcessTable { time: NOW, processes: vec![expected.clone()], ..ProcessTable::default() }
    );

    host.stat(7, "nginx", 350, 5);
    host.write("7/io", "read_bytes: 6000\nwrite_bytes: 50\n");
    let second = host.read(65.0);
    let changed = Process {
        cpu_ratio: Some(0.5),
        memory_bytes: 5000,
        read_bytes_per_second: Some(1000),
        write_bytes_per_second: Some(10),
        ..expected
    };
    assert_eq!(second.processes, [changed]);
}

#[test]
fn unexpected_text_costs_that_value_only() {
    let mut host = Host::new();
    for (pid, command) in [(1, "a b) (c"), (2, "two\nlines"), (3, "")] {
        host.stat(pid, command, 1, 1);
    }
    host.write("4/stat", b"4 (\xff\xfe) S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 5000 0 1 0 0\n");
    host.write("5/stat", "nonsense");
    host.write("6/stat", "");
    fs::create_dir(host.path().join("7")).unwrap();
    host.write("1/cmdline", vec![b'x'; 1 << 20]);
    host.write("2/cmdline", b"\xff\0\n\0");
    host.write("1/io", "read_bytes: -1\nwrite_bytes: 2");
    host.write("2/status", "Uid:\tx");
    host.write("2/cgroup", "\0");
    let table = host.read(60.0);
    let found: Vec<_> = table.processes.iter().map(|one| (one.pid, one.command.as_str())).collect();
    assert_eq!(found, [(1, "a b) (c"), (2, "two\u{fffd}lines"), (3, ""), (4, "\u{fffd}\u{fffd}")]);
    assert_eq!(table.processes[0].arguments, "", "an argument that may be incomplete");
    assert_eq!(table.processes[1].arguments, "\u{fffd}");
    assert!(table.processes.iter().all(|one| one.user.is_empty() && one.unit.is_empty()));
}

#[test]
fn usage_needs_two_readings_or_a_new_process() {
    let mut host = Host::new();
    host.stat(1, "a", 1000, 1);
    assert_eq!(host.read(40.0).processes[0].cpu_ratio, None);
    host.stat(2, "b", 100, 1);
    host.stat(3, "c", 0, 1);
    let usage = |table: &ProcessTable| -> Vec<Option<f64>> {
        table.processes.iter().map(|process| process.cpu_ratio).collect()
    };
    // They were started between the readings.
    assert_eq!(usage(&host.read(60.0)), [Some(0.0), Some(0.05), Some(0.0)]);
    write_file(host.path(), "uptime", "nonsense");
    assert_eq!(usage(&host.reader.read(NOW).unwrap()), [None; 3]);
    assert_eq!(usage(&host.read(65.0)), [None; 3], "no usage over a longer time");
    host.stat(1, "a", 1250, 1);
    assert_eq!(usage(&host.read(70.0)), [Some(0.5), Some(0.0), Some(0.0)]);
    // Another process with the same id.
    host.write("1/stat", "1 (x) R 1 1 1 0 -1 0 0 0 0 0 500 0 0 0 20 0 1 0 7200 0 1 0 0\n");
    let table = host.read(75.0);
    assert_eq!((table.processes[0].cpu_ratio, table.processes[0].command.as_str()), (Some(1.0), "x"));
}

#[test]
fn new_command_is_noticed_at_once_and_other_details_each_minute() {
    let mut host = Host::new();
    host.stat(5, "sh", 1, 1);
    host.write("5/cmdline", "sh\0");
    host.read(60.0);
    host.write("5/cmdline", "ls\0-l\0");
    host.stat(5, "ls", 1, 1);
    let started = |host: &mut Host, uptime| {
        let process = host.read(uptime).processes.remove(0);
        (process.command, process.arguments, process.started)
    };
    let before = started(&mut host, 65.0);
    assert_eq!((before.0.as_str(), before.1.as_str()), ("ls", "ls -l"));
    host.write("5/cmdline", "ls\0-a\0");
    let rounds = (1..=12).map(|round| started(&mut host, 65.0 + f64::from(round) * 5.0));
    let rounds: Vec<_> = rounds.collect();
    assert_eq!(rounds[11].1, "ls -a");
    assert!(rounds.iter().filter(|round| round.1 == "ls -l").count() > 3, "{rounds:?}");
    assert!(rounds.iter().all(|round| round.2 == before.2), "the start stays");
}

#[test]
fn of_thousands_the_busiest_largest_and_newest_are_listed_and_all_are_counted() {
    let mut host = Host::new();
    for pid in 1..=1000 {
        host.stat(pid, "idle", 0, 1);
    }
    host.stat(1001, "large", 0, 900);
    let first = host.read(45.0);
    assert!(first.processes.len() <= MAX_LISTED && pids(&first).contains(&1001), "{}", first.processes.len());
    host.stat(500, "busy", 500, 1);
    host.stat(1002, "new", 0, 1);
    let second = host.read(50.0);
    let found = pids(&second);
    assert!(
        found.len() <= MAX_LISTED && [500, 1001, 1002].iter().all(|pid| found.contains(pid)),
        "{found:?}"
    );
    assert_eq!(second.unlisted.count as usize + found.len(), 1002);
    assert_eq!(second.unlisted.memory_bytes, u64::from(second.unlisted.count) * 1000);
}

#[test]
fn kernel_threads_have_no_arguments_and_unreadable_folder_is_an_error() {
    let mut host = Host::new();
    host.write("2/stat", include_str!("../../fixtures/process/kworker.stat"));
    host.write("2/cmdline", "made up\0");
    let table = host.read(60.0);
    assert_eq!((table.processes[0].arguments.as_str(), table.processes[0].state), ("", 'I'));
    fs::remove_dir_all(host.path().join("2")).unwrap();
    assert!(host.reader.read(NOW).unwrap_err().to_string().contains("no process"));
}

#[test]
fn own_process_is_found_on_this_machine() {
    let mut reader = ProcessTableReader::new(&HostRoots::default());
    let table = reader.read(NOW).unwrap();
    let own = table.processes.iter().find(|process| process.pid == std::process::id()).unwrap();
    assert!(own.memory_bytes > 100_000 && own.threads > 1 && !own.arguments.is_empty(), "{own:?}");
    // A process of less than a hundredth of a second has the age 0.
    let age = NOW.millis() - own.started.millis();
    assert!((0..600_000).contains(&age), "{age} ms");
}
