//! Record format of the outbox journal.
//!
//! Little-endian, version 3. A header of 16 bytes: `WGLASBOX`, u16 version, 6 × 0. Then records, each: A7 57, u32 length
//! of the payload, u32 CRC-32 of the payload, payload. A payload is a [`Record`] as JSON. Applying all records in order
//! gives the state.
//!
//! `committed` is new in version 2: messages and the dispatcher state that says that they were notified, in one record, so
//! that a crash leaves both or neither. Version 1 has `enqueued` instead, and no dispatcher state. The event `superseded` is
//! new in version 3.
//!
//! Later versions have a CRC-32 of the ten bytes before in place of the first four zeros: another version without it is damage.

use crate::Message;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use watchglass_model::Timestamp;

pub(super) const MAGIC: &[u8; 8] = b"WGLASBOX";
/// Version that is written.
pub(super) const VERSION: u16 = 3;
/// Versions that are read.
pub(super) const READ_VERSIONS: RangeInclusive<u16> = 1..=VERSION;
pub(super) const HEADER_LEN: usize = 16;
/// Bytes of the header with a checksum.
const SUMMED: usize = 10;
const MARK: [u8; 2] = [0xa7, 0x57];
/// Bytes in frame of each payload.
const FRAME_HEADER: usize = 10;
/// Maximum bytes of a payload: larger than all messages that an outbox holds, together with the dispatcher state of as
/// many alerts as it tracks (ten thousand, of some 1 KiB each).
pub(super) const MAX_PAYLOAD: usize = 256 << 20;

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
    /// A later message about the same alerts replaces it, before it was delivered.
    Superseded {
        /// Time.
        time: Timestamp,
        /// Id of that message.
        by: String,
    },
    /// Attempt.
    Attempt(Attempt),
}

impl Event {
    /// Time of the event.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Resend { time, .. } | Self::Superseded { time, .. } => *time,
            Self::Attempt(attempt) => attempt.time,
        }
    }
}

/// A message that is enqueued for new channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewMessage {
    pub(crate) time: Timestamp,
    pub(crate) message: Message,
    pub(crate) channels: Vec<String>,
}

/// State change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A message was enqueued. Version 1 only.
    Enqueued(NewMessage),
    /// Messages were enqueued, and the dispatcher has this state, which is opaque here.
    Committed {
        messages: Vec<NewMessage>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
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

/// Version of a file; `None` if its header is damaged.
pub(super) fn version(header: &[u8]) -> Option<u16> {
    let [a, b, rest @ ..] = header.strip_prefix(MAGIC.as_slice())? else { return None };
    let version = u16::from_le_bytes([*a, *b]);
    let sum = if version <= VERSION { 0 } else { crc32fast::hash(header.get(..SUMMED)?) };
    (rest.strip_prefix(sum.to_le_bytes().as_slice())? == [0, 0]).then_some(version)
}

/// Appends a record.
///
/// # Errors
/// The record is too long; nothing is appended.
pub(super) fn encode(record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
    frame(&serde_json::to_vec(record).map_err(|error| error.to_string())?, out)
}

fn frame(payload: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let length = u32::try_from(payload.len()).ok().filter(|_| payload.len() <= MAX_PAYLOAD);
    let Some(length) = length else { return Err(format!("a record of {} bytes is too long", payload.len())) };
    out.extend(MARK);
    out.extend(length.to_le_bytes());
    out.extend(crc32fast::hash(payload).to_le_bytes());
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
    /// Other unreadable bytes: the file was damaged.
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
    let end = bytes.get(bytes.len() - skipped..).unwrap_or_default();
    if is_beginning(end) {
        found.torn = skipped
    } else {
        found.damaged += skipped
    }
    found
}

/// Whether these bytes are the beginning of a record that was not written to its end. A whole record with another checksum
/// was written, and perhaps acted upon.
fn is_beginning(bytes: &[u8]) -> bool {
    match bytes.first_chunk::<FRAME_HEADER>() {
        None => bytes.iter().zip(MARK).all(|(byte, mark)| *byte == mark),
        Some([a, b, l0, l1, l2, l3, ..]) => {
            let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
            [*a, *b] == MARK && length <= MAX_PAYLOAD && bytes.len() - FRAME_HEADER < length
        }
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
