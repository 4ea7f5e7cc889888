//! Step N of M, and how long it took.

use crate::report;
use std::time::Instant;

/// Counts the steps of a command and says how long each took.
pub(crate) struct Steps {
    total: usize,
    begun: usize,
    command: Instant,
    step: Option<Instant>,
}

impl Steps {
    /// A command of `total` steps that begins now.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, begun: 0, command: Instant::now(), step: None }
    }

    /// Ends the step before, if there is one, and begins the next.
    pub(crate) fn begin(&mut self, what: &str) {
        self.end();
        self.begun += 1;
        report::say(&format!("[{}/{}] {what}", self.begun, self.total));
        self.step = Some(Instant::now());
    }

    /// Ends the step that is under way.
    pub(crate) fn end(&mut self) {
        if let Some(step) = self.step.take() {
            report::say(&format!(
                "      {} (in all {})",
                report::elapsed(step.elapsed()),
                report::elapsed(self.command.elapsed())
            ));
        }
    }
}
