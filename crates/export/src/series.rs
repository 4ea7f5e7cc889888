//! What the history says, for other programs: columns as JSON or CSV, and the points of the system's history.

use crate::names;
use crate::written;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use utoipa::ToSchema;
use watchglass_model::{Labels, Timestamp};

/// Readings at regular times. A row without one holds NaN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Time of the first row.
    pub start: Timestamp,
    /// Milliseconds from one row to the next.
    pub step_millis: i64,
    /// Number of rows.
    pub rows: usize,
    /// The series.
    pub tracks: Vec<Track>,
}

/// The readings of one series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// Its labels.
    pub labels: Labels,
    /// The smallest reading of each row.
    pub low: Vec<f64>,
    /// The mean of the readings of each row.
    pub mean: Vec<f64>,
    /// The largest reading of each row.
    pub high: Vec<f64>,
}

impl Table {
    /// The times of the rows.
    pub fn times(&self) -> impl Iterator<Item = Timestamp> {
        let (start, step) = (self.start.millis(), self.step_millis);
        (0_i64..)
            .take(self.rows)
            .map(move |row| Timestamp::from_millis(start.saturating_add(row.saturating_mul(step))))
    }
}

/// A series with a column for each aggregation; `null` where there was no value.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesColumns {
    /// What tells it apart.
    pub labels: BTreeMap<String, String>,
    /// The smallest value of each row.
    pub min: Vec<Option<f64>>,
    /// The mean of each row.
    pub avg: Vec<Option<f64>>,
    /// The largest value of each row.
    pub max: Vec<Option<f64>>,
}

/// The series of a table as JSON has them.
pub fn columns(table: &Table) -> Vec<SeriesColumns> {
    let finite = |values: &[f64]| values.iter().map(|value| value.is_finite().then_some(*value)).collect();
    table
        .tracks
        .iter()
        .map(|track| SeriesColumns {
            labels: track.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            min: finite(&track.low),
            avg: finite(&track.mean),
            max: finite(&track.high),
        })
        .collect()
}

/// A table as CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)): a line for each row, its time first, then the
/// smallest, mean and largest value of each series. Where there was no value the field is empty.
pub fn csv(metric: &str, table: &Table) -> String {
    let mut text = String::from("time");
    for track in &table.tracks {
        for part in ["min", "avg", "max"] {
            let name = format!("{metric}{} {part}", track.labels);
            let _ = write!(text, ",\"{}\"", name.replace('"', "\"\""));
        }
    }
    text.push_str("\r\n");
    for (row, time) in table.times().enumerate() {
        text.push_str(&written(time));
        for track in &table.tracks {
            for values in [&track.low, &track.mean, &track.high] {
                text.push(',');
                if let Some(value) = values.get(row).filter(|value| value.is_finite()) {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "{value}");
                }
            }
        }
        text.push_str("\r\n");
    }
    text
}

/// How the series of a metric become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Merge {
    Sum,
    Largest,
}

/// A field of a [`Point`]: the metric, how its series are put together, and what a reading is multiplied by.
type Field = (&'static str, Merge, f64);

const FIELDS: [Field; 13] = [
    (names::CPU, Merge::Largest, 100.0),
    (names::MEMORY_USED_RATIO, Merge::Largest, 100.0),
    (names::DISK_USED_RATIO, Merge::Largest, 100.0),
    ("host_load1", Merge::Largest, 1.0),
    ("host_network_received_bytes_total", Merge::Sum, 1.0),
    ("host_network_sent_bytes_total", Merge::Sum, 1.0),
    (names::DATABASE_SECONDS, Merge::Largest, 1e3),
    (names::DATABASE_CONNECTIONS, Merge::Sum, 1.0),
    (names::REDIS_SECONDS, Merge::Largest, 1e3),
    (names::WEBSOCKETS, Merge::Sum, 1.0),
    (names::REQUESTS_PER_SECOND, Merge::Sum, 1.0),
    (names::ERROR_RATIO, Merge::Largest, 100.0),
    (names::LATENCY_P95, Merge::Largest, 1e3),
];

/// The system at a moment of the past; means over the step that begins there, `null` where there was no value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Point {
    /// When the step begins, in RFC 3339.
    pub timestamp: String,
    /// Use of the processors.
    pub cpu_percent: Option<f64>,
    /// Use of the memory.
    pub memory_percent: Option<f64>,
    /// Use of the fullest file system.
    pub disk_percent: Option<f64>,
    /// The kernel's load over a minute.
    pub load_1min: Option<f64>,
    /// Bytes received a second.
    pub network_bytes_in_per_second: Option<f64>,
    /// Bytes sent a second.
    pub network_bytes_out_per_second: Option<f64>,
    /// The slowest PostgreSQL's answer to the smallest question.
    pub database_response_time_ms: Option<f64>,
    /// Connections to PostgreSQL.
    pub database_connections: Option<f64>,
    /// The slowest Redis' answer to PING.
    pub redis_response_time_ms: Option<f64>,
    /// Open live connections.
    pub websocket_connections: Option<f64>,
    /// Requests a second.
    pub requests_per_second: Option<f64>,
    /// Requests that failed by the server's fault, of all.
    pub error_rate_percent: Option<f64>,
    /// 95 of 100 requests took at most so long.
    pub latency_p95_ms: Option<f64>,
}

