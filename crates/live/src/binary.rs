//! Metrics frames in the binary subprotocol.
//!
//! Little-endian, version 1:
//!
//! | offset | type | content |
//! |---|---|---|
//! | 0 | u8 | kind: 1, metrics |
//! | 1 | u8 | version: 1 |
//! | 2 | u16 | number of frames that follow with other series of the same tick |
//! | 4 | u32 | version of the [`State`](crate::State) that the series ids belong to |
//! | 8 | u64 | sequence number, incremented with every tick |
//! | 16 | i64 | time, milliseconds since the Unix epoch |
//! | 24 | u32 | n: largest series id plus one |
//! | 28 | ⌈n/8⌉ bytes | bit i (of byte i/8, from the lowest) is 1 where series i has a value |
//! | … | f64 each | the values of those series, in order of their ids |

use thiserror::Error;
use watchglass_model::{Batch, Sample, SeriesId, Timestamp};

const KIND_METRICS: u8 = 1;
const VERSION: u8 = 1;
pub(crate) const HEADER: usize = 28;
/// Maximum number of series in a frame, more than any server has.
const MAX_SERIES: u32 = 1 << 20;

/// A decoded metrics frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// Version of the state that the series ids belong to.
    pub state: u32,
    /// Sequence number.
    pub seq: u64,
    /// Number of frames that follow with other series of the same tick.
    pub remaining: u16,
    /// The samples, in order of series ids.
    pub batch: Batch,
}

/// Error of decoding a frame.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// The content is not a valid message of its kind.
    #[error("the frame is not a valid message of its kind")]
    InvalidMessage,
    /// The frame is shorter than its header requires.
    #[error("the frame has {got} bytes where {needed} are needed")]
    Truncated {
        /// Number of bytes.
        got: usize,
        /// Required number of bytes.
        needed: usize,
    },
    /// There are bytes after the last value.
    #[error("the frame has {0} bytes after its last value")]
    TrailingBytes(usize),
    /// Unsupported kind or version.
    #[error(
        "unsupported frame of kind {kind}, version {version}: supported are kinds 1 to 5 of version 1, and kinds 3 and 4 of version 2"
    )]
    Unsupported {
        /// First byte.
        kind: u8,
        /// Second byte.
        version: u8,
    },
    /// Too many series.
    #[error("too many series: {0}, maximum 1048576")]
    TooManySeries(u32),
    /// A value is NaN or infinite.
    #[error("the value of series {0} is not finite")]
    NotFinite(u32),
}

/// Encodes a metrics frame, which `remaining` frames of the same tick follow. `batch.samples` are in order of series ids, each once.
pub fn encode(state: u32, seq: u64, remaining: u16, batch: &Batch) -> Vec<u8> {
    let count = batch.samples.iter().map(|sample| sample.series.0.saturating_add(1)).max().unwrap_or(0);
    let mut present = vec![0_u8; count.div_ceil(8) as usize];
    for sample in &batch.samples {
        if let Some(byte) = present.get_mut(sample.series.0 as usize / 8) {
            *byte |= 1 << (sample.series.0 % 8);
        }
    }
    let mut frame = Vec::with_capacity(HEADER + present.len() + batch.samples.len() * 8);
    frame.extend([KIND_METRICS, VERSION]);
    frame.extend(remaining.to_le_bytes());
    frame.extend(state.to_le_bytes());
    frame.extend(seq.to_le_bytes());
    frame.extend(batch.time.millis().to_le_bytes());
    frame.extend(count.to_le_bytes());
    frame.extend(present);
    for sample in &batch.samples {
        frame.extend(sample.value.to_le_bytes());
    }
    frame
}

