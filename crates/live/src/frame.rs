//! Frames of the binary subprotocol.
//!
//! The first two bytes of a frame are its kind and the version of that kind.
//!
//! | kind | version | content |
//! |---|---|---|
//! | 1 | 1 | metrics, see [`encode`](crate::encode) |
//! | 2 | 1 | two zeros, then a [`Hello`] |
//! | 3 | 1 | two zeros, then a [`State`] |
//! | 4 | 1 | two zeros, then an [`AlertMessage`] |
//! | 5 | 1 | two zeros: annotations have changed, the page fetches them again |
//!
//! Messages are encoded by position with [postcard](https://postcard.jamesmunns.com/wire-format): the page has no deserializer
//! by field name. A page of another build can decode the hello while its version is the same, and then asks for a reload.

use crate::{AlertMessage, FrameError, Hello, Metrics, State, decode};
use serde::de::DeserializeOwned;

const HELLO: u8 = 2;
const STATE: u8 = 3;
const ALERT: u8 = 4;
const ANNOTATED: u8 = 5;
const VERSION: u8 = 1;

/// A frame sent to a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// The first frame of a connection.
    Hello(Hello),
    /// Series and failing probes. Sent again after every change.
    State(State),
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
            [STATE, VERSION, 0, 0, ref rest @ ..] => message(rest).map(Self::State),
            [ALERT, VERSION, 0, 0, ref rest @ ..] => message(rest).map(Self::Alert),
            [ANNOTATED, VERSION, 0, 0, ref rest @ ..] => message(rest).map(|()| Self::AnnotationsChanged),
            _ => decode(bytes).map(Self::Metrics),
        }
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
    use super::{ALERT, ANNOTATED, AlertMessage, HELLO, Hello, STATE, State, VERSION};
    use serde::Serialize;

    /// The first frame of a connection.
    pub(crate) fn hello(hello: &Hello) -> Vec<u8> {
        frame(HELLO, hello)
    }

    /// Series and failing probes.
    pub(crate) fn state(state: &State) -> Vec<u8> {
        frame(STATE, state)
    }

    /// An alert.
    pub(crate) fn alert(alert: &AlertMessage) -> Vec<u8> {
        frame(ALERT, alert)
    }

    /// Annotations have changed.
    pub(crate) fn annotated() -> Vec<u8> {
        frame(ANNOTATED, &())
    }

    fn frame(kind: u8, message: &impl Serialize) -> Vec<u8> {
        // Strings, numbers and lists of known length, written to memory, cannot fail.
        postcard::to_extend(message, vec![kind, VERSION, 0, 0]).unwrap_or_default()
    }
}

#[cfg(all(test, feature = "hub"))]
mod tests {
    use super::*;
    use crate::{encode, golden};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn all() -> [(&'static str, Vec<u8>, Frame); 5] {
        let metrics = Metrics { state: 3, seq: 7, batch: golden::batch() };
        [
            ("hello.bin", write::hello(&golden::hello()), Frame::Hello(golden::hello())),
            ("state.bin", write::state(&golden::state()), Frame::State(golden::state())),
            ("alert.bin", write::alert(&golden::alert()), Frame::Alert(golden::alert())),
            ("annotated.bin", write::annotated(), Frame::AnnotationsChanged),
            ("metrics.bin", encode(3, 7, &golden::batch()), Frame::Metrics(metrics)),
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
        fn any_bytes_are_decoded_or_rejected(kind in 0_u8..7, bytes in vec(any::<u8>(), 0..200)) {
            let _ = Frame::read(&[vec![kind, 1, 0, 0], bytes].concat());
        }

        #[test]
        fn changed_bytes_are_decoded_or_rejected(which in 0_usize..5, at in 4_usize..400, byte: u8) {
            let mut bytes = all()[which].1.clone();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = Frame::read(&bytes);
        }
    }
}