/// The system's history: asks for each metric it is made of and puts the answers side by side.
///
/// # Errors
/// That of the first question that could not be answered.
pub fn points<E>(mut ask: impl FnMut(&str) -> Result<Table, E>) -> Result<Vec<Point>, E> {
    let mut times: Vec<Timestamp> = Vec::new();
    let mut fields: Vec<Vec<Option<f64>>> = Vec::with_capacity(FIELDS.len());
    for (metric, merge, factor) in FIELDS {
        let table = ask(metric)?;
        if times.is_empty() {
            times = table.times().collect();
        }
        fields.push(
            (0..table.rows).map(|row| merged(&table, row, merge).map(|value| value * factor)).collect(),
        );
    }
    let points = times.into_iter().enumerate().map(|(row, time)| {
        let mut values = fields
            .iter()
            .map(|field| field.get(row).copied().flatten().map(|value| (value * 1e3).round() / 1e3));
        let mut next = || values.next().flatten();
        Point {
            timestamp: written(time),
            cpu_percent: next(),
            memory_percent: next(),
            disk_percent: next(),
            load_1min: next(),
            network_bytes_in_per_second: next(),
            network_bytes_out_per_second: next(),
            database_response_time_ms: next(),
            database_connections: next(),
            redis_response_time_ms: next(),
            websocket_connections: next(),
            requests_per_second: next(),
            error_rate_percent: next(),
            latency_p95_ms: next(),
        }
    });
    Ok(points.collect())
}

fn merged(table: &Table, row: usize, merge: Merge) -> Option<f64> {
    let values = table.tracks.iter().filter_map(|track| track.mean.get(row).copied());
    values.filter(|value| value.is_finite()).reduce(|left, right| match merge {
        Merge::Sum => left + right,
        Merge::Largest => left.max(right),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let track = |device: &str, values: &[f64]| Track {
            labels: [("device", device)].into_iter().collect(),
            low: values.iter().map(|value| value - 1.0).collect(),
            mean: values.to_vec(),
            high: values.iter().map(|value| value + 1.0).collect(),
        };
        Table {
            start: Timestamp::from_millis(1_795_314_000_000),
            step_millis: 60_000,
            rows: 3,
            tracks: vec![track("a", &[2.0, f64::NAN, 0.5]), track("b", &[4.0, f64::NAN, f64::NAN])],
        }
    }

    #[test]
    fn csv_has_a_line_for_each_row_and_leaves_gaps_empty() {
        let expected = [
            r#"time,"m{device=""a""} min","m{device=""a""} avg","m{device=""a""} max","m{device=""b""} min","m{device=""b""} avg","m{device=""b""} max""#,
            "2026-11-22T02:20:00.000Z,1,2,3,3,4,5",
            "2026-11-22T02:21:00.000Z,,,,,,",
            "2026-11-22T02:22:00.000Z,-0.5,0.5,1.5,,,",
            "",
        ];
        assert_eq!(csv("m", &table()), expected.join("\r\n"));
    }

    #[test]
    fn json_has_null_for_a_gap() {
        let columns = columns(&table());
        assert_eq!(columns[0].labels["device"], "a");
        assert_eq!(columns[0].avg, [Some(2.0), None, Some(0.5)]);
        assert_eq!(columns[1].max, [Some(5.0), None, None]);
    }

    #[test]
    fn points_put_metrics_side_by_side() {
        let points = points(|metric| {
            let empty = Table { tracks: Vec::new(), ..table() };
            Ok::<_, ()>(if metric == names::DISK_USED_RATIO || metric.contains("sent") {
                table()
            } else {
                empty
            })
        })
        .unwrap();
        assert_eq!(points.len(), 3);
        let first = Point {
            timestamp: "2026-11-22T02:20:00.000Z".to_owned(),
            disk_percent: Some(400.0),
            network_bytes_out_per_second: Some(6.0),
            ..Point::default()
        };
        assert_eq!(points[0], first);
        assert_eq!((points[1].disk_percent, points[2].disk_percent), (None, Some(50.0)));
    }

    #[test]
    fn an_error_of_the_history_is_handed_on() {
        assert_eq!(points(|_| Err::<Table, _>("no")), Err("no"));
    }
}
