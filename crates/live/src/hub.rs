//! The hub: one tick in, every open connection out.
//!
//! A subscriber never has a queue. It is handed the newest frame when it asks, so one that reads slowly skips
//! frames (and sees it by the sequence number) and holds up nobody; how long a single write may take is for the
//! owner of its socket to bound. Frames are encoded when the first subscriber needs them, then shared.

use crate::{Hello, JsonKeys, Message, Protocol, State, encode};
use bytes::Bytes;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use watchglass_model::Batch;

/// What a connection is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A text message; always valid UTF-8.
    Text(Bytes),
    /// A binary message.
    Binary(Bytes),
}

/// Fans ticks out to subscribers.
#[derive(Debug)]
pub struct Hub {
    hello: Hello,
    sender: watch::Sender<Option<Arc<Published>>>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    subscribers: AtomicUsize,
    skipped: AtomicU64,
}

#[derive(Debug)]
struct Published {
    seq: u64,
    batch: Batch,
    state: Arc<SharedState>,
    json: OnceLock<Bytes>,
    binary: OnceLock<Bytes>,
}

#[derive(Debug)]
struct SharedState {
    state: State,
    text: OnceLock<Bytes>,
    keys: OnceLock<JsonKeys>,
}

impl Hub {
    /// A hub that introduces itself with `hello`; the protocol in it is filled in for each subscriber.
    pub fn new(hello: Hello) -> Self {
        Self { hello, sender: watch::Sender::new(None), counts: Arc::default() }
    }

    /// Hands a tick to all subscribers. `state` is asked for only when `state_version` is new.
    pub fn publish(&self, batch: Batch, state_version: u32, state: impl FnOnce() -> State) {
        self.sender.send_modify(|slot| {
            let before = slot.as_ref();
            let state = match before {
                Some(last) if last.state.state.version == state_version => Arc::clone(&last.state),
                _ => Arc::new(SharedState { state: state(), text: OnceLock::new(), keys: OnceLock::new() }),
            };
            let seq = before.map_or(1, |last| last.seq + 1);
            *slot = Some(Arc::new(Published {
                seq,
                batch,
                state,
                json: OnceLock::new(),
                binary: OnceLock::new(),
            }));
        });
    }

    /// A new subscriber. It is sent the hello, the state and the newest frame at once.
    pub fn subscribe(&self, protocol: Protocol) -> Subscriber {
        self.counts.subscribers.fetch_add(1, Ordering::Relaxed);
        let mut receiver = self.sender.subscribe();
        receiver.mark_changed();
        let hello = Hello { protocol: protocol.name().to_owned(), ..self.hello.clone() };
        Subscriber {
            protocol,
            receiver,
            counts: Arc::clone(&self.counts),
            hello: Some(text(&Message::Hello(hello))),
            frame: None,
            state_sent: None,
            last_seq: None,
        }
    }

    /// Number of subscribers now.
    pub fn subscribers(&self) -> usize {
        self.counts.subscribers.load(Ordering::Relaxed)
    }

    /// Frames that subscribers were too slow to be sent, since the start.
    pub fn skipped(&self) -> u64 {
        self.counts.skipped.load(Ordering::Relaxed)
    }
}

/// One connection's view of the hub. When the hub is dropped it ends.
#[derive(Debug)]
pub struct Subscriber {
    protocol: Protocol,
    receiver: watch::Receiver<Option<Arc<Published>>>,
    counts: Arc<Counts>,
    hello: Option<Bytes>,
    frame: Option<Arc<Published>>,
    state_sent: Option<u32>,
    last_seq: Option<u64>,
}

impl Subscriber {
    /// Waits for the next message; `None` when the hub is gone. May be dropped while it waits without losing anything.
    pub async fn next(&mut self) -> Option<Outgoing> {
        if let Some(hello) = self.hello.take() {
            return Some(Outgoing::Text(hello));
        }
        let frame = match self.frame.take() {
            Some(frame) => frame,
            None => self.newest().await?,
        };
        if self.state_sent != Some(frame.state.state.version) {
            self.state_sent = Some(frame.state.state.version);
            let state =
                frame.state.text.get_or_init(|| text(&Message::State(frame.state.state.clone()))).clone();
            self.frame = Some(frame);
            return Some(Outgoing::Text(state));
        }
        self.count_skipped(frame.seq);
        Some(match self.protocol {
            Protocol::Json => Outgoing::Text(frame.json()),
            Protocol::Binary => Outgoing::Binary(frame.binary()),
        })
    }

    async fn newest(&mut self) -> Option<Arc<Published>> {
        loop {
            self.receiver.changed().await.ok()?;
            let newest = self.receiver.borrow_and_update().clone();
            if newest.is_some() {
                return newest;
            }
        }
    }

