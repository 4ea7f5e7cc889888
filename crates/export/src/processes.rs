//! The processes of a moment, by command: what took processor time, what has memory.

use crate::names;
use std::collections::BTreeMap;
use watchglass_history::Columns;

/// Processor time of a command, as a part of one core; its resident memory in bytes; how many processes it has.
pub const METRICS: [&str; 3] = names::PROCESSES;
/// The command that stands for all that have no name.
pub const OTHER: &str = "other";

/// What the processes of a command have together. `None` is what was not among the largest, or was not measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Command {
    /// The name that the kernel has for them.
    pub name: String,
    /// Processor time as a part of one core.
    pub cpu: Option<f64>,
    /// Resident memory in bytes.
    pub memory: Option<f64>,
    /// How many they are.
    pub instances: Option<f64>,
}

/// The commands of a moment, by name. `columns` are the answers for [`METRICS`] over a stretch of time that ends with the
/// moment: of each series the last mean counts, for the probe looks once in some seconds.
pub fn commands(columns: &[Columns; 3]) -> Vec<Command> {
    let mut found: BTreeMap<String, Command> = BTreeMap::new();
    for (place, columns) in columns.iter().enumerate() {
        // What was not measured in the last round is no longer among the largest.
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
            match place {
                0 => command.cpu = Some(value),
                1 => command.memory = Some(value),
                _ => command.instances = Some(value),
            }
        }
    }
    // How many a command has is told beside its time or memory, not alone.
    found.into_values().filter(|command| command.cpu.is_some() || command.memory.is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchglass_history::{Column, StoredSeries};
    use watchglass_model::{Kind, Timestamp};

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
    fn the_last_round_counts_and_what_was_not_in_it_is_missing() {
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
