//! Fuzzing entry point for what a page receives over one connection. A panic is a bug.

use crate::{Frame, Joiner};

/// Reads the messages of a connection and joins their parts. The first two bytes of a message are its length.
pub fn connection(mut bytes: &[u8]) {
    let mut joiner = Joiner::default();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let end = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (message, rest) = rest.split_at(end);
        bytes = rest;
        match Frame::read(message) {
            Ok(Frame::State(part)) => {
                if let Some(state) = joiner.state(part.clone()) {
                    assert!(
                        part.remaining == 0 && state.version == part.version,
                        "complete with its last part"
                    );
                    assert!(state.series.ends_with(&part.series), "the last part is at the end");
                }
            }
            Ok(Frame::Metrics(part)) => {
                let (seq, state, remaining) = (part.seq, part.state, part.remaining);
                if let Some(metrics) = joiner.metrics(part) {
                    assert_eq!((metrics.seq, metrics.state, metrics.remaining), (seq, state, 0));
                    assert_eq!(remaining, 0, "complete with its last part");
                }
            }
            _ => {}
        }
    }
}

/// An input for [`connection`]: messages with their lengths.
pub fn messages<'a>(messages: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let with_length = |message: &[u8]| {
        let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
        [&length.to_le_bytes()[..], message].concat()
    };
    messages.into_iter().flat_map(with_length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    fn golden() -> Vec<u8> {
        let read = |name: &str| {
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)).unwrap()
        };
        let all = ["hello.bin", "state.bin", "metrics.bin", "state-v2.bin", "metrics.bin"].map(read);
        messages(all.iter().map(Vec::as_slice))
    }

    #[test]
    fn prefixes_of_a_connection_are_read() {
        let golden = golden();
        (0..=golden.len()).for_each(|end| connection(&golden[..end]));
    }

    proptest! {
        #[test]
        fn changed_messages_are_read(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9)) {
            let mut bytes = golden();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            connection(&bytes);
        }
    }
}