    fn count_skipped(&mut self, seq: u64) {
        if let Some(last) = self.last_seq {
            self.counts.skipped.fetch_add(seq.saturating_sub(last + 1), Ordering::Relaxed);
        }
        self.last_seq = Some(seq);
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.counts.subscribers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Published {
    fn json(&self) -> Bytes {
        let keys = self.state.keys.get_or_init(|| JsonKeys::new(&self.state.state.series));
        self.json.get_or_init(|| keys.frame(self.seq, &self.batch).into()).clone()
    }

    fn binary(&self) -> Bytes {
        self.binary.get_or_init(|| encode(self.state.state.version, self.seq, &self.batch).into()).clone()
    }
}

fn text(message: &Message) -> Bytes {
    // Strings, numbers and lists: there is nothing in a message that JSON cannot hold.
    serde_json::to_vec(message).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PROTOCOL_VERSION, golden};
    use watchglass_model::Timestamp;

    fn hub() -> Hub {
        Hub::new(Hello {
            version: PROTOCOL_VERSION,
            protocol: String::new(),
            server: "0.1.0".to_owned(),
            build: "b1".to_owned(),
            interval_ms: 1000,
        })
    }

    fn state(version: u32) -> State {
        State { version, series: golden::series(), problems: vec![golden::problem()] }
    }

    fn publish(hub: &Hub, seconds: i64, version: u32) {
        let time = Timestamp::from_millis(seconds * 1000);
        hub.publish(Batch { time, ..golden::batch() }, version, || state(version));
    }

    async fn json(subscriber: &mut Subscriber) -> serde_json::Value {
        match subscriber.next().await {
            Some(Outgoing::Text(text)) => serde_json::from_slice(&text).unwrap(),
            other => panic!("expected text, got {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_connection_begins_with_hello_and_state_as_the_golden_files_have_them() {
        let hub = hub();
        let mut subscriber = hub.subscribe(Protocol::Json);
        publish(&hub, 1, 3);
        for name in ["hello.json", "state.json"] {
            match subscriber.next().await {
                Some(Outgoing::Text(text)) => golden::check(name, &text),
                other => panic!("expected text, got {other:?}"),
            }
        }
        assert_eq!(json(&mut subscriber).await["seq"], 1);
    }

    #[tokio::test]
    async fn one_that_comes_late_gets_the_newest_frame_at_once() {
        let hub = hub();
        publish(&hub, 1, 1);
        publish(&hub, 2, 1);
        let mut subscriber = hub.subscribe(Protocol::Binary);
        assert_eq!(json(&mut subscriber).await["type"], "hello");
        assert_eq!(json(&mut subscriber).await["type"], "state");
        match subscriber.next().await {
            Some(Outgoing::Binary(frame)) => assert_eq!(crate::decode(&frame).unwrap().seq, 2),
            other => panic!("expected a frame, got {other:?}"),
        }
    }

    #[tokio::test]
    async fn the_state_comes_again_only_when_it_has_changed() {
        let hub = hub();
        let mut subscriber = hub.subscribe(Protocol::Json);
        let mut seen = Vec::new();
        json(&mut subscriber).await;
        for (seconds, version) in [(1, 1), (2, 1), (3, 2)] {
            publish(&hub, seconds, version);
            loop {
                let message = json(&mut subscriber).await;
                seen.push(message["type"].as_str().unwrap().to_owned());
                if message["type"] == "metrics" {
                    break;
                }
            }
        }
        assert_eq!(seen, ["state", "metrics", "metrics", "state", "metrics"]);
    }

    #[tokio::test]
    async fn one_that_is_slow_skips_frames_and_the_others_do_not() {
        let hub = hub();
        let (mut slow, mut quick) = (hub.subscribe(Protocol::Json), hub.subscribe(Protocol::Json));
        for subscriber in [&mut slow, &mut quick] {
            json(subscriber).await;
        }
        publish(&hub, 0, 1);
        for subscriber in [&mut slow, &mut quick] {
            json(subscriber).await;
            json(subscriber).await;
        }
        for seconds in 1..=5 {
            publish(&hub, seconds, 1);
            assert_eq!(json(&mut quick).await["seq"], seconds + 1);
        }
        assert_eq!(json(&mut slow).await["seq"], 6);
        assert_eq!(hub.skipped(), 4);
    }

    #[tokio::test]
    async fn subscribers_are_counted_and_end_with_the_hub() {
        let hub = hub();
        let mut subscriber = hub.subscribe(Protocol::Json);
        drop(hub.subscribe(Protocol::Binary));
        assert_eq!(hub.subscribers(), 1);
        json(&mut subscriber).await;
        drop(hub);
        assert_eq!(subscriber.next().await, None);
    }
}
