//! The hub: one tick in, every open connection out.
//!
//! A subscriber never has a queue. It is handed the newest frame when it asks, so one that reads slowly skips
//! frames (and sees it by the sequence number) and holds up nobody; how long a single write may take is for the
//! owner of its socket to bound. Frames are encoded when the first subscriber needs them, then shared.
//!
//! Alerts and annotations are not skipped like frames: the newest are kept once for all, and each subscriber knows the last it
//! was sent.

use crate::frame::write;
use crate::message::Message;
use crate::ring::Ring;
use crate::{AlertMessage, AnnotationMessage, Hello, JsonKeys, Protocol, State, encode};
use bytes::Bytes;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use watchglass_model::Batch;

/// A message in both forms, each made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Both {
    text: OnceLock<Bytes>,
    frame: OnceLock<Bytes>,
}

impl Both {
    fn of(
        &self,
        protocol: Protocol,
        text: impl FnOnce() -> Vec<u8>,
        frame: impl FnOnce() -> Vec<u8>,
    ) -> Outgoing {
        match protocol {
            Protocol::Json => Outgoing::Text(self.text.get_or_init(|| text().into()).clone()),
            Protocol::Binary => Outgoing::Binary(self.frame.get_or_init(|| frame().into()).clone()),
        }
    }
}

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
    sender: watch::Sender<Slot>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    subscribers: AtomicUsize,
    skipped: AtomicU64,
    missed: AtomicU64,
}

/// What there is to be sent: the same for all subscribers, and never more than this.
#[derive(Debug, Default)]
struct Slot {
    frame: Option<Arc<Published>>,
    alerts: Ring<Announced>,
}

#[derive(Debug)]
struct Published {
    seq: u64,
    batch: Batch,
    state: Arc<SharedState>,
    message: Both,
}

/// An alert or an annotation that was announced.
#[derive(Debug)]
pub(crate) struct Announced {
    news: News,
    message: Both,
}

#[derive(Debug)]
enum News {
    Alert(AlertMessage),
    Annotation(AnnotationMessage),
}

#[derive(Debug)]
struct SharedState {
    state: State,
    message: Both,
    keys: OnceLock<JsonKeys>,
}

impl Hub {
    /// A hub that introduces itself with `hello`; the protocol in it is filled in for each subscriber.
    pub fn new(hello: Hello) -> Self {
        Self { hello, sender: watch::Sender::new(Slot::default()), counts: Arc::default() }
    }

    /// Hands a tick to all subscribers. `state` is asked for only when `state_version` is new.
    pub fn publish(&self, batch: Batch, state_version: u32, state: impl FnOnce() -> State) {
        self.sender.send_modify(|slot| {
            let before = slot.frame.as_ref();
            let state = match before {
                Some(last) if last.state.state.version == state_version => Arc::clone(&last.state),
                _ => {
                    Arc::new(SharedState { state: state(), message: Both::default(), keys: OnceLock::new() })
                }
            };
            let seq = before.map_or(1, |last| last.seq + 1);
            slot.frame = Some(Arc::new(Published { seq, batch, state, message: Both::default() }));
        });
    }

    /// Hands alerts, in their order, to all subscribers. The newest 256 are kept for those that read slowly.
    pub fn announce(&self, alerts: Vec<AlertMessage>) {
        self.tell(alerts.into_iter().map(News::Alert).collect());
    }

    /// The same of annotations, among the alerts.
    pub fn annotate(&self, annotations: Vec<AnnotationMessage>) {
        self.tell(annotations.into_iter().map(News::Annotation).collect());
    }

    fn tell(&self, news: Vec<News>) {
        if news.is_empty() {
            return;
        }
        self.sender.send_modify(|slot| {
            news.into_iter().for_each(|news| slot.alerts.push(Announced { news, message: Both::default() }));
        });
    }

