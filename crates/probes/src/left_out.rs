//! Since when each source leaves out what it leaves out: what decides which series may be among that.
//!
//! A reading has no series: a line that cannot be read may be that of any disk. But while a series has values, it is not what
//! is left out. So only what is left out from then on can be that series.

use crate::skipped_notes::KEPT_MILLIS;
use watchglass_model::{SkipReason, SkippedReadings, Timestamp};

/// Maximum number of names that are remembered. What comes after them counts as new in every tick.
const MAX_NAMES: usize = 64;

/// What one source leaves out.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    names: Vec<Name>,
    /// Maximum number of readings beyond the listed ones in one tick, and the last time that there were any.
    more: Option<(u64, Timestamp)>,
    /// When it last left out more than before.
    grown: Timestamp,
}

/// Readings of the same name, such as that of each line of a file.
#[derive(Debug)]
struct Name {
    field: String,
    reason: SkipReason,
    /// Maximum number in one tick.
    most: usize,
    last: Timestamp,
}

impl LeftOut {
    /// Adds what was left out at `now`, and forgets what has not been left out for some time.
    pub(crate) fn update(&mut self, skipped: &SkippedReadings, now: Timestamp) {
        let listed = skipped.listed();
        for reading in listed {
            let is_same = |field: &str, reason| field == reading.field && reason == reading.reason;
            let count = listed.iter().filter(|other| is_same(&other.field, other.reason)).count();
            match self.names.iter_mut().find(|name| is_same(&name.field, name.reason)) {
                Some(name) => {
                    if count > name.most {
                        (name.most, self.grown) = (count, now);
                    }
                    name.last = now;
                }
                None => {
                    self.grown = now;
                    if self.names.len() < MAX_NAMES {
                        let field = reading.field.clone();
                        self.names.push(Name { field, reason: reading.reason, most: count, last: now });
                    }
                }
            }
        }
        let beyond = skipped.total().saturating_sub(listed.len() as u64);
        if beyond > 0 {
            let most = self.more.map_or(0, |(most, _)| most);
            if beyond > most {
                self.grown = now;
            }
            self.more = Some((most.max(beyond), now));
        }
        let is_recent = |last: Timestamp| now.millis_since(last) <= KEPT_MILLIS;
        self.names.retain(|name| is_recent(name.last));
        self.more = self.more.filter(|(_, last)| is_recent(*last));
    }

    /// The source is down at `now`: nothing is known of what it would leave out, and nothing is forgotten.
    pub(crate) fn pause(&mut self, now: Timestamp) {
        self.names.iter_mut().for_each(|name| name.last = now);
        self.more = self.more.map(|(most, _)| (most, now));
    }

    /// When it last left out more than before; `None` if it leaves out nothing.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        let is_any = !self.names.is_empty() || self.more.is_some();
        is_any.then_some(self.grown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(fields: &[&str]) -> SkippedReadings {
        let mut skipped = SkippedReadings::default();
        fields.iter().for_each(|field| skipped.add(field, "x", SkipReason::NotANumber));
        skipped
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    #[test]
    fn only_more_than_before_is_new() {
        let mut left_out = LeftOut::default();
        let nine = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
        for (second, fields, since) in [
            (0, &[][..], None),
            (1, &["a"], Some(1)),
            (2, &["a"], Some(1)),
            (3, &[], Some(1)),
            (4, &["a", "b"], Some(4)),
            (5, &["b"], Some(4)),
            (6, &["a", "b", "a"], Some(6)),
            (7, &["a", "b"], Some(6)),
            (8, &["a", "b", "a"], Some(6)),
            (9, &nine[..8], Some(9)),
            (10, &nine[1..], Some(10)),
            (11, &nine, Some(11)),
            (12, &nine, Some(11)),
            (161, &["a"], Some(11)),
            (311, &[], Some(11)),
            (312, &[], None),
            (313, &["a"], Some(313)),
        ] {
            left_out.update(&skipped(fields), at(second));
            assert_eq!(left_out.since(), since.map(at), "at {second}");
        }
    }

    #[test]
    fn source_that_was_down_leaves_out_the_same_as_before() {
        let mut left_out = LeftOut::default();
        left_out.update(&skipped(&["a"]), at(1));
        (2..1000).for_each(|second| left_out.pause(at(second)));
        left_out.update(&skipped(&[]), at(1000));
        left_out.update(&skipped(&["a"]), at(1060));
        assert_eq!(left_out.since(), Some(at(1)));
    }

    #[test]
    fn names_without_end_are_new_in_every_tick() {
        let mut left_out = LeftOut::default();
        for second in 0..100 {
            left_out.update(&skipped(&[&second.to_string()]), at(second));
            assert_eq!(left_out.since(), Some(at(second)));
        }
        assert_eq!(left_out.names.len(), MAX_NAMES);
    }
}