/// Decodes a metrics frame.
///
/// # Errors
/// Any bytes that [`encode`] does not produce.
pub fn decode(frame: &[u8]) -> Result<Metrics, FrameError> {
    let mut rest = frame;
    let short = |needed| FrameError::Truncated { got: frame.len(), needed };
    let [kind, version] = take(&mut rest).ok_or(short(HEADER))?;
    if (kind, version) != (KIND_METRICS, VERSION) {
        return Err(FrameError::Unsupported { kind, version });
    }
    let remaining = u16::from_le_bytes(take(&mut rest).ok_or(short(HEADER))?);
    let state = u32::from_le_bytes(take(&mut rest).ok_or(short(HEADER))?);
    let seq = u64::from_le_bytes(take(&mut rest).ok_or(short(HEADER))?);
    let time = i64::from_le_bytes(take(&mut rest).ok_or(short(HEADER))?);
    let count = u32::from_le_bytes(take(&mut rest).ok_or(short(HEADER))?);
    if count > MAX_SERIES {
        return Err(FrameError::TooManySeries(count));
    }
    let bitmap = count.div_ceil(8) as usize;
    let (present, mut values) = rest.split_at_checked(bitmap).ok_or(short(HEADER + bitmap))?;
    let bits = |id: u32| present.get(id as usize / 8).is_some_and(|byte| byte & (1 << (id % 8)) != 0);
    let ids = || (0..count).filter(|&id| bits(id));
    let needed = HEADER + bitmap + ids().count() * 8;
    let mut samples = Vec::with_capacity(values.len() / 8);
    for id in ids() {
        let value = f64::from_le_bytes(take(&mut values).ok_or(short(needed))?);
        if !value.is_finite() {
            return Err(FrameError::NotFinite(id));
        }
        samples.push(Sample { series: SeriesId(id), value });
    }
    if !values.is_empty() {
        return Err(FrameError::TrailingBytes(values.len()));
    }
    Ok(Metrics { state, seq, remaining, batch: Batch { time: Timestamp::from_millis(time), samples } })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    #[test]
    fn frame_matches_the_golden_file() {
        let frame = encode(3, 7, 0, &golden::batch());
        golden::check("metrics.bin", &frame);
        assert_eq!(
            decode(&frame).unwrap(),
            Metrics { state: 3, seq: 7, remaining: 0, batch: golden::batch() }
        );
    }

    #[test]
    fn invalid_frames_are_rejected() {
        let good = encode(3, 7, 0, &golden::batch());
        let changed = |at: usize, byte: u8| {
            let mut frame = good.clone();
            frame[at] = byte;
            decode(&frame).unwrap_err()
        };
        assert_eq!(decode(&[]), Err(FrameError::Truncated { got: 0, needed: 28 }));
        assert_eq!(
            decode(&good[..good.len() - 1]).unwrap_err(),
            FrameError::Truncated { got: 52, needed: 53 }
        );
        assert_eq!(decode(&[good.clone(), vec![0]].concat()), Err(FrameError::TrailingBytes(1)));
        assert_eq!(changed(0, 2), FrameError::Unsupported { kind: 2, version: 1 });
        assert_eq!(changed(1, 9), FrameError::Unsupported { kind: 1, version: 9 });
        assert_eq!(changed(27, 0x7f), FrameError::TooManySeries(0x7f00_0004));
        let mut frame = good.clone();
        frame[29..37].copy_from_slice(&f64::NAN.to_le_bytes());
        assert_eq!(decode(&frame), Err(FrameError::NotFinite(0)));
    }

    proptest! {
        #[test]
        fn frames_round_trip(
            state: u32, seq: u64, remaining: u16, time: i64,
            values in btree_map(0_u32..300, -1e300_f64..1e300, 0..50),
        ) {
            let samples = values.iter().map(|(&id, &value)| Sample { series: SeriesId(id), value }).collect();
            let batch = Batch { time: Timestamp::from_millis(time), samples };
            let frame = encode(state, seq, remaining, &batch);
            prop_assert_eq!(decode(&frame).unwrap(), Metrics { state, seq, remaining, batch });
        }

        #[test]
        fn any_bytes_are_decoded_or_rejected(bytes in vec(any::<u8>(), 0..200), head: bool) {
            let frame = if head { [vec![1, 1, 0, 0], bytes].concat() } else { bytes };
            if let Ok(metrics) = decode(&frame) {
                let Metrics { state, seq, remaining, batch } = metrics;
                prop_assert!(encode(state, seq, remaining, &batch).len() <= frame.len());
            }
        }
    }
}
