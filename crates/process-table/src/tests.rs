//! Tests of writing and reading tables, with a store in a temporary folder.

mod golden;

use crate::{HistoryOptions, TableError, TableWriter, history, stream, table_at};
use proptest::prelude::*;
use std::sync::Arc;
use tempfile::TempDir;
use watchglass_model::{Process, ProcessTable, Timestamp, UnlistedProcesses};
use watchglass_records::{AppendError, NewRecord, Options, RecordStore, SystemDisk, Value};

const START: i64 = 1_700_000_000_000;
const INTERVAL: i64 = 5000;

fn at(reading: i64) -> Timestamp {
    Timestamp::from_millis(START + reading * INTERVAL)
}

fn store() -> (TempDir, RecordStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RecordStore::open(folder.path(), Options::default(), Arc::<SystemDisk>::default()).unwrap();
    (folder, store)
}

fn process(pid: u32, command: &str) -> Process {
    Process {
        pid,
        parent: 1,
        started: Timestamp::from_millis(START - 1000),
        command: command.to_owned(),
        arguments: format!("/usr/bin/{command} --config /etc/{command}/{command}.conf"),
        user: "www-data".to_owned(),
        unit: format!("{command}.service"),
        state: 'S',
        threads: 4,
        cpu_ratio: Some(0.25),
        memory_bytes: 4 << 20,
        ..Process::default()
    }
}

/// Adds and writes a table.
trait Append {
    fn append(&mut self, store: &RecordStore, table: &ProcessTable) -> Result<(), AppendError>;
}

impl Append for TableWriter {
    fn append(&mut self, store: &RecordStore, table: &ProcessTable) -> Result<(), AppendError> {
        self.add(table);
        self.write(store)
    }
}

fn table(reading: i64, processes: Vec<Process>) -> ProcessTable {
    ProcessTable { time: at(reading), processes, unlisted: UnlistedProcesses::default() }
}

fn any_process() -> impl Strategy<Value = Process> {
    let values = (0_u32..5, prop::option::of(0_u32..4000), 0_u64..1 << 30, prop::option::of(0_u64..1 << 40));
    (1_u32..40, "[a-c]{0,2}", "[RSD]", values).prop_map(|(pid, command, state, (threads, cpu, kib, read))| {
        Process {
            state: state.chars().next().unwrap(),
            threads,
            cpu_ratio: cpu.map(|cpu| f64::from(cpu) / 1000.0),
            memory_bytes: kib * 1024,
            read_bytes_per_second: read,
            write_bytes_per_second: read.map(|read| read / 2),
            ..process(pid, &command)
        }
    })
}

