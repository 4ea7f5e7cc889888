//! Frames of the binary subprotocol.
//!
//! The first two bytes of a frame are its kind and the version of that kind.
//!
//! | kind | version | content |
//! |---|---|---|
//! | 1 | 1 | metrics, see [`encode`](crate::encode) |
//! | 2 | 1 | two zeros, then a [`Hello`] |
//! | 3 | 2 | two zeros, then a [`StatePart`] |
//! | 3 | 1 | two zeros, then a state without skipped readings; read only |
//! | 4 | 2 | two zeros, then an [`AlertMessage`] |
//! | 4 | 1 | two zeros, then an alert without the last two fields; read only |
//! | 5 | 1 | two zeros: annotations have changed, the page fetches them again |
//!
//! Messages are encoded by position with [postcard](https://postcard.jamesmunns.com/wire-format): the page has no deserializer
//! by field name. A page of another build can decode the hello while its version is the same, and then asks for a reload.

use crate::{AlertMessage, FrameError, Hello, Metrics, State, StatePart, decode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use watchglass_model::{Problem, Series};

const HELLO: u8 = 2;
const STATE: u8 = 3;
const ALERT: u8 = 4;
const ANNOTATED: u8 = 5;
const VERSION: u8 = 1;
const STATE_VERSION: u8 = 2;
const ALERT_VERSION: u8 = 2;

/// A frame sent to a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// The first frame of a connection.
    Hello(Hello),
    /// Series, failing probes and skipped readings, or a part of them. Sent again after every change.
    State(StatePart),
    /// An alert has fired, increased in severity or been resolved.
    Alert(AlertMessage),
    /// Annotations have changed.
    AnnotationsChanged,
    /// The values of a tick.
    Metrics(Metrics),
}

impl Frame {
    /// Decodes a frame.
    ///
    /// # Errors
    /// An unsupported kind or version, or invalid content.
    pub fn read(bytes: &[u8]) -> Result<Self, FrameError> {
        match *bytes {
            [HELLO, VERSION, 0, 0, ref rest @ ..] => message(rest).map(Self::Hello),
            [STATE, STATE_VERSION, 0, 0, ref rest @ ..] => message(rest).map(Self::State),
            [STATE, VERSION, 0, 0, ref rest @ ..] => message::<StateV1>(rest).map(Self::from),
            [ALERT, ALERT_VERSION, 0, 0, ref rest @ ..] => message(rest).map(Self::Alert),
            // Both new fields are false.
            [ALERT, VERSION, 0, 0, ref rest @ ..] => message(&[rest, &[0, 0]].concat()).map(Self::Alert),
            [ANNOTATED, VERSION, 0, 0, ref rest @ ..] => message(rest).map(|()| Self::AnnotationsChanged),
            _ => decode(bytes).map(Self::Metrics),
        }
    }
}

/// A [`State`] of version 1.
#[derive(Deserialize)]
struct StateV1 {
    version: u32,
    series: Vec<Series>,
    problems: Vec<Problem>,
}

impl From<StateV1> for Frame {
    fn from(StateV1 { version, series, problems }: StateV1) -> Self {
        Self::State(State { version, series, problems, skipped: Vec::new() }.into())
    }
}

fn message<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(FrameError::TrailingBytes(rest.len())),
        Err(_) => Err(FrameError::InvalidMessage),
    }
}

/// Encoding of messages as frames.
#[cfg(feature = "hub")]
pub(crate) mod write {
    use super::{
        ALERT, ALERT_VERSION, ANNOTATED, AlertMessage, HELLO, Hello, STATE, STATE_VERSION, StatePart, VERSION,
    };
    use serde::Serialize;

    /// The first frame of a connection.
    pub(crate) fn hello(hello: &Hello) -> Vec<u8> {
        frame(HELLO, VERSION, hello)
    }

    /// A state or a part of it.
    pub(crate) fn state(part: &StatePart) -> Vec<u8> {
        frame(STATE, STATE_VERSION, part)
    }

    /// An alert.
    pub(crate) fn alert(alert: &AlertMessage) -> Vec<u8> {
        frame(ALERT, ALERT_VERSION, alert)
    }

    /// Annotations have changed.
    pub(crate) fn annotated() -> Vec<u8> {
        frame(ANNOTATED, VERSION, &())
    }

    fn frame(kind: u8, version: u8, message: &impl Serialize) -> Vec<u8> {
        // Strings, numbers and lists of known length, written to memory, cannot fail.
        postcard::to_extend(message, vec![kind, version, 0, 0]).unwrap_or_default()
    }
}

#[cfg(all(test, feature = "hub"))]
mod tests {
    use super::*;
    use crate::{encode, golden};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn all() -> [(&'static str, Vec<u8>, Frame); 6] {
        let metrics = Metrics { state: 3, seq: 7, remaining: 0, batch: golden::batch() };
        let state = StatePart::from(golden::state());
        [
            ("hello.bin", write::hello(&golden::hello()), Frame::Hello(golden::hello())),
            ("state-v2.bin", write::state(&state), Frame::State(state)),
            ("alert-v2.bin", write::alert(&golden::alert()), Frame::Alert(golden::alert())),
            (
                "unsuppressed-v2.bin",
                write::alert(&golden::unsuppressed()),
                Frame::Alert(golden::unsuppressed()),
            ),
            ("annotated.bin", write::annotated(), Frame::AnnotationsChanged),
            ("metrics.bin", encode(3, 7, 0, &golden::batch()), Frame::Metrics(metrics)),
        ]
    }

    #[test]
    fn frames_match_the_golden_files() {
        for (name, bytes, frame) in all() {
            golden::check(name, &bytes);
            assert_eq!(Frame::read(&bytes), Ok(frame), "{name}");
        }
    }

    #[test]
    fn version_1_is_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        let read = |name: &str| Frame::read(&std::fs::read(folder.join(name)).unwrap());
        let expected = State { skipped: Vec::new(), ..golden::state() };
        assert_eq!(read("state.bin"), Ok(Frame::State(expected.into())));
        let expected = AlertMessage { suppressed: false, ..golden::alert() };
        assert_eq!(read("alert.bin"), Ok(Frame::Alert(expected)));
    }

    #[test]
    fn truncated_and_extended_frames_are_rejected() {
        for (name, bytes, _) in all() {
            for length in 0..bytes.len() {
                assert!(Frame::read(&bytes[..length]).is_err(), "{name} cut to {length}");
            }
            assert_eq!(
                Frame::read(&[&bytes[..], &[0]].concat()),
                Err(FrameError::TrailingBytes(1)),
                "{name}"
            );
            let newer = [&[bytes[0], 9], &bytes[2..]].concat();
            assert_eq!(
                Frame::read(&newer),
                Err(FrameError::Unsupported { kind: bytes[0], version: 9 }),
                "{name}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_rejected(
            kind in 0_u8..7, version in 1_u8..3, bytes in vec(any::<u8>(), 0..200),
        ) {
            let _ = Frame::read(&[vec![kind, version, 0, 0], bytes].concat());
        }

        #[test]
        fn changed_bytes_are_decoded_or_rejected(which in 0_usize..6, at in 4_usize..400, byte: u8) {
            let mut bytes = all()[which].1.clone();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = Frame::read(&bytes);
        }
    }
}
