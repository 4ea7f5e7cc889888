//! Processes at a point in time, by command: CPU usage and memory.

use crate::names;
use std::collections::BTreeMap;
use watchglass_tsdb::Columns;

/// CPU usage of a command as a ratio of one core, its resident memory in bytes, and its number of processes.
pub const METRICS: [&str; 3] = names::PROCESSES;
/// Stands for all remaining commands.
pub const OTHER: &str = "other";

/// Totals of the processes of a command. `None`: not among the largest, or not measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Command {
    /// Kernel name of the command.
    pub name: String,
    /// CPU usage as a ratio of one core.
    pub cpu: Option<f64>,
    /// Resident memory in bytes.
    pub memory: Option<f64>,
    /// Number of processes.
    pub instances: Option<f64>,
}

/// Commands at a point in time, by name. `columns` are the query results for [`METRICS`] over a range that ends at that
/// time: the last mean of each series counts, because the probe runs only every few seconds.
pub fn commands(columns: &[Columns; 3]) -> Vec<Command> {
    let mut found: BTreeMap<String, Command> = BTreeMap::new();
    for (metric, columns) in columns.iter().enumerate() {
        // A command missing from the last round is no longer among the largest.
        let last_row = |mean: &[f64]| mean.iter().rposition(|value| value.is_finite());
        let newest = columns.columns.iter().filter_map(|column| last_row(&column.mean)).max();
        for column in &columns.columns {
            let name = column.series.labels.get("command").unwrap_or_default();
            let value =
                newest.and_then(|row| column.mean.get(row).copied()).filter(|value| value.is_finite());
            let Some(value) = value else { continue };
            let command = found
                .entry(name.to_owned())
                .or_insert_with(|| Command { name: name.to_owned(), ..Command::default() });
            match metric {
                0 => command.cpu = Some(value),
                1 => command.memory = Some(value),
                _ => command.instances = Some(value),
            }
        }
    }
    // A number of processes alone is not shown.
    found.into_values().filter(|command| command.cpu.is_some() || command.memory.is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchglass_model::{Kind, Timestamp};
    use watchglass_tsdb::{Column, StoredSeries};

    fn columns(series: &[(&str, &[f64])]) -> Columns {
        let column = |&(name, mean): &(&str, &[f64])| Column {
            series: Arc::new(StoredSeries {
                metric: "m".to_owned(),
                labels: [("command", name)].into_iter().collect(),
                kind: Kind::Gauge,
            }),
            id: None,
            low: mean.to_vec(),
            high: mean.to_vec(),
            mean: mean.to_vec(),
            count: vec![1; mean.len()],
            increase: Vec::new(),
        };
        Columns {
            start: Timestamp::default(),
            step_millis: 1000,
            rows: 3,
            columns: series.iter().map(column).collect(),
        }
    }

    #[test]
    fn only_the_last_round_counts() {
        const GAP: f64 = f64::NAN;
        let found = commands(&[
            columns(&[("make", &[0.9, GAP, GAP]), ("rustc", &[0.1, 0.5, GAP])]),
            columns(&[("rustc", &[GAP, 4096.0, GAP]), ("idle", &[GAP, 512.0, GAP])]),
            columns(&[("rustc", &[GAP, 2.0, GAP]), ("alone", &[GAP, 7.0, GAP])]),
        ]);
        let expected = [
            Command { name: "idle".to_owned(), memory: Some(512.0), ..Command::default() },
            Command { name: "rustc".to_owned(), cpu: Some(0.5), memory: Some(4096.0), instances: Some(2.0) },
        ];
        assert_eq!(found, expected);
        assert_eq!(commands(&[columns(&[]), columns(&[("a", &[GAP])]), columns(&[])]), []);
    }
}