fn any_table() -> impl Strategy<Value = Vec<Process>> {
    prop::collection::vec(any_process(), 0..25).prop_map(|mut processes| {
        processes.sort_by_key(|process| process.pid);
        processes.dedup_by_key(|process| process.pid);
        processes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_table_is_read_as_it_was_written(tables in prop::collection::vec(any_table(), 1..12)) {
        let (_folder, store) = store();
        let mut writer = TableWriter::new("a");
        let mut other = TableWriter::new("b");
        for (reading, processes) in (0..).zip(&tables) {
            writer.append(&store, &table(reading, processes.clone())).unwrap();
            other.append(&store, &table(reading, vec![process(1, "other")])).unwrap();
        }
        for (reading, processes) in (0..).zip(&tables) {
            let time = Timestamp::from_millis(at(reading).millis() + 4999);
            prop_assert_eq!(table_at(&store, "a", time, 5000).unwrap(), Some(table(reading, processes.clone())));
        }
    }

    #[test]
    fn arbitrary_bodies_never_panic(body: Vec<u8>, whole: bool, before in any_table()) {
        let _ = crate::query::next_table(Some(table(0, before)), at(1), whole, &body);
    }
}

#[test]
fn tables_are_found_for_times_with_readings_only() {
    let (_folder, store) = store();
    let mut writer = TableWriter::new("a");
    for reading in (0..300).chain(400..410) {
        writer.append(&store, &table(reading, vec![process(reading as u32 + 1, "x")])).unwrap();
    }
    let found = |reading: i64| {
        let table = table_at(&store, "a", at(reading), 12_500).unwrap();
        table.map(|table| table.processes[0].pid)
    };
    for (reading, expected) in [
        (-1, None),
        (0, Some(1)),
        (119, Some(120)),
        (120, Some(121)),
        (299, Some(300)),
        (301, Some(300)),
        (302, None),
        (399, None),
        (400, Some(401)),
        (500, None),
    ] {
        assert_eq!(found(reading), expected, "{reading}");
    }
    assert_eq!(table_at(&store, "b", at(0), 12_500), Ok(None));
}

#[test]
fn lost_or_damaged_record_costs_the_tables_up_to_the_next_whole_one() {
    let (_folder, store) = store();
    let mut writer = TableWriter::new("a");
    for reading in 0..10 {
        writer.append(&store, &table(reading, vec![process(reading as u32, "x")])).unwrap();
        if reading == 3 {
            let fields = [("version", Value::Int(1)), ("whole", Value::Bool(false))];
            let stream = stream("a");
            let time = Timestamp::from_millis(at(3).millis() + 1);
            let record = NewRecord { stream: &stream, time, fields: &fields, body: b"damaged" };
            store.append(&[record]).unwrap();
        }
    }
    TableWriter::new("a").append(&store, &table(10, vec![process(10, "x")])).unwrap();
    let found: Vec<bool> =
        (0..11).map(|reading| table_at(&store, "a", at(reading), 4999).unwrap().is_some()).collect();
    assert_eq!(found, [[true; 4].as_slice(), &[false; 6], &[true]].concat());
}

#[test]
fn several_tables_are_written_at_once_and_failed_ones_are_followed_by_a_whole_one() {
    let (_folder, store) = store();
    let mut writer = TableWriter::new("a");
    for reading in 0..6 {
        writer.add(&table(reading, vec![process(reading as u32, "x")]));
    }
    assert_eq!(table_at(&store, "a", at(5), 60_000), Ok(None));
    assert_eq!(writer.waiting(), 6);
    writer.write(&store).unwrap();
    assert_eq!(
        (writer.waiting(), table_at(&store, "a", at(5), 0).unwrap().unwrap().processes[0].pid),
        (0, 5)
    );
    let (_other_folder, closed) = self::store();
    closed.close();
    writer.add(&table(6, vec![process(6, "x")]));
    assert!(writer.write(&closed).is_err());
    writer.append(&store, &table(7, vec![process(7, "x")])).unwrap();
    assert_eq!(table_at(&store, "a", at(7), 0).unwrap().unwrap().processes[0].pid, 7);
}

#[test]
fn newer_version_is_an_error() {
    let (_folder, store) = store();
    let stream = stream("a");
    let fields = [("version", Value::Int(2))];
    store.append(&[NewRecord { stream: &stream, time: at(0), fields: &fields, body: b"" }]).unwrap();
    let error = table_at(&store, "a", at(0), 1000).unwrap_err();
    assert_eq!(error, TableError::Version(2));
    assert!(error.to_string().contains("newer version"));
}

#[test]
fn history_has_means_and_maxima_of_each_step() {
    let (_folder, store) = store();
    let mut writer = TableWriter::new("a");
    for reading in 0..24 {
        let busy = Process {
            cpu_ratio: (reading > 0).then_some(if reading < 12 { 0.5 } else { 1.5 }),
            memory_bytes: (1 + reading as u64) << 20,
            ..process(7, "busy")
        };
        let mut processes = vec![busy, process(8, "other")];
        if reading < 3 {
            processes.push(process(9, "busy"));
        }
        writer.append(&store, &table(reading, processes)).unwrap();
    }
    let options = HistoryOptions {
        start: at(4),
        end: at(24),
        step_millis: 60_000,
        max_processes: 10,
        max_read_bytes: 1 << 20,
    };
    let by_command = |process: &Process| process.command == "busy";
    let (found, count) = history(&store, "a", &[], &options, &by_command).unwrap();
    assert_eq!((found.len(), count), (1, 1), "the other one has ended before");
    let points: Vec<_> = found[0]
        .points
        .iter()
        .map(|point| (point.time.millis(), point.cpu_ratio, point.memory_bytes >> 20))
        .collect();
    // 17 s after a full minute.
    let minute = START - START.rem_euclid(60_000);
    assert_eq!(points[0].0, minute);
    assert_eq!(points.last().unwrap().2, 24);
    assert_eq!((found[0].process.pid, found[0].last_seen), (7, at(23)));
    assert_eq!(points.last().unwrap().1, Some(1.5));

    // Tables that are not written yet; the first one is.
    let newest =
        [23, 24, 25].map(|reading| Arc::new(table(reading, vec![process(7, "busy"), process(8, "x")])));
    let later = HistoryOptions { end: at(25), ..options };
    let (found, _) = history(&store, "a", &newest, &later, &by_command).unwrap();
    assert_eq!(found[0].last_seen, at(24));

    let all = HistoryOptions { start: at(0), max_processes: 1, ..options };
    let (found, count) = history(&store, "a", &[], &all, &|_| true).unwrap();
    assert_eq!((found.len(), count, found[0].process.pid), (1, 3, 7), "the one with the most CPU time");
    let small = HistoryOptions { max_read_bytes: 0, ..options };
    assert!(history(&store, "a", &[], &small, &by_command).is_ok(), "what is in memory is not read");
}

/// Size of a day of 200 processes, of which 12 are busy and 30 now and then, with a new command in each reading.
#[test]
fn day_of_an_ordinary_machine_is_below_its_limit() {
    const LIMIT: u64 = 15_000_000;
    let (_folder, store) = store();
    let mut writer = TableWriter::new("a");
    let mut random = 7_u64;
    let mut below = |limit: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    let mut processes: Vec<Process> =
        (0..200).map(|n| process(300 + n * 17, &format!("service-{}", n % 40))).collect();
    for reading in 0..720 {
        for (number, process) in (0..).zip(&mut processes) {
            let chance = if number < 12 {
                100
            } else if number < 42 {
                30
            } else {
                2
            };
            let is_active = below(100) < chance;
            process.cpu_ratio = Some(if is_active { below(500) as f64 * 0.002 } else { 0.0 });
            if is_active {
                process.memory_bytes =
                    process.memory_bytes.saturating_add_signed((below(200) as i64 - 100) * 4096).max(1 << 20);
                process.read_bytes_per_second = Some(below(3) * below(1 << 20));
                process.write_bytes_per_second = Some(below(3) * below(1 << 20));
            }
        }
        let mut now = processes.clone();
        now.push(Process { pid: 5000 + reading as u32, ..process(0, "sh") });
        writer.append(&store, &table(reading, now)).unwrap();
    }
    assert!(store.flush());
    let hour = store.status().stored_bytes;
    println!("{hour} bytes an hour, {} a day", hour * 24);
    assert!(hour * 24 < LIMIT, "{hour} bytes an hour");
}
