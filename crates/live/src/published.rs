//! What the hub has published, and its messages.

use crate::encodings::{Encodings, Unsent};
use crate::frame::write;
use crate::message::Message;
use crate::split::{JSON_LIMIT, batch_as_frames, state_as_frames, state_as_json};
use crate::{AlertMessage, AnnotationMessage, Hello, JsonKeys, Protocol, State};
use std::sync::{Arc, OnceLock};
use watchglass_model::Batch;

/// The first message of a connection.
pub(crate) fn hello(hello: &Hello, protocol: Protocol) -> Unsent {
    let as_text = || vec![text(Message::Hello(hello))];
    Encodings::default().of(protocol, as_text, || vec![write::hello(hello)])
}

/// The values of a tick.
#[derive(Debug)]
pub(crate) struct PublishedFrame {
    pub(crate) seq: u64,
    batch: Batch,
    pub(crate) state: Arc<SharedState>,
    message: Encodings,
}

impl PublishedFrame {
    pub(crate) fn new(seq: u64, batch: Batch, state: Arc<SharedState>) -> Self {
        Self { seq, batch, state, message: Encodings::default() }
    }

    pub(crate) fn of(&self, protocol: Protocol) -> Unsent {
        let keys = || self.state.keys.get_or_init(|| JsonKeys::new(&self.state.state.series));
        let as_text = || {
            let messages = keys().messages(self.seq, &self.batch, JSON_LIMIT);
            messages.into_iter().map(String::into_bytes).collect()
        };
        self.message.of(protocol, as_text, || batch_as_frames(self.state.version(), self.seq, &self.batch))
    }
}

/// A state, shared by the frames that need it.
#[derive(Debug)]
pub(crate) struct SharedState {
    state: State,
    message: Encodings,
    keys: OnceLock<JsonKeys>,
}

impl SharedState {
    pub(crate) fn new(state: State) -> Self {
        Self { state, message: Encodings::default(), keys: OnceLock::new() }
    }

    pub(crate) fn version(&self) -> u32 {
        self.state.version
    }

    pub(crate) fn of(&self, protocol: Protocol) -> Unsent {
        let as_text = || {
            let mut state = self.state.clone();
            // Pages find series by position, programs by the field `id`.
            state.series.retain(|series| !series.is_vacant());
            state_as_json(&state)
        };
        self.message.of(protocol, as_text, || state_as_frames(&self.state))
    }
}

/// A published alert or annotation.
#[derive(Debug)]
pub(crate) struct PublishedEvent {
    event: Event,
    message: Encodings,
}

#[derive(Debug)]
pub(crate) enum Event {
    Alert(AlertMessage),
    Annotation(AnnotationMessage),
}

impl PublishedEvent {
    pub(crate) fn new(event: Event) -> Self {
        Self { event, message: Encodings::default() }
    }

    pub(crate) fn of(&self, protocol: Protocol) -> Unsent {
        let as_text = || {
            vec![text(match &self.event {
                Event::Alert(alert) => Message::Alert(alert),
                Event::Annotation(annotation) => Message::Annotation(annotation),
            })]
        };
        let as_frame = || {
            vec![match &self.event {
                Event::Alert(alert) => write::alert(alert),
                Event::Annotation(_) => write::annotated(),
            }]
        };
        self.message.of(protocol, as_text, as_frame)
    }
}

fn text(message: Message<'_>) -> Vec<u8> {
    // Messages consist of strings, numbers and lists, which JSON can hold.
    serde_json::to_vec(&message).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frame, Outgoing, golden};
    use watchglass_model::Series;

    #[test]
    fn ended_series_are_in_the_state_of_pages_only() {
        let mut state = golden::state();
        let id = state.series[1].id;
        state.series[1] = Series::vacant(id);
        let shared = SharedState::new(state.clone());
        let Some(Outgoing::Text(text)) = shared.of(Protocol::Json).next() else { panic!("no text") };
        let sent: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let series = sent["series"].as_array().unwrap();
        assert_eq!(series.len(), state.series.len() - 1);
        assert!(series.iter().all(|series| series["id"] != id.0), "{series:?}");
        let Some(Outgoing::Binary(frame)) = shared.of(Protocol::Binary).next() else { panic!("no frame") };
        assert_eq!(Frame::read(&frame), Ok(Frame::State(state.into())));
    }
}
