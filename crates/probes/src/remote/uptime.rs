//! Uptime of a server that only falls when the server was restarted.

use watchglass_model::SkipReason;

/// How much an uptime may fall without a restart, in seconds: clock corrections and response times.
const TOLERANCE_SECONDS: f64 = 2.0;

/// Uptime of a server. Servers calculate it from their wall clock: it falls when the clock is set back, which is no
/// restart.
#[derive(Debug, Default)]
pub(crate) struct Uptime {
    /// What identifies the run of the server: `run_id` of Redis, start time of PostgreSQL.
    run: Option<String>,
    /// Highest uptime of this run in seconds.
    highest: f64,
}

impl Uptime {
    /// The uptime in seconds of the server in the run `run`.
    ///
    /// # Errors
    /// It is smaller than before, and the server is still in the same run. Without `run` this cannot be known, and the
    /// uptime is accepted.
    pub(crate) fn check(&mut self, run: Option<&str>, seconds: f64) -> Result<f64, SkipReason> {
        let is_same_run = run.is_some() && self.run.as_deref() == run;
        if is_same_run && seconds < self.highest - TOLERANCE_SECONDS {
            return Err(SkipReason::Decreased);
        }
        self.highest = if is_same_run { seconds.max(self.highest) } else { seconds };
        if !is_same_run {
            self.run = run.map(str::to_owned);
        }
        Ok(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_falls_with_a_restart_only() {
        let mut uptime = Uptime::default();
        for (run, seconds, is_accepted) in [
            (Some("a"), 1000.0, true),
            (Some("a"), 1005.0, true),
            (Some("a"), 1003.5, true),
            // The clock is set back by ten minutes.
            (Some("a"), 410.0, false),
            (Some("a"), 1008.0, true),
            (Some("b"), 3.0, true),
            (Some("b"), 8.0, true),
            (None, 4.0, true),
            (None, 1.0, true),
        ] {
            assert_eq!(uptime.check(run, seconds).is_ok(), is_accepted, "{run:?} {seconds}");
        }
    }
}
