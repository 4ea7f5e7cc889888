//! Hub: fan-out of ticks, alerts and annotations to all open connections.
//!
//! Subscribers have no queue. Each gets the newest frame when it asks for one, so a slow reader skips frames (visible in the
//! sequence numbers) and delays nobody; the owner of the socket limits the time of a single write. Frames are encoded when the
//! first subscriber needs them, then shared. A large frame or state consists of several messages, which follow each other.
//!
//! Alerts and annotations are not skipped: the newest are kept in one shared ring, and each subscriber has its position in it.

use crate::encodings::{Outgoing, Unsent};
use crate::published::{Event, PublishedEvent, PublishedFrame, SharedState, hello};
use crate::ring::Ring;
use crate::{AlertMessage, AnnotationMessage, Hello, Protocol, State};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::watch;
use watchglass_model::Batch;

/// Fans ticks out to subscribers.
#[derive(Debug)]
pub struct Hub {
    hello: Hello,
    sender: watch::Sender<Latest>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    subscribers: AtomicUsize,
    sent: AtomicU64,
    sent_bytes: AtomicU64,
    skipped: AtomicU64,
    missed: AtomicU64,
}

/// Everything that can be sent: shared by all subscribers, and bounded.
#[derive(Debug, Default)]
struct Latest {
    frame: Option<Arc<PublishedFrame>>,
    events: Ring<PublishedEvent>,
}

impl Hub {
    /// A hub that sends `hello` to each subscriber, with the protocol of that subscriber.
    pub fn new(hello: Hello) -> Self {
        Self { hello, sender: watch::Sender::new(Latest::default()), counts: Arc::default() }
    }

    /// Publishes a tick to all subscribers. `state` is called only when `state_version` is new.
    pub fn publish(&self, batch: Batch, state_version: u32, state: impl FnOnce() -> State) {
        self.sender.send_modify(|latest| {
            let previous = latest.frame.as_ref();
            let state = match previous {
                Some(last) if last.state.version() == state_version => Arc::clone(&last.state),
                _ => Arc::new(SharedState::new(state())),
            };
            let seq = previous.map_or(1, |last| last.seq + 1);
            latest.frame = Some(Arc::new(PublishedFrame::new(seq, batch, state)));
        });
    }

    /// Publishes alerts in order to all subscribers. The newest 256 are kept for slow readers.
    pub fn publish_alerts(&self, alerts: Vec<AlertMessage>) {
        self.publish_events(alerts.into_iter().map(Event::Alert).collect());
    }

    /// Publishes annotations, in order with the alerts.
    pub fn publish_annotations(&self, annotations: Vec<AnnotationMessage>) {
        self.publish_events(annotations.into_iter().map(Event::Annotation).collect());
    }

    fn publish_events(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        self.sender.send_modify(|latest| {
            events.into_iter().map(PublishedEvent::new).for_each(|event| latest.events.push(event));
        });
    }

    /// Adds a subscriber. It gets the hello, the state and the newest frame at once, and all alerts published from now on.
    pub fn subscribe(&self, protocol: Protocol) -> Subscriber {
        self.counts.subscribers.fetch_add(1, Ordering::Relaxed);
        let receiver = self.sender.subscribe();
        let last_event = receiver.borrow().events.newest();
        let hello = Hello { protocol: protocol.name().to_owned(), ..self.hello.clone() };
        Subscriber {
            protocol,
            receiver,
            counts: Arc::clone(&self.counts),
            unsent: Some(self::hello(&hello, protocol)),
            state_sent: None,
            last_seq: None,
            last_event,
        }
    }

    /// Current number of subscribers.
    pub fn subscribers(&self) -> usize {
        self.counts.subscribers.load(Ordering::Relaxed)
    }

    /// Messages sent to subscribers since the start.
    pub fn sent_messages(&self) -> u64 {
        self.counts.sent.load(Ordering::Relaxed)
    }

    /// Bytes of the messages sent to subscribers since the start.
    pub fn sent_bytes(&self) -> u64 {
        self.counts.sent_bytes.load(Ordering::Relaxed)
    }

    /// Frames skipped by slow subscribers since the start.
    pub fn skipped_frames(&self) -> u64 {
        self.counts.skipped.load(Ordering::Relaxed)
    }

    /// Alerts and annotations missed by slow subscribers since the start.
    pub fn missed_events(&self) -> u64 {
        self.counts.missed.load(Ordering::Relaxed)
    }
}

/// Subscription of one connection. It ends when the hub is dropped.
#[derive(Debug)]
pub struct Subscriber {
    protocol: Protocol,
    receiver: watch::Receiver<Latest>,
    counts: Arc<Counts>,
    /// Messages that follow the last one.
    unsent: Option<Unsent>,
    state_sent: Option<u32>,
    last_seq: Option<u64>,
    /// Number of the last event that was sent, or that was published before the subscription.
    last_event: u64,
}

impl Subscriber {
    /// Waits for the next message; `None` when the hub is dropped. Cancel safe.
    pub async fn next(&mut self) -> Option<Outgoing> {
        loop {
            if let Some(message) = self.try_next() {
                return Some(message);
            }
            self.receiver.changed().await.ok()?;
        }
    }

    /// Counts a message that was sent to this subscriber. `bytes` excludes frame and transport headers.
    pub fn record_sent(&self, bytes: usize) {
        self.counts.sent.fetch_add(1, Ordering::Relaxed);
        self.counts.sent_bytes.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The next message without waiting: first the rest of what was begun.
    fn try_next(&mut self) -> Option<Outgoing> {
        if let Some(message) = self.unsent.as_mut().and_then(Iterator::next) {
            return Some(message);
        }
        self.unsent = self.next_unsent();
        self.unsent.as_mut()?.next()
    }

    /// The state if the newest frame needs it, then events, then that frame.
    fn next_unsent(&mut self) -> Option<Unsent> {
        let latest = self.receiver.borrow_and_update();
        let frame = latest.frame.as_ref().filter(|frame| self.last_seq != Some(frame.seq)).cloned();
        let event = latest.events.after(self.last_event);
        // Release the lock before encoding.
        drop(latest);
        if let Some(frame) = &frame
            && self.state_sent != Some(frame.state.version())
        {
            self.state_sent = Some(frame.state.version());
            return Some(frame.state.of(self.protocol));
        }
        if let Some((number, event)) = event {
            self.count_missed(number);
            return Some(event.of(self.protocol));
        }
        let frame = frame?;
        self.count_skipped(frame.seq);
        Some(frame.of(self.protocol))
    }

    fn count_missed(&mut self, number: u64) {
        self.counts.missed.fetch_add(number.saturating_sub(self.last_event + 1), Ordering::Relaxed);
        self.last_event = number;
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

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
