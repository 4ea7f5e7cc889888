//! The two servers: Prometheus with the same samples, and Watchglass.

use crate::http::{Connection, escaped};
use crate::process::{Memory, Program, free_address};
use crate::query::RangeQuery;
use crate::recording::Recording;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use watchglass_model::Series;

/// Seconds of a block: that of Prometheus after two compactions.
const BLOCK: i64 = 18 * 3600;

/// Imports the samples of [`fill`](crate::store::fill) into Prometheus, as text, block by block.
pub(crate) fn import(
    folder: &Path,
    recording: &Recording,
    (copies, begin, seconds): (usize, i64, i64),
) -> u64 {
    let (started, series) = (Instant::now(), recording.copies(copies));
    let keys: Vec<String> =
        series.iter().map(|Series { metric, labels, .. }| format!("{metric}{labels}")).collect();
    let recorded = keys.len() / copies;
    let (blocks, text) = (folder.join("blocks"), folder.join("samples.txt"));
    let mut replay = recording.replay();
    let (mut second, last) = (begin / 1000, begin / 1000 + seconds);
    while second < last {
        let end = ((second / BLOCK + 1) * BLOCK).min(last);
        let mut out = BufWriter::new(File::create(&text).unwrap());
        for second in second..end {
            let values = replay.next();
            for copy in 0..copies {
                for &(id, value) in &values {
                    writeln!(out, "{} {value} {second}", keys[copy * recorded + id as usize]).unwrap();
                }
            }
        }
        writeln!(out, "# EOF").unwrap();
        out.into_inner().unwrap();
        let mut command = Command::new("promtool");
        command.args(["tsdb", "create-blocks-from", "--quiet", "--max-block-duration=18h", "openmetrics"]);
        let status = command.arg(&text).arg(&blocks).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "promtool: {status}");
        second = end;
    }
    fs::remove_file(&text).unwrap();
    println!("imported into Prometheus in {:.1} s", started.elapsed().as_secs_f64());
    size(&blocks)
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| match entry.metadata().unwrap() {
            metadata if metadata.is_dir() => size(&entry.path()),
            metadata => metadata.len(),
        })
        .sum()
}

/// A server and a connection to it.
pub(crate) struct Server {
    program: Program,
    connection: Connection,
}

impl Server {
    /// Starts Prometheus with the blocks of [`import`].
    pub(crate) fn prometheus(folder: &Path) -> Self {
        let (address, settings) = (free_address(), folder.join("prometheus.yml"));
        fs::write(&settings, "global: {}\n").unwrap();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", settings.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("blocks").display()));
        command.arg(format!("--web.listen-address={address}"));
        command.args(["--storage.tsdb.retention.time=30d", "--log.level=warn"]);
        let program = Program::start(&mut command);
        Self { program, connection: Connection::wait_for(address, "/-/ready") }
    }

    /// Starts Watchglass with a data directory, without the limit of REST requests per hour.
    pub(crate) fn watchglass(binary: &Path, data: &Path) -> Self {
        let address = free_address();
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(data);
        command.env("WATCHGLASS_LIMITS_REST", "off");
        let program = Program::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        let mut command = Command::new(binary);
        command.args(["token", "create", "--name", "figures", "--role", "viewer", "--data-dir"]).arg(data);
        let token = String::from_utf8(command.output().unwrap().stdout).unwrap();
        Self { program, connection: Connection::wait_for(address, "/api/live").with_token(token.trim()) }
    }

    pub(crate) fn memory(&self) -> Memory {
        self.program.memory()
    }

    /// Milliseconds until the last byte of the response, and the number of series in it. Prometheus returns the last sample
    /// before each point.
    pub(crate) fn samples(&mut self, query: &RangeQuery) -> (f64, usize) {
        self.range(&format!("{{__name__=~\"{}\"}}", query.metrics.join("|")), query)
    }

    /// The same with the mean of all samples between two points, metric by metric.
    pub(crate) fn means(&mut self, query: &RangeQuery) -> (f64, usize) {
        let step = query.step_millis / 1000;
        let responses =
            query.each().map(|one| self.range(&format!("avg_over_time({}[{step}s])", one.metrics[0]), &one));
        responses.fold((0.0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    fn range(&mut self, promql: &str, query: &RangeQuery) -> (f64, usize) {
        let seconds = |millis: i64| millis as f64 / 1e3;
        let path = format!(
            "/api/v1/query_range?query={}&start={}&end={}&step={}",
            escaped(promql),
            seconds(query.range.start.millis()),
            seconds(query.range.end.millis()),
            seconds(query.step_millis)
        );
        self.timed(&path, b"\"metric\":")
    }

    /// The same for Watchglass: minimum, mean and maximum of each row, metric by metric.
    pub(crate) fn rows(&mut self, query: &RangeQuery) -> (f64, usize) {
        let responses = query.each().map(|one| {
            let path = format!(
                "/api/admin/system/history/?metric={}&start={}&end={}&step={}",
                one.metrics[0],
                one.range.start.millis() / 1000,
                one.range.end.millis() / 1000,
                one.step_millis / 1000
            );
            self.timed(&path, b"\"labels\":")
        });
        responses.fold((0.0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    fn timed(&mut self, path: &str, mark: &[u8]) -> (f64, usize) {
        let before = Instant::now();
        let (status, body) = self.connection.get(path);
        let millis = before.elapsed().as_secs_f64() * 1e3;
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        (millis, body.windows(mark.len()).filter(|part| *part == mark).count())
    }
}
