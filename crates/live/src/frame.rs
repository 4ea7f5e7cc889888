//! Frames of the binary subprotocol.
//!
//! The first two bytes of a frame are its kind and the version of that kind.
//!
//! | kind | version | what follows |
//! |---|---|---|
//! | 1 | 1 | metrics, see [`encode`](crate::encode) |
//! | 2 | 1 | two zeros, then a [`Hello`] |
//! | 3 | 1 | two zeros, then a [`State`] |
//! | 4 | 1 | two zeros, then an [`AlertMessage`] |
//! | 5 | 1 | two zeros: annotations have changed, and the page asks for its marks again |
//!
//! Messages are written by position, as [postcard](https://postcard.jamesmunns.com/wire-format) does: the page has no
//! reader that knows fields by their names. A page of another build can read the hello as long as its version is the same, and
//! asks to be loaded anew.

use crate::{AlertMessage, FrameError, Hello, Metrics, State, decode};
use serde::de::DeserializeOwned;

const HELLO: u8 = 2;
const STATE: u8 = 3;
const ALERT: u8 = 4;
const ANNOTATED: u8 = 5;
const VERSION: u8 = 1;

/// What a page is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// The first frame of a connection.
    Hello(Hello),
    /// What changes rarely. Sent again whenever it has changed.
    State(State),
    /// Something has begun to be wrong, has become worse, or is over.
    Alert(AlertMessage),
    /// Annotations have changed.
    Annotated,
    /// The values of a tick.
    Metrics(Metrics),
}

impl Frame {
    /// Reads a frame.
    ///
    /// # Errors
    /// Bytes that are not a frame of a known kind and version, or that do not hold what its kind says.
    pub fn read(bytes: &[u8]) -> Result<Self, FrameError> {
        match *bytes {
            [HELLO, VERSION, 0, 0, ref rest @ ..] => message(rest).map(Self::Hello),
            [STATE, VERSION, 0, 0, ref rest @ ..] => message(rest).map(Self::State),
            [ALERT, VERSION, 0, 0, ref rest @ ..] => message(rest).map(Self::Alert),
            [ANNOTATED, VERSION, 0, 0, ref rest @ ..] => message(rest).map(|()| Self::Annotated),
            _ => decode(bytes).map(Self::Metrics),
        }
    }
}

fn message<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(FrameError::Long(rest.len())),
        Err(_) => Err(FrameError::Message),
    }
}

/// Writes messages as frames.
#[cfg(feature = "hub")]
pub(crate) mod write {
    use super::{ALERT, ANNOTATED, AlertMessage, HELLO, Hello, STATE, State, VERSION};
    use serde::Serialize;

    /// The first frame of a connection.
    pub(crate) fn hello(hello: &Hello) -> Vec<u8> {
        frame(HELLO, hello)
    }

    /// What changes rarely.
    pub(crate) fn state(state: &State) -> Vec<u8> {
        frame(STATE, state)
    }

    /// An alert.
    pub(crate) fn alert(alert: &AlertMessage) -> Vec<u8> {
        frame(ALERT, alert)
    }

    /// That annotations have changed.
    pub(crate) fn annotated() -> Vec<u8> {
        frame(ANNOTATED, &())
    }

    fn frame(kind: u8, message: &impl Serialize) -> Vec<u8> {
        // Strings, numbers and lists of known length, into memory: there is nothing that could fail.
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
            ("annotated.bin", write::annotated(), Frame::Annotated),
            ("metrics.bin", encode(3, 7, &golden::batch()), Frame::Metrics(metrics)),
        ]
    }

    #[test]
    fn frames_are_as_the_golden_files_have_them_and_can_be_read() {
        for (name, bytes, frame) in all() {
            golden::check(name, &bytes);
            assert_eq!(Frame::read(&bytes), Ok(frame), "{name}");
        }
    }

    #[test]
    fn a_frame_that_is_cut_or_goes_on_is_refused() {
        for (name, bytes, _) in all() {
            for length in 0..bytes.len() {
                assert!(Frame::read(&bytes[..length]).is_err(), "{name} cut to {length}");
            }
            assert_eq!(Frame::read(&[&bytes[..], &[0]].concat()), Err(FrameError::Long(1)), "{name}");
            let newer = [&[bytes[0], 9], &bytes[2..]].concat();
            assert_eq!(
                Frame::read(&newer),
                Err(FrameError::Unknown { kind: bytes[0], version: 9 }),
                "{name}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(kind in 0_u8..7, bytes in vec(any::<u8>(), 0..200)) {
            let _ = Frame::read(&[vec![kind, 1, 0, 0], bytes].concat());
        }

        #[test]
        fn changed_bytes_are_read_or_refused(which in 0_usize..5, at in 4_usize..400, byte: u8) {
            let mut bytes = all()[which].1.clone();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = Frame::read(&bytes);
        }
    }
}
