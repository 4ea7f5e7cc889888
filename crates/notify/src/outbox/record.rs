//! Record format of the outbox journal.
//!
//! Little-endian, version 1. A header of 16 bytes: `WGLASBOX`, u16 version, 6 × 0. Then records, each: A7 57, u32 length
//! of the payload, u32 CRC-32 of the payload, payload. A payload is a [`Record`] as JSON. Applying all records in order
//! gives the state.

use crate::Message;
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;

pub(super) const MAGIC: &[u8; 8] = b"WGLASBOX";
pub(super) const VERSION: u16 = 1;
pub(super) const HEADER_LEN: usize = 16;
const MARK: [u8; 2] = [0xa7, 0x57];
/// Bytes in frame of each payload.
const FRAME_HEADER: usize = 10;
/// Maximum bytes of a payload: larger than any message.
pub(super) const MAX_PAYLOAD: usize = 1 << 20;

/// Outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// Accepted by the receiver.
    Delivered,
    /// Will be retried.
    Retry {
        /// Reason of the failure.
        reason: String,
        /// Time of the next attempt.
        due: Timestamp,
        /// Whether the receiver asked to pause all messages until then (`Retry-After`).
        hold: bool,
    },
    /// Given up; only a manual resend retries it.
    Dead {
        /// Reason of the failure.
        reason: String,
    },
}

/// Attempt to send a message over a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// End of the attempt.
    pub time: Timestamp,
    /// Recipient of the channel.
    pub to: String,
    /// Number of the attempt, from 1; restarts after a manual resend.
    pub number: u32,
    /// Time of enqueueing or of the last manual resend.
    pub since: Timestamp,
    /// Outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Event of a message on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Manual resend.
    Resend {
        /// Time of the request.
        time: Timestamp,
        /// User who requested it.
        who: String,
    },
    /// Attempt.
    Attempt(Attempt),
}

impl Event {
    /// Time of the event.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Resend { time, .. } => *time,
            Self::Attempt(attempt) => attempt.time,
        }
    }
}

/// State change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A message was enqueued for new channels.
    Enqueued { time: Timestamp, message: Message, channels: Vec<String> },
    /// An event of a message on a channel.
    Happened { id: String, channel: String, happened: Event },
    /// A message was evicted.
    Dropped { id: String },
}

impl Record {
    /// Reason for which a message is given up.
    pub(super) fn given_up(&self) -> Option<&str> {
        match self {
            Self::Happened {
                happened: Event::Attempt(Attempt { outcome: Outcome::Dead { reason }, .. }),
                ..
            } => Some(reason),
            _ => None,
        }
    }
}

/// File header.
pub(super) fn header() -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.resize(HEADER_LEN, 0);
    header
}

/// Appends a record.
///
/// # Errors
/// The record is too long; nothing is appended.
pub(super) fn encode(record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
    let payload = serde_json::to_vec(record).map_err(|error| error.to_string())?;
    let length = u32::try_from(payload.len()).ok().filter(|_| payload.len() <= MAX_PAYLOAD);
    let Some(length) = length else { return Err(format!("a record of {} bytes is too long", payload.len())) };
    out.extend(MARK);
    out.extend(length.to_le_bytes());
    out.extend(crc32fast::hash(&payload).to_le_bytes());
    out.extend(payload);
    Ok(())
}

/// Decodes the record at the start of `bytes` and returns its length; `None` if it is incomplete or damaged.
fn decode(bytes: &[u8]) -> Option<(Record, usize)> {
    let frame: &[u8; FRAME_HEADER] = bytes.first_chunk()?;
    let [a, b, l0, l1, l2, l3, c0, c1, c2, c3] = *frame;
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
    if [a, b] != MARK || length > MAX_PAYLOAD {
        return None;
    }
    let payload = bytes.get(FRAME_HEADER..FRAME_HEADER + length)?;
    // Under fuzzing the checksum is ignored, so that malformed payloads reach the parser.
    if !cfg!(fuzzing) && crc32fast::hash(payload) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return None;
    }
    Some((serde_json::from_slice(payload).ok()?, FRAME_HEADER + length))
}

/// Records read from a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ReadResult {
    pub(super) records: Vec<Record>,
    /// Bytes after the last complete record: an incomplete write.
    pub(super) torn: usize,
    /// Unreadable bytes before it: the file was damaged.
    pub(super) damaged: usize,
}

/// Reads all complete records, also after damage.
pub(super) fn read(bytes: &[u8]) -> ReadResult {
    let mut found = ReadResult::default();
    let (mut rest, mut skipped) = (bytes, 0);
    while !rest.is_empty() {
        if let Some((record, length)) = decode(rest) {
            found.records.push(record);
            found.damaged += std::mem::take(&mut skipped);
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        // Skip to the next possible start of a record.
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

    /// One record of each kind.
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
    fn file_matches_the_golden_file() {
        let bytes = [header(), bytes_of(&every_kind())].concat();
        golden::check("outbox.1", &bytes);
        assert_eq!(read(&bytes[HEADER_LEN..]), ReadResult { records: every_kind(), torn: 0, damaged: 0 });
    }

    #[test]
    fn oversized_record_is_rejected() {
        let mut bytes = Vec::new();
        let record = Record::Dropped { id: "x".repeat(MAX_PAYLOAD) };
        assert!(encode(&record, &mut bytes).unwrap_err().contains("too long"));
        assert!(bytes.is_empty());
    }

    proptest! {
        #[test]
        fn torn_end_and_damage_lose_only_affected_records(cut in 0_usize..2000, hit in 0_usize..2000, flip in 1..=255_u8) {
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
