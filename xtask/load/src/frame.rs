//! Sequence number and timestamp of a metrics frame, parsed without the rest of the frame.

use clap::ValueEnum;

/// WebSocket subprotocol, which selects the encoding of metrics frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// JSON text
    #[value(name = "watchglass.json.v1")]
    Json,
    /// Binary frames
    #[value(name = "watchglass.binary.v1")]
    Binary,
}

impl Protocol {
    /// The subprotocol's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Json => "watchglass.json.v1",
            Self::Binary => "watchglass.binary.v1",
        }
    }
}

/// Sequence number and time of a metrics frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Sequence number.
    pub(crate) seq: u64,
    /// Timestamp, milliseconds since the Unix epoch.
    pub(crate) time: i64,
}

/// The stamp of a text frame, if it is a metrics frame: `{"type":"metrics","seq":7,"time":1700000000000,"values":…`.
pub(crate) fn of_text(text: &str) -> Option<Stamp> {
    let head = text.split("\"values\"").next()?;
    if !head.contains("\"type\":\"metrics\"") {
        return None;
    }
    Some(Stamp { seq: field(head, "\"seq\":")?, time: field(head, "\"time\":")? })
}

fn field<T: std::str::FromStr>(text: &str, name: &str) -> Option<T> {
    let (_, rest) = text.split_once(name)?;
    rest.split([',', '}']).next()?.trim().parse().ok()
}

/// Name of the server's own figure for the start delay of a tick.
const LATENESS: &str = "\"watchglass_tick_lateness_seconds";

/// The start delay of the tick in a text frame, in microseconds.
pub(crate) fn lateness(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once(LATENESS)?;
    // The key ends with its labels, if it has any.
    let (_, value) = rest.split_once("\":")?;
    let seconds: f64 = value.split([',', '}']).next()?.trim().parse().ok()?;
    let micros = (seconds * 1e6).round();
    (0.0..=f64::from(u32::MAX)).contains(&micros).then_some(micros as u32)
}

/// The stamp of a binary frame, if it is a metrics frame. It begins, little-endian: u8 kind = 1, u8 version = 1,
/// u16 number of frames of the same tick that follow, u32 version of the state, u64 sequence number, i64 time.
pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Stamp> {
    let (kind, rest) = bytes.split_first_chunk::<2>()?;
    let (_more, rest) = rest.split_first_chunk::<2>()?;
    let (_state, rest) = rest.split_first_chunk::<4>()?;
    let (seq, rest) = rest.split_first_chunk::<8>()?;
    let (time, _) = rest.split_first_chunk::<8>()?;
    (*kind == [1, 1]).then(|| Stamp { seq: u64::from_le_bytes(*seq), time: i64::from_le_bytes(*time) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_frames() {
        let stamp = Some(Stamp { seq: 7, time: 1_700_000_000_000 });
        for (text, expected) in [
            (r#"{"type":"metrics","seq":7,"time":1700000000000,"values":{"up":1.0}}"#, stamp),
            (r#"{"type":"metrics","time":1700000000000,"seq":7}"#, stamp),
            (r#"{"type":"hello","protocol":1}"#, None),
            (r#"{"type":"metrics","values":{"\"seq\":":1}}"#, None),
            (r#"{"type":"metrics","seq":-7,"time":1}"#, None),
            ("", None),
        ] {
            assert_eq!(of_text(text), expected, "{text}");
        }
    }

    #[test]
    fn lateness_of_text_frames() {
        for (text, expected) in [
            (r#"{"values":{"watchglass_tick_lateness_seconds{host=\"h\"}":0.0015,"b":1}}"#, Some(1500)),
            (r#"{"values":{"watchglass_tick_lateness_seconds":2}}"#, Some(2_000_000)),
            (r#"{"values":{"watchglass_tick_lateness_seconds{host=\"h\"}":null}}"#, None),
            (r#"{"values":{"up":1}}"#, None),
        ] {
            assert_eq!(lateness(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn binary_frames(more: u16, state: u32, seq: u64, time: i64, rest: Vec<u8>) {
            let mut bytes = vec![1, 1];
            bytes.extend(more.to_le_bytes());
            bytes.extend(state.to_le_bytes());
            bytes.extend(seq.to_le_bytes());
            bytes.extend(time.to_le_bytes());
            bytes.extend(rest);
            prop_assert_eq!(of_bytes(&bytes), Some(Stamp { seq, time }));
            prop_assert_eq!(of_bytes(&bytes[..23]), None);
            bytes[1] = 2;
            prop_assert_eq!(of_bytes(&bytes), None);
        }
    }
}
