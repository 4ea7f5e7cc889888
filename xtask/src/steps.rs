//! Numbered steps of a command, with their durations.

use crate::report;
use std::time::{Duration, Instant};

/// Prints each step with its number and duration, and keeps the durations.
pub(crate) struct Steps {
    total: usize,
    command: Instant,
    current: Option<(String, Instant)>,
    ended: Vec<(String, Duration)>,
}

impl Steps {
    /// Starts a command of `total` steps.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, command: Instant::now(), current: None, ended: Vec::new() }
    }

    /// Ends the current step, if there is one, and begins the next.
    pub(crate) fn begin(&mut self, name: &str) {
        self.end();
        report::say(&format!("[{}/{}] {name}", self.ended.len() + 1, self.total));
        self.current = Some((name.to_owned(), Instant::now()));
    }

    /// Ends the current step.
    pub(crate) fn end(&mut self) {
        if let Some((name, begun)) = self.current.take() {
            let took = begun.elapsed();
            report::say(&format!(
                "      {} (total {})",
                report::elapsed(took),
                report::elapsed(self.command.elapsed())
            ));
            self.ended.push((name, took));
        }
    }

    /// The seconds of each step that has ended, and of the command, as a table.
    pub(crate) fn table(&self) -> String {
        let total = ("total".to_owned(), self.command.elapsed());
        let row = |(name, took): &(String, Duration)| format!("{:>7.1}  {name}", took.as_secs_f64());
        let rows: Vec<_> = self.ended.iter().chain([&total]).map(row).collect();
        format!("Seconds  Step\n{}", rows.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_a_row_for_each_ended_step_and_the_total() {
        let mut steps = Steps::new(3);
        steps.begin("Build");
        steps.begin("Lints");
        steps.end();
        steps.begin("Tests");
        let table = steps.table();
        let names: Vec<_> = table.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
        assert_eq!(names, ["Step", "Build", "Lints", "total"]);
        assert!(table.lines().all(|line| line.get(7..9) == Some("  ")), "{table}");
    }
}