    /// A new subscriber. It is sent the hello, the state and the newest frame at once, and the alerts that are announced
    /// from now on.
    pub fn subscribe(&self, protocol: Protocol) -> Subscriber {
        self.counts.subscribers.fetch_add(1, Ordering::Relaxed);
        let receiver = self.sender.subscribe();
        let last_alert = receiver.borrow().alerts.newest();
        let hello = Hello { protocol: protocol.name().to_owned(), ..self.hello.clone() };
        Subscriber {
            protocol,
            receiver,
            counts: Arc::clone(&self.counts),
            hello: Some(hello),
            state_sent: None,
            last_seq: None,
            last_alert,
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

    /// Alerts that subscribers were too slow to be sent, since the start.
    pub fn missed(&self) -> u64 {
        self.counts.missed.load(Ordering::Relaxed)
    }
}

/// One connection's view of the hub. When the hub is dropped it ends.
#[derive(Debug)]
pub struct Subscriber {
    protocol: Protocol,
    receiver: watch::Receiver<Slot>,
    counts: Arc<Counts>,
    hello: Option<Hello>,
    state_sent: Option<u32>,
    last_seq: Option<u64>,
    /// Number of the last alert that it was sent, or that was there before it.
    last_alert: u64,
}

impl Subscriber {
    /// Waits for the next message; `None` when the hub is gone. May be dropped while it waits without losing anything.
    pub async fn next(&mut self) -> Option<Outgoing> {
        if let Some(hello) = self.hello.take() {
            return Some(Both::default().of(
                self.protocol,
                || text(Message::Hello(&hello)),
                || write::hello(&hello),
            ));
        }
        loop {
            if let Some(message) = self.ready() {
                return Some(message);
            }
            self.receiver.changed().await.ok()?;
        }
    }

    /// The next message that need not be waited for: the state if the newest frame needs it, then alerts, then that
    /// frame.
    fn ready(&mut self) -> Option<Outgoing> {
        let slot = self.receiver.borrow_and_update();
        let frame = slot.frame.as_ref().filter(|frame| self.last_seq != Some(frame.seq)).cloned();
        let alert = slot.alerts.after(self.last_alert);
        // Nobody waits while this one encodes.
        drop(slot);
        if let Some(frame) = &frame
            && self.state_sent != Some(frame.state.state.version)
        {
            self.state_sent = Some(frame.state.state.version);
            return Some(frame.state.of(self.protocol));
        }
        if let Some((number, alert)) = alert {
            self.count_missed(number);
            return Some(alert.of(self.protocol));
        }
        let frame = frame?;
        self.count_skipped(frame.seq);
        Some(frame.of(self.protocol))
    }

    fn count_missed(&mut self, number: u64) {
        self.counts.missed.fetch_add(number.saturating_sub(self.last_alert + 1), Ordering::Relaxed);
        self.last_alert = number;
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

impl SharedState {
    fn of(&self, protocol: Protocol) -> Outgoing {
        self.message.of(protocol, || text(Message::State(&self.state)), || write::state(&self.state))
    }
}

impl Announced {
    fn of(&self, protocol: Protocol) -> Outgoing {
        let as_text = || {
            text(match &self.news {
                News::Alert(alert) => Message::Alert(alert),
                News::Annotation(annotation) => Message::Annotation(annotation),
            })
        };
        let as_frame = || match &self.news {
            News::Alert(alert) => write::alert(alert),
            News::Annotation(_) => write::annotated(),
        };
        self.message.of(protocol, as_text, as_frame)
    }
}

impl Published {
    fn of(&self, protocol: Protocol) -> Outgoing {
        let keys = || self.state.keys.get_or_init(|| JsonKeys::new(&self.state.state.series));
        self.message.of(
            protocol,
            || keys().frame(self.seq, &self.batch).into_bytes(),
            || encode(self.state.state.version, self.seq, &self.batch),
        )
    }
}

fn text(message: Message<'_>) -> Vec<u8> {
    // Strings, numbers and lists: there is nothing in a message that JSON cannot hold.
    serde_json::to_vec(&message).unwrap_or_default()
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
