//! Number of passed and failed tests, parsed from the output of test runners.

use std::ops::AddAssign;

/// Numbers of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Passed tests.
    pub(crate) passed: u64,
    /// Failed tests, and tests that did not end.
    pub(crate) failed: u64,
    /// Skipped tests.
    pub(crate) skipped: u64,
}

impl Counts {
    /// One passed test.
    pub(crate) const ONE_PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// One failed test.
    pub(crate) const ONE_FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// How a check's result is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tally {
    /// The check counts as one test: formatting, a lint run.
    Whole,
    /// `cargo test`, with a line `test result: ok. 5 passed; 0 failed; 1 ignored; …` for each binary.
    CargoTest,
    /// `cargo nextest run`, with a last line `Summary [ 0.1s] 12 tests run: 11 passed, 1 failed, 2 skipped`.
    Nextest,
    /// Node's test runner, with last lines `# pass 5` (TAP) or `ℹ pass 5` (spec), and so on.
    Node,
}

impl Tally {
    /// Adds the numbers in a line of output.
    pub(crate) fn read(self, line: &str, counts: &mut Counts) {
        let line = without_colours(line);
        let line = line.trim();
        match self {
            Self::Whole => {}
            Self::CargoTest => {
                if let Some((_, rest)) =
                    line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
                {
                    rest.split(';').for_each(|part| add(part, counts));
                }
            }
            Self::Nextest => {
                if let Some((_, rest)) =
                    line.strip_prefix("Summary [").and_then(|rest| rest.split_once(" run: "))
                {
                    without_brackets(rest).split(',').for_each(|part| add(part, counts));
                }
            }
            Self::Node => {
                if let Some((name, number)) = line
                    .strip_prefix("# ")
                    .or_else(|| line.strip_prefix("ℹ "))
                    .and_then(|rest| rest.split_once(' '))
                {
                    add(&format!("{number} {name}"), counts);
                }
            }
        }
    }

    /// The final result: `counts` from the output, corrected by the exit status.
    pub(crate) fn settle(self, counts: Counts, success: bool) -> Counts {
        match (self, success) {
            (Self::Whole, true) => Counts::ONE_PASSED,
            (Self::Whole, false) => Counts::ONE_FAILED,
            // A runner without a failed test fails if the tests could not be built or started.
            (_, false) if counts.failed == 0 => Counts { failed: 1, ..counts },
            // Only documentation tests may be missing.
            (Self::Nextest | Self::Node, true) if counts.passed + counts.failed == 0 => {
                Counts { failed: 1, ..counts }
            }
            _ => counts,
        }
    }
}

/// Adds a number such as `5 passed` or `2 timed out`.
fn add(part: &str, counts: &mut Counts) {
    let Some((number, name)) = part.trim().split_once(' ') else {
        return;
    };
    let Ok(number) = number.parse::<u64>() else { return };
    match name.trim() {
        "passed" | "pass" => counts.passed += number,
        "failed" | "fail" | "cancelled" | "timed out" | "exec failed" => counts.failed += number,
        "skipped" | "ignored" | "todo" => counts.skipped += number,
        _ => {}
    }
}

/// Removes nextest's numbers of slow and flaky tests, which are in brackets.
fn without_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|character| {
            match character {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// Removes escape sequences such as `ESC [ 1 ; 32 m`.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tally: Tally, output: &str) -> (u64, u64, u64) {
        let mut counts = Counts::default();
        output.lines().for_each(|line| tally.read(line, &mut counts));
        (counts.passed, counts.failed, counts.skipped)
    }

    #[test]
    fn totals_of_each_runner_are_parsed() {
        let cases = [
            (
                Tally::CargoTest,
                "test a ... ok\n\ntest result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
                 finished in 0.00s\n\
                 test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
                (7, 3, 1),
            ),
            (
                Tally::CargoTest,
                "test result: \u{1b}[32mok\u{1b}[0m. 5 passed; 0 failed; 0 ignored",
                (5, 0, 0),
            ),
            (Tally::Nextest, "     Summary [   0.120s] 12 tests run: 12 passed, 0 skipped", (12, 0, 0)),
            (
                Tally::Nextest,
                "     Summary [  61.120s] 9/14 tests run: 5 passed (1 slow, 1 flaky), 2 failed, 1 timed out, \
                 1 exec failed, 3 skipped",
                (5, 4, 3),
            ),
            (
                Tally::Nextest,
                "\u{1b}[32;1m     Summary\u{1b}[0m [   0.120s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \
                 \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m \u{1b}[33;1mskipped\u{1b}[0m",
                (1, 0, 0),
            ),
            (
                Tally::Node,
                "# tests 9\n# suites 0\n# pass 5\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n# duration_ms 61.1",
                (5, 2, 2),
            ),
            (Tally::Node, "ℹ tests 3\nℹ pass 3\nℹ fail 0", (3, 0, 0)),
            (Tally::Whole, "test result: ok. 5 passed; 0 failed", (0, 0, 0)),
        ];
        for (tally, output, expected) in cases {
            assert_eq!(read(tally, output), expected, "{output}");
        }
    }

    #[test]
    fn run_without_valid_totals_counts_as_failed() {
        let counts = |passed, failed| Counts { passed, failed, skipped: 0 };
        for (tally, read, success, expected) in [
            (Tally::Whole, counts(0, 0), true, counts(1, 0)),
            (Tally::Whole, counts(0, 0), false, counts(0, 1)),
            (Tally::CargoTest, counts(0, 0), true, counts(0, 0)),
            (Tally::CargoTest, counts(4, 0), false, counts(4, 1)),
            (Tally::Nextest, counts(4, 2), false, counts(4, 2)),
            (Tally::Nextest, counts(0, 0), true, counts(0, 1)),
            (Tally::Node, counts(0, 0), true, counts(0, 1)),
            (Tally::Node, counts(3, 0), true, counts(3, 0)),
        ] {
            assert_eq!(tally.settle(read, success), expected, "{tally:?} {read:?} {success}");
        }
    }
}
