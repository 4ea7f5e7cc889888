//! What came of fuzzing a target, from the words of libFuzzer.

use std::time::Duration;

/// What came of it.
#[derive(Debug, PartialEq)]
pub(super) struct Outcome {
    /// How many cases were tried.
    cases: u64,
    /// How many places of the program were reached.
    places: u64,
    took: Duration,
    /// The cases that are faults: files, as it names them.
    pub(super) faults: Vec<String>,
    /// Whether it came to its end.
    pub(super) has_ended_well: bool,
}

impl Outcome {
    /// Reads what it has written.
    pub(super) fn read(text: &str, took: Duration, has_ended_well: bool) -> Self {
        let number = |text: &str| text.split_whitespace().next()?.parse().ok();
        let after = |mark: &str| text.lines().rev().find_map(|line| number(line.split_once(mark)?.1));
        let written =
            text.lines().filter_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path);
        Self {
            cases: after("stat::number_of_executed_units:").unwrap_or_default(),
            places: after(" cov: ").unwrap_or_default(),
            took,
            // What was only slow is written down as well.
            faults: written.filter(|path| !path.contains("slow-unit-")).map(str::to_owned).collect(),
            has_ended_well,
        }
    }

    /// In a line.
    pub(super) fn line(&self, name: &str) -> String {
        let a_second = self.cases as f64 / self.took.as_secs_f64().max(0.001);
        let found = match self.faults.len() {
            0 if self.has_ended_well => "no fault",
            _ => "A FAULT",
        };
        format!(
            "{name:<16} {:>10} cases, {a_second:>7.0} a second, {:>6} places reached, {found}",
            self.cases, self.places
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_count() {
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
            "live                1710083 cases,  114006 a second,    123 places reached, no fault"
        );
        assert_eq!(outcome.faults, [""; 0]);
    }

    #[test]
    fn a_fault_is_named() {
        let text = "==1== ERROR: libFuzzer: deadly signal\nartifact_prefix='/t/'; Test unit written to /t/live-crash-11e0\n";
        let outcome = Outcome::read(text, Duration::from_secs(1), false);
        assert_eq!(outcome.faults, ["/t/live-crash-11e0"]);
        assert!(outcome.line("live").ends_with("A FAULT"));
        assert!(Outcome::read("", Duration::ZERO, false).line("x").ends_with("A FAULT"));
    }
}
