//! Value of the tests of this crate.

use crate::{DecodeError, Replicated, StoredValue};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use watchglass_model::Timestamp;

/// Value that expires ten milliseconds after its removal. Updates by less than `STEP` milliseconds are irrelevant, as
/// those of the last use of a session are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct TestValue<const STEP: i64> {
    pub(crate) removed: bool,
    pub(crate) time: i64,
    pub(crate) content: u8,
}

/// Value without irrelevant updates.
pub(crate) type Plain = TestValue<0>;

impl<const STEP: i64> Replicated for TestValue<STEP> {
    const MAX_ENTRIES: usize = 4;

    fn precedence(&self, other: &Self) -> Ordering {
        (self.time, self.removed, self.content).cmp(&(other.time, other.removed, other.content))
    }

    fn is_relevant_update(&self, known: &Self) -> bool {
        self.supersedes(known) && (self.removed != known.removed || self.time >= known.time + STEP)
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.removed && self.time + 10 <= now.millis()
    }
}

/// Text such as `1 true 7 3`: version, removed, time, content.
impl<const STEP: i64> StoredValue for TestValue<STEP> {
    const MAX_BYTES: usize = 40;

    fn encode(&self) -> String {
        format!("1 {} {} {}", self.removed, self.time, self.content)
    }

    fn decode(stored: &[u8]) -> Result<Self, DecodeError> {
        let invalid = || DecodeError::Invalid("not `1 REMOVED TIME CONTENT`".to_owned());
        if stored.len() > Self::MAX_BYTES {
            return Err(DecodeError::Invalid(format!("{} bytes", stored.len())));
        }
        let text = std::str::from_utf8(stored).map_err(|_| invalid())?;
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["2", ..] => Err(DecodeError::OtherVersion("unsupported version 2 (supported: 1)".to_owned())),
            ["1", removed, time, content] => Ok(Self {
                removed: removed.parse().map_err(|_| invalid())?,
                time: time.parse().map_err(|_| invalid())?,
                content: content.parse().map_err(|_| invalid())?,
            }),
            _ => Err(invalid()),
        }
    }
}

/// Value of a change at a time.
pub(crate) fn put<const STEP: i64>(time: i64, content: u8) -> TestValue<STEP> {
    TestValue { removed: false, time, content }
}

/// Tombstone of a removal at a time.
pub(crate) fn removed<const STEP: i64>(time: i64) -> TestValue<STEP> {
    TestValue { removed: true, time, content: 0 }
}

/// Values at a few times, so that they often collide.
pub(crate) fn values<const STEP: i64>() -> impl Strategy<Value = TestValue<STEP>> {
    (any::<bool>(), 0..6_i64, 0..3_u8).prop_map(|(removed, time, content)| TestValue {
        removed,
        time,
        content,
    })
}
