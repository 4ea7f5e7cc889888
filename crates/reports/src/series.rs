//! Query results for clients: columns as JSON or CSV.

use crate::format_rfc3339;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use utoipa::ToSchema;
use watchglass_model::Labels;
use watchglass_tsdb::Columns;

/// Series with a column per aggregation; `null` without data.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesColumns {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Minimum of each row.
    pub min: Vec<Option<f64>>,
    /// Average of each row.
    pub avg: Vec<Option<f64>>,
    /// Maximum of each row.
    pub max: Vec<Option<f64>>,
}

/// Query result as JSON columns.
pub fn series_columns(result: &Columns) -> Vec<SeriesColumns> {
    let finite = |values: &[f64]| values.iter().map(|value| value.is_finite().then_some(*value)).collect();
    let labels =
        |labels: &Labels| labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    result
        .columns
        .iter()
        .map(|column| SeriesColumns {
            labels: labels(&column.series.labels),
            min: finite(&column.low),
            avg: finite(&column.mean),
            max: finite(&column.high),
        })
        .collect()
}

/// Query result as CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)): one line per row with its time, then the minimum,
/// average and maximum of each series. A field without data is empty.
pub fn csv(metric: &str, result: &Columns) -> String {
    csv_of_several(&[(metric, result)])
}

/// Query results of several metrics side by side, as CSV. They must have the same rows: the times are those of the first.
pub fn csv_of_several(parts: &[(&str, &Columns)]) -> String {
    let mut text = String::from("time");
    let columns = || {
        parts.iter().flat_map(|(metric, result)| result.columns.iter().map(move |column| (metric, column)))
    };
    for (metric, column) in columns() {
        for part in ["min", "avg", "max"] {
            text.push(',');
            push_text(&format!("{metric}{} {part}", column.series.labels), &mut text);
        }
    }
    text.push_str("\r\n");
    let times = parts.first().into_iter().flat_map(|(_, result)| result.times());
    for (row, time) in times.enumerate() {
        text.push_str(&format_rfc3339(time));
        for (_, column) in columns() {
            for values in [&column.low, &column.mean, &column.high] {
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

/// Appends a text field, safe against formula injection: a text that starts like a formula is prefixed with an apostrophe,
/// as recommended by [OWASP](https://owasp.org/www-community/attacks/CSV_Injection).
fn push_text(field: &str, text: &mut String) {
    text.push('"');
    if field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        text.push('\'');
    }
    text.push_str(&field.replace('"', "\"\""));
    text.push('"');
}

/// A query result of three rows for tests: `m{device="a"}` with a gap, and `m{device="b"}` with one value.
#[cfg(test)]
pub(crate) fn sample_columns() -> Columns {
    use std::sync::Arc;
    use watchglass_model::{Kind, Timestamp};
    use watchglass_tsdb::{Column, StoredSeries};
    let column = |device: &str, values: &[f64]| Column {
        series: Arc::new(StoredSeries {
            metric: "m".to_owned(),
            labels: [("device", device)].into_iter().collect(),
            kind: Kind::Gauge,
        }),
        id: None,
        low: values.iter().map(|value| value - 1.0).collect(),
        mean: values.to_vec(),
        high: values.iter().map(|value| value + 1.0).collect(),
        count: values.iter().map(|value| u32::from(value.is_finite())).collect(),
        increase: Vec::new(),
    };
    Columns {
        start: Timestamp::from_millis(1_795_314_000_000),
        step_millis: 60_000,
        rows: 3,
        columns: vec![column("a", &[2.0, f64::NAN, 0.5]), column("b", &[4.0, f64::NAN, f64::NAN])],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_has_a_line_per_row_and_empty_gaps() {
        let expected = [
            r#"time,"m{device=""a""} min","m{device=""a""} avg","m{device=""a""} max","m{device=""b""} min","m{device=""b""} avg","m{device=""b""} max""#,
            "2026-11-22T02:20:00.000Z,1,2,3,3,4,5",
            "2026-11-22T02:21:00.000Z,,,,,,",
            "2026-11-22T02:22:00.000Z,-0.5,0.5,1.5,,,",
            "",
        ];
        assert_eq!(csv("m", &sample_columns()), expected.join("\r\n"));
    }

    #[test]
    fn json_has_null_for_a_gap() {
        let columns = series_columns(&sample_columns());
        assert_eq!(columns[0].labels["device"], "a");
        assert_eq!(columns[0].avg, [Some(2.0), None, Some(0.5)]);
        assert_eq!(columns[1].max, [Some(5.0), None, None]);
    }
}
