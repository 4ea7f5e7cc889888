//! Parts of messages that are larger than the limit of one message, and their joining.
//!
//! A state is sent as one or more [`StatePart`]s, the values of a tick as one or more [`Metrics`]. A part says what follows it.
//! The parts of a message follow each other directly.

use crate::{Metrics, State};
use serde::{Deserialize, Serialize};
use watchglass_model::{Problem, Series};

/// Maximum number of series, problems and skipped readings of a state whose parts are joined.
const MAX_ITEMS: usize = 1 << 20;

/// Part of a [`State`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StatePart {
    /// Version of the state.
    pub version: u32,
    /// Whether this is the first part of the state.
    pub is_first: bool,
    /// Number of series, problems and skipped readings in the parts that follow; 0 in the last part.
    pub remaining: u32,
    /// Series that follow those of the parts before.
    pub series: Vec<Series>,
    /// Failing probes that follow those of the parts before.
    pub problems: Vec<Problem>,
    /// Skipped readings that follow those of the parts before.
    pub skipped: Vec<Problem>,
}

impl From<State> for StatePart {
    fn from(State { version, series, problems, skipped }: State) -> Self {
        Self { version, is_first: true, remaining: 0, series, problems, skipped }
    }
}

/// Joins the parts of the messages of one connection.
#[derive(Debug, Default)]
pub struct Joiner {
    state: Option<State>,
    metrics: Option<Metrics>,
}

impl Joiner {
    /// Adds a part of a state, and returns the state when it is complete.
    ///
    /// A part that continues another state is ignored, and a state with more than 1,048,576 entries is not completed.
    pub fn state(&mut self, part: StatePart) -> Option<State> {
        if part.is_first {
            self.state = Some(State { version: part.version, ..State::default() });
        }
        let state = self.state.as_mut().filter(|state| state.version == part.version)?;
        state.series.extend(part.series);
        state.problems.extend(part.problems);
        state.skipped.extend(part.skipped);
        if state.series.len() + state.problems.len() + state.skipped.len() > MAX_ITEMS {
            self.state = None;
        }
        if part.remaining > 0 { None } else { self.state.take() }
    }

    /// Adds a part of the values of a tick, and returns them when they are complete.
    pub fn metrics(&mut self, part: Metrics) -> Option<Metrics> {
        let joined = match self.metrics.take() {
            Some(mut before) if before.seq == part.seq && before.state == part.state => {
                let newest = before.batch.samples.last().map(|sample| sample.series);
                let is_new = |series| newest.is_none_or(|newest| series > newest);
                let samples = part.batch.samples.into_iter().filter(|sample| is_new(sample.series));
                before.batch.samples.extend(samples);
                Metrics { remaining: part.remaining, ..before }
            }
            _ => part,
        };
        if joined.remaining == 0 {
            return Some(joined);
        }
        self.metrics = Some(joined);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    fn part(version: u32, is_first: bool, remaining: u32) -> StatePart {
        StatePart { version, is_first, remaining, series: golden::series(), ..StatePart::default() }
    }

    #[test]
    fn states_are_complete_with_their_last_part() {
        let mut joiner = Joiner::default();
        assert_eq!(joiner.state(part(1, false, 0)), None, "a state without its first part");
        assert_eq!(joiner.state(part(1, true, 4)), None);
        assert_eq!(joiner.state(part(2, false, 0)), None, "a part of another state");
        assert_eq!(joiner.state(part(1, false, 0)).unwrap().series.len(), 8);
        assert_eq!(joiner.state(part(1, false, 0)), None, "a part after the last");
        joiner.state(part(2, true, 4));
        assert_eq!(joiner.state(part(3, true, 0)).unwrap().series.len(), 4, "the state before is discarded");
    }

    #[test]
    fn values_are_complete_with_their_last_part() {
        let metrics = |seq, remaining| Metrics { state: 3, seq, remaining, batch: golden::batch() };
        let mut joiner = Joiner::default();
        assert_eq!(joiner.metrics(metrics(7, 0)), Some(metrics(7, 0)));
        assert_eq!(joiner.metrics(metrics(8, 1)), None);
        assert_eq!(joiner.metrics(metrics(8, 0)), Some(metrics(8, 0)), "the same values twice");
        assert_eq!(joiner.metrics(metrics(9, 1)), None);
        assert_eq!(joiner.metrics(metrics(10, 0)), Some(metrics(10, 0)), "the values before are discarded");
    }
}
