//! Result of fuzzing a target, parsed from the output of libFuzzer.

use std::time::Duration;

/// Result of a run.
#[derive(Debug, PartialEq)]
pub(super) struct Outcome {
    /// Number of inputs.
    inputs: u64,
    /// Covered edges of the control flow graph.
    edges: u64,
    took: Duration,
    /// Files with inputs that crashed.
    pub(super) faults: Vec<String>,
    /// Whether the run ended without an error.
    pub(super) is_complete: bool,
}

impl Outcome {
    /// Parses the output.
    pub(super) fn read(text: &str, took: Duration, is_complete: bool) -> Self {
        let number = |text: &str| text.split_whitespace().next()?.parse().ok();
        let after = |mark: &str| text.lines().rev().find_map(|line| number(line.split_once(mark)?.1));
        let written =
            text.lines().filter_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path);
        Self {
            inputs: after("stat::number_of_executed_units:").unwrap_or_default(),
            edges: after(" cov: ").unwrap_or_default(),
            took,
            // Slow inputs are saved too.
            faults: written.filter(|path| !path.contains("slow-unit-")).map(str::to_owned).collect(),
            is_complete,
        }
    }

    /// The result in one line.
    pub(super) fn line(&self, name: &str) -> String {
        let per_second = self.inputs as f64 / self.took.as_secs_f64().max(0.001);
        let found = match self.faults.len() {
            0 if self.is_complete => "no crash",
            _ => "CRASHED",
        };
        format!(
            "{name:<16} {:>10} inputs, {per_second:>7.0} per second, {:>6} edges covered, {found}",
            self.inputs, self.edges
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_numbers_count() {
        let text = "\
#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 40Mb
Test unit written to /t/faults/live-slow-unit-12
#1710083\tDONE   cov: 123 ft: 456 corp: 33/500b lim: 4096 exec/s: 114005 rss: 74Mb
Done 1710083 runs in 15 second(s)
stat::number_of_executed_units: 1710083
stat::peak_rss_mb:              74
";
        let outcome = Outcome::read(text, Duration::from_secs(15), true);
        assert_eq!(
            outcome.line("live"),
            "live                1710083 inputs,  114006 per second,    123 edges covered, no crash"
        );
        assert_eq!(outcome.faults, [""; 0]);
    }

    #[test]
    fn crashes_are_named() {
        let text = "==1== ERROR: libFuzzer: deadly signal\nartifact_prefix='/t/'; Test unit written to /t/live-crash-11e0\n";
        let outcome = Outcome::read(text, Duration::from_secs(1), false);
        assert_eq!(outcome.faults, ["/t/live-crash-11e0"]);
        assert!(outcome.line("live").ends_with("CRASHED"));
        assert!(Outcome::read("", Duration::ZERO, false).line("x").ends_with("CRASHED"));
    }
}
