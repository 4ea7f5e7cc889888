//! What the outbox writes down, and how.
//!
//! Little-endian, version 1. A header of 16 bytes: `WGLASBOX`, u16 version, 6 × 0. Then records, each: A7 57, u32 length
//! of the payload, u32 CRC-32 of the payload, payload. A payload is a [`Record`] as JSON. What a record says is so from
//! there on; all together, from the first to the last, make the state.

use crate::Message;
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;

pub(super) const MAGIC: &[u8; 8] = b"WGLASBOX";
pub(super) const VERSION: u16 = 1;
pub(super) const HEADER: usize = 16;
const MARK: [u8; 2] = [0xa7, 0x57];
/// In front of each payload.
const FRONT: usize = 10;
/// The most bytes of a payload: more than any message has.
pub(super) const MOST_PAYLOAD: usize = 1 << 20;

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// The other side has it.
    Delivered,
    /// It will be tried again.
    Retry {
        /// Why.
        reason: String,
        /// When.
        due: Timestamp,
        /// Whether the other side wants to be left alone until then, with other messages too.
        hold: bool,
    },
    /// It will not be tried again, unless somebody asks for it.
    Dead {
        /// Why.
        reason: String,
    },
}

/// An attempt to send a message over a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended.
    pub time: Timestamp,
    /// Whom the channel reaches.
    pub to: String,
    /// Which it is, from 1 on; begins anew when somebody asks to send again.
    pub number: u32,
    /// When the message was put in, or somebody asked to send it again.
    pub since: Timestamp,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What happened to a message on its way over a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Somebody asked to send it again.
    Resend {
        /// When.
        time: Timestamp,
        /// Who.
        who: String,
    },
    /// It was tried.
    Attempt(Attempt),
}

impl Event {
    /// When it was.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Resend { time, .. } => *time,
            Self::Attempt(attempt) => attempt.time,
        }
    }
}

/// A change of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A message is to be sent over channels that it is not on yet.
    Enqueued { time: Timestamp, message: Message, channels: Vec<String> },
    /// Something happened on the way.
    Happened { id: String, channel: String, happened: Event },
    /// A message is forgotten.
    Dropped { id: String },
}

/// The bytes that a file begins with.
pub(super) fn header() -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.resize(HEADER, 0);
    header
}

/// Appends a record.
///
/// # Errors
/// It is too long; nothing is appended.
pub(super) fn encode(record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
    let payload = serde_json::to_vec(record).map_err(|error| error.to_string())?;
    let length = u32::try_from(payload.len()).ok().filter(|_| payload.len() <= MOST_PAYLOAD);
    let Some(length) = length else { return Err(format!("a record of {} bytes is too long", payload.len())) };
    out.extend(MARK);
    out.extend(length.to_le_bytes());
    out.extend(crc32fast::hash(&payload).to_le_bytes());
    out.extend(payload);
    Ok(())
}

/// The record at the beginning of `bytes`, and how long it is; `None` when none is there whole.
fn decode(bytes: &[u8]) -> Option<(Record, usize)> {
    let front: &[u8; FRONT] = bytes.first_chunk()?;
    let [a, b, l0, l1, l2, l3, c0, c1, c2, c3] = *front;
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
    if [a, b] != MARK || length > MOST_PAYLOAD {
        return None;
    }
    let payload = bytes.get(FRONT..FRONT + length)?;
    // While this program is fuzzed every record counts as whole: rubbish must come as far as to what reads it.
    if !cfg!(fuzzing) && crc32fast::hash(payload) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return None;
    }
    Some((serde_json::from_slice(payload).ok()?, FRONT + length))
}

/// What was found in a file behind its header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) records: Vec<Record>,
    /// Bytes behind the last whole record: it was being written when the program ended.
    pub(super) torn: usize,
    /// Bytes before it that are no records: the file was damaged.
    pub(super) damaged: usize,
}

/// Reads all records that are whole, also behind damage.
pub(super) fn read(bytes: &[u8]) -> Found {
    let mut found = Found::default();
    let (mut rest, mut skipped) = (bytes, 0);
    while !rest.is_empty() {
        if let Some((record, length)) = decode(rest) {
            found.records.push(record);
            found.damaged += std::mem::take(&mut skipped);
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        // On to the next place where a record may begin.
        let step =
            rest.windows(MARK.len()).skip(1).position(|mark| mark == MARK).map_or(rest.len(), |at| at + 1);
        skipped += step;
        rest = rest.get(step..).unwrap_or_default();
    }
    found.torn = skipped;
    found
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::golden;
    use crate::message::tests::sample;
    use proptest::prelude::*;

    /// A record of every kind.
    pub(in super::super) fn every_kind() -> Vec<Record> {
        let time = Timestamp::from_millis;
        let id = sample().id;
        let happened = |happened| Record::Happened { id: id.clone(), channel: "ops".to_owned(), happened };
        let attempt = |number, outcome| {
            let at = 1_700_000_001_000 + i64::from(number) * 1000;
            let since = time(1_700_000_000_200);
            happened(Event::Attempt(Attempt {
                time: time(at),
                to: "host".to_owned(),
                number,
                since,
                outcome,
            }))
        };
        let reason = "host answers with status 429: slow down".to_owned();
        vec![
            Record::Enqueued {
                time: time(1_700_000_000_200),
                message: sample(),
                channels: vec!["ops".to_owned(), "night".to_owned()],
            },
            attempt(1, Outcome::Retry { reason, due: time(1_700_000_009_000), hold: true }),
            attempt(2, Outcome::Dead { reason: "host answers with status 404".to_owned() }),
            happened(Event::Resend { time: time(1_700_000_010_000), who: "ada".to_owned() }),
            attempt(1, Outcome::Delivered),
            Record::Dropped { id: "another".to_owned() },
        ]
    }

    fn bytes_of(records: &[Record]) -> Vec<u8> {
        let mut bytes = Vec::new();
        records.iter().for_each(|record| encode(record, &mut bytes).unwrap());
        bytes
    }

    #[test]
    fn the_file_is_as_it_was() {
        let bytes = [header(), bytes_of(&every_kind())].concat();
        golden::check("outbox.1", &bytes);
        assert_eq!(read(&bytes[HEADER..]), Found { records: every_kind(), torn: 0, damaged: 0 });
    }

    #[test]
    fn a_record_that_is_too_long_is_not_written() {
        let mut bytes = Vec::new();
        let record = Record::Dropped { id: "x".repeat(MOST_PAYLOAD) };
        assert!(encode(&record, &mut bytes).unwrap_err().contains("too long"));
        assert!(bytes.is_empty());
    }

    proptest! {
        #[test]
        fn a_torn_end_costs_one_record_and_damage_those_it_hit(cut in 0_usize..2000, hit in 0_usize..2000, flip in 1..=255_u8) {
            let records = every_kind();
            let whole = bytes_of(&records);
            let cut = cut % whole.len();
            let found = read(&whole[..cut]);
            prop_assert!(records.starts_with(&found.records));
            prop_assert_eq!(bytes_of(&found.records).len() + found.torn, cut);

            let mut damaged = whole.clone();
            damaged[hit % whole.len()] ^= flip;
            let found = read(&damaged);
            prop_assert_eq!(found.records.len(), records.len() - 1);
            prop_assert!(found.records.iter().all(|record| records.contains(record)));
            prop_assert_eq!(bytes_of(&found.records).len() + found.torn + found.damaged, whole.len());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(read(&bytes).records.is_empty());
        }
    }
}
