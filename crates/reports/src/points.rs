//! System history: the state of the whole system at past times, as JSON or CSV.

use crate::format_with_offset;
use crate::names;
use serde::Serialize;
use std::fmt::Write as _;
use utoipa::ToSchema;
use watchglass_model::Timestamp;
use watchglass_tsdb::Columns;

/// Points as CSV, with a header line.
pub fn points_csv(points: &[Point]) -> String {
    let mut text = format!("timestamp,{}\r\n", FIELDS.map(|(name, ..)| name).join(","));
    for point in points {
        text.push_str(&point.timestamp);
        for value in point.values() {
            text.push(',');
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = write!(text, "{value}");
            }
        }
        text.push_str("\r\n");
    }
    text
}

/// Aggregation of the series of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aggregation {
    Sum,
    Max,
}

/// Field of a [`Point`]: name, metric, aggregation of its series, and factor of a reading.
type Field = (&'static str, &'static str, Aggregation, f64);

const FIELDS: [Field; 13] = [
    ("cpu_percent", names::CPU, Aggregation::Max, 100.0),
    ("memory_percent", names::MEMORY_USED_RATIO, Aggregation::Max, 100.0),
    ("disk_percent", names::DISK_USED_RATIO, Aggregation::Max, 100.0),
    ("load_1min", "host_load1", Aggregation::Max, 1.0),
    ("network_bytes_in_per_second", "host_network_received_bytes_total", Aggregation::Sum, 1.0),
    ("network_bytes_out_per_second", "host_network_sent_bytes_total", Aggregation::Sum, 1.0),
    ("database_response_time_ms", names::DATABASE_SECONDS, Aggregation::Max, 1e3),
    ("database_connections", names::DATABASE_CONNECTIONS, Aggregation::Sum, 1.0),
    ("redis_response_time_ms", names::REDIS_SECONDS, Aggregation::Max, 1e3),
    ("websocket_connections", names::WEBSOCKETS, Aggregation::Sum, 1.0),
    ("requests_per_second", names::REQUESTS_PER_SECOND, Aggregation::Sum, 1.0),
    ("error_rate_percent", names::ERROR_RATIO, Aggregation::Max, 100.0),
    ("latency_p95_ms", names::LATENCY_P95, Aggregation::Max, 1e3),
];

/// State of the system at a past time: averages over the step that starts there, `null` without data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Point {
    /// Start of the step, in RFC 3339.
    pub timestamp: String,
    /// CPU usage, in percent.
    pub cpu_percent: Option<f64>,
    /// Memory usage, in percent.
    pub memory_percent: Option<f64>,
    /// Usage of the fullest filesystem, in percent.
    pub disk_percent: Option<f64>,
    /// Load average over 1 minute.
    pub load_1min: Option<f64>,
    /// Bytes received per second.
    pub network_bytes_in_per_second: Option<f64>,
    /// Bytes sent per second.
    pub network_bytes_out_per_second: Option<f64>,
    /// PostgreSQL response time of the slowest instance, in milliseconds.
    pub database_response_time_ms: Option<f64>,
    /// PostgreSQL connections.
    pub database_connections: Option<f64>,
    /// Redis response time of the slowest instance, in milliseconds.
    pub redis_response_time_ms: Option<f64>,
    /// Open live connections.
    pub websocket_connections: Option<f64>,
    /// Requests per second.
    pub requests_per_second: Option<f64>,
    /// 5xx responses, in percent of all responses.
    pub error_rate_percent: Option<f64>,
    /// p95 of the request duration, in milliseconds.
    pub latency_p95_ms: Option<f64>,
}

impl Point {
    /// Values in the order of [`FIELDS`].
    fn values(&self) -> [Option<f64>; FIELDS.len()] {
        [
            self.cpu_percent,
            self.memory_percent,
            self.disk_percent,
            self.load_1min,
            self.network_bytes_in_per_second,
            self.network_bytes_out_per_second,
            self.database_response_time_ms,
            self.database_connections,
            self.redis_response_time_ms,
            self.websocket_connections,
            self.requests_per_second,
            self.error_rate_percent,
            self.latency_p95_ms,
        ]
    }
}

/// System history: queries every metric it consists of and joins the results.
///
/// # Errors
/// The error of the first failed query.
pub fn points<E>(mut query: impl FnMut(&str) -> Result<Columns, E>) -> Result<Vec<Point>, E> {
    let mut times: Vec<Timestamp> = Vec::new();
    let mut fields: Vec<Vec<Option<f64>>> = Vec::with_capacity(FIELDS.len());
    for (_, metric, aggregation, factor) in FIELDS {
        let result = query(metric)?;
        if times.is_empty() {
            times = result.times().collect();
        }
        fields.push(
            (0..result.rows)
                .map(|row| aggregate(&result, row, aggregation).map(|value| value * factor))
                .collect(),
        );
    }
    let points = times.into_iter().enumerate().map(|(row, time)| {
        let mut values = fields
            .iter()
            .map(|field| field.get(row).copied().flatten().map(|value| (value * 1e3).round() / 1e3));
        let mut next = || values.next().flatten();
        Point {
            timestamp: format_with_offset(time),
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

fn aggregate(result: &Columns, row: usize, aggregation: Aggregation) -> Option<f64> {
    let values = result.columns.iter().filter_map(|column| column.mean.get(row).copied());
    values.filter(|value| value.is_finite()).reduce(|left, right| match aggregation {
        Aggregation::Sum => left + right,
        Aggregation::Max => left.max(right),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::sample_columns;

    #[test]
    fn points_join_metrics() {
        let points = points(|metric| {
            let empty = Columns { columns: Vec::new(), ..sample_columns() };
            Ok::<_, ()>(if metric == names::DISK_USED_RATIO || metric.contains("sent") {
                sample_columns()
            } else {
                empty
            })
        })
        .unwrap();
        assert_eq!(points.len(), 3);
        let first = Point {
            timestamp: "2026-11-22T02:20:00+00:00".to_owned(),
            disk_percent: Some(400.0),
            network_bytes_out_per_second: Some(6.0),
            ..Point::default()
        };
        assert_eq!(points[0], first);
        assert_eq!((points[1].disk_percent, points[2].disk_percent), (None, Some(50.0)));
    }

    #[test]
    fn points_are_written_as_csv() {
        let point = Point {
            timestamp: "t".to_owned(),
            cpu_percent: Some(1.5),
            latency_p95_ms: Some(2.0),
            ..Point::default()
        };
        let text = points_csv(&[point]);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(
            lines[0].starts_with("timestamp,cpu_percent,") && lines[0].ends_with(",latency_p95_ms"),
            "{text}"
        );
        assert_eq!((lines[1], lines.len()), ("t,1.5,,,,,,,,,,,,2", 3));
    }

    #[test]
    fn query_error_is_returned() {
        assert_eq!(points(|_| Err::<Columns, _>("no")), Err("no"));
    }
}
