//! Size of a realistic process table on disk.

use super::*;

/// Seconds between two tables.
const INTERVAL: i64 = 5;
/// Number of processes.
const PROCESSES: u64 = 200;
/// Limit for a day of an ordinary machine.
const MAX_DAY_BYTES: u64 = 15_000_000;

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

struct Process {
    pid: i64,
    command: String,
    memory_kib: i64,
    /// Chance in percent that it did something in an interval.
    activity: u64,
}

impl Process {
    fn new(number: u64) -> Self {
        let pid = 300 + number as i64 * 17;
        let command = format!("/usr/lib/service-{}/worker --listen 127.0.0.1:{pid}", number % 40);
        // Ten are busy, thirty now and then, the others nearly idle.
        let activity = if number < 10 {
            100
        } else if number < 40 {
            30
        } else {
            2
        };
        Self { pid, command, memory_kib: 4000 + number as i64 * 731, activity }
    }

    fn append(&self, store: &RecordStore, time: i64, fields: &[Field<'_>]) {
        let stream = [("kind", "processes"), ("host", "a")].into_iter().collect();
        let mut all = vec![("pid", Value::Int(self.pid))];
        all.extend_from_slice(fields);
        let record = NewRecord { stream: &stream, time: millis(time), fields: &all, body: b"" };
        store.append(&[record]).unwrap();
    }

    /// What is known of it at the start, and every ten minutes.
    fn append_all(&self, store: &RecordStore, time: i64) {
        let unit = format!("service-{}.service", self.pid % 40);
        let fields = [
            ("parent", Value::Int(1)),
            ("user", Value::Text(if self.pid % 3 == 0 { "root" } else { "www-data" })),
            ("command", Value::Text(&self.command)),
            ("unit", Value::Text(&unit)),
            ("state", Value::Text("S")),
            ("started", Value::Int(1_700_000_000_000 + self.pid * 1000)),
            ("memory_kib", Value::Int(self.memory_kib)),
            ("threads", Value::Int(4)),
        ];
        self.append(store, time, &fields);
    }

    /// What has changed.
    fn append_changes(&mut self, store: &RecordStore, time: i64, random: &mut Random) {
        self.memory_kib += random.below(200) as i64 - 100;
        let mut fields = vec![
            ("cpu_ms", Value::Int(random.below(4000) as i64)),
            ("memory_kib", Value::Int(self.memory_kib)),
        ];
        if random.below(3) == 0 {
            fields.push(("read_bytes", Value::Int(random.below(1 << 22) as i64)));
            fields.push(("write_bytes", Value::Int(random.below(1 << 22) as i64)));
        }
        self.append(store, time, &fields);
    }
}

#[test]
fn process_table_of_a_day_is_below_its_limit() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = RecordStore::open(folder.path(), Options::default(), disk).unwrap();
    let mut random = Random(7);
    let mut processes: Vec<Process> = (0..PROCESSES).map(Process::new).collect();
    for second in (0..3600).step_by(INTERVAL as usize) {
        let time = 1_700_000_000_000 + second * 1000;
        if second % 600 == 0 {
            processes.iter().for_each(|process| process.append_all(&store, time));
        }
        // A command that has started and ended.
        Process::new(PROCESSES + second as u64).append_all(&store, time);
        for process in &mut processes {
            if random.below(100) < process.activity {
                process.append_changes(&store, time, &mut random);
            }
        }
    }
    assert!(store.flush());
    let status = store.status();
    let file_bytes = status.stored_bytes;
    println!(
        "{} records, {} bytes of content, {file_bytes} bytes an hour",
        status.records, status.content_bytes
    );
    assert!(status.records > 15_000);
    assert!(file_bytes * 24 <= MAX_DAY_BYTES, "{file_bytes} bytes an hour");
}
