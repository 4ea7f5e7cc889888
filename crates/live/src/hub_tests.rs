//! Tests of the hub, with subscribers of any speed.

use super::*;
use crate::ring::CAPACITY;
use crate::{Frame, Joiner, Metrics, golden};
use serde::Deserialize;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use watchglass_model::{Sample, Series, SeriesId, Timestamp};

#[path = "hub_property_tests.rs"]
mod properties;

fn hub() -> Hub {
    Hub::new(Hello { protocol: String::new(), ..golden::hello() })
}

fn state(version: u32) -> State {
    State { version, ..golden::state() }
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
async fn connection_starts_with_hello_and_state() {
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
async fn late_subscriber_gets_the_newest_frame() {
    let hub = hub();
    publish(&hub, 1, 1);
    publish(&hub, 2, 1);
    let mut subscriber = hub.subscribe(Protocol::Binary);
    assert_eq!(drain(&mut subscriber), ["hello", "state", "frame 2"]);
}

#[tokio::test]
async fn state_is_sent_again_only_after_a_change() {
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
async fn only_slow_subscribers_skip_frames() {
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
    assert_eq!(hub.skipped_frames(), 4);
}

#[tokio::test]
async fn subscriptions_are_counted_and_end_with_the_hub() {
    let hub = hub();
    let mut subscriber = hub.subscribe(Protocol::Json);
    drop(hub.subscribe(Protocol::Binary));
    assert_eq!(hub.subscribers(), 1);
    json(&mut subscriber).await;
    drop(hub);
    assert_eq!(subscriber.next().await, None);
}

/// Publishes alerts with these numbers as their times.
fn announce(hub: &Hub, numbers: std::ops::RangeInclusive<i64>) {
    let alert = |number| AlertMessage { time: Timestamp::from_millis(number), ..golden::alert() };
    hub.publish_alerts(numbers.map(alert).collect());
}

/// The next message if there is one now; a started wait is dropped.
fn now(subscriber: &mut Subscriber) -> Option<Outgoing> {
    match pin!(subscriber.next()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(message) => message,
        Poll::Pending => None,
    }
}

/// Identity of a message; 0 for missing fields.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Head {
    r#type: String,
    version: u32,
    seq: u64,
    time: i64,
}

fn head(message: &Outgoing) -> Head {
    let frame = match message {
        Outgoing::Text(text) => return serde_json::from_slice(text).unwrap(),
        Outgoing::Binary(frame) => Frame::read(frame).unwrap(),
    };
    let head = Head::default();
    match frame {
        Frame::Hello(hello) => Head { r#type: "hello".to_owned(), version: hello.version.into(), ..head },
        Frame::State(part) => Head {
            r#type: if part.is_first { "state" } else { "state_part" }.to_owned(),
            version: part.version,
            ..head
        },
        Frame::Alert(alert) => Head { r#type: "alert".to_owned(), time: alert.time.millis(), ..head },
        Frame::AnnotationsChanged => Head { r#type: "annotation".to_owned(), ..head },
        Frame::Metrics(Metrics { seq, state, batch, .. }) => {
            Head { r#type: "metrics".to_owned(), version: state, seq, time: batch.time.millis() }
        }
    }
}

/// Types and numbers of all available messages.
fn drain(subscriber: &mut Subscriber) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(message) = now(subscriber) {
        seen.push(match head(&message) {
            Head { r#type, seq, .. } if r#type == "metrics" => format!("frame {seq}"),
            Head { r#type, time, .. } if r#type == "alert" => format!("alert {time}"),
            other => other.r#type,
        });
    }
    seen
}

#[test]
fn annotations_are_ordered_with_alerts() {
    let hub = hub();
    for protocol in Protocol::ALL {
        let mut subscriber = hub.subscribe(protocol);
        drain(&mut subscriber);
        announce(&hub, 1..=1);
        hub.publish_annotations(vec![golden::annotation()]);
        announce(&hub, 2..=2);
        assert_eq!(drain(&mut subscriber), ["alert 1", "annotation", "alert 2"], "{protocol:?}");
    }
}

#[test]
fn alerts_precede_the_next_frame() {
    let hub = hub();
    announce(&hub, 1..=2);
    let (mut readable, mut compact) = (hub.subscribe(Protocol::Json), hub.subscribe(Protocol::Binary));
    assert_eq!(drain(&mut readable), ["hello"], "earlier alerts are not sent");
    publish(&hub, 1, 1);
    announce(&hub, 3..=4);
    assert_eq!(drain(&mut readable), ["state", "alert 3", "alert 4", "frame 1"]);
    announce(&hub, 5..=5);
    assert_eq!(drain(&mut readable), ["alert 5"], "an alert does not wait for a frame");
    announce(&hub, 6..=6);
    publish(&hub, 2, 2);
    publish(&hub, 3, 2);
    assert_eq!(drain(&mut readable), ["state", "alert 6", "frame 3"]);
    assert_eq!(
        drain(&mut compact),
        ["hello", "state", "alert 3", "alert 4", "alert 5", "alert 6", "frame 3"]
    );
    assert_eq!((hub.skipped_frames(), hub.missed_events()), (1, 0));
}

#[test]
fn alerts_are_sent_after_the_hub_is_dropped() {
    let hub = hub();
    let mut subscriber = hub.subscribe(Protocol::Json);
    announce(&hub, 1..=2);
    drop(hub);
    assert_eq!(drain(&mut subscriber), ["hello", "alert 1", "alert 2"]);
}

#[tokio::test]
async fn waiting_subscriber_is_woken_by_an_alert() {
    let hub = hub();
    let mut subscriber = hub.subscribe(Protocol::Json);
    json(&mut subscriber).await;
    let waiting = tokio::spawn(async move { json(&mut subscriber).await });
    tokio::task::yield_now().await;
    announce(&hub, 7..=7);
    assert_eq!(waiting.await.unwrap()["time"], 7);
}

#[test]
fn missed_alerts_are_counted() {
    let hub = hub();
    let mut subscriber = hub.subscribe(Protocol::Json);
    announce(&hub, 1..=CAPACITY as i64);
    announce(&hub, CAPACITY as i64 + 1..=CAPACITY as i64 + 3);
    let seen = drain(&mut subscriber);
    assert_eq!((seen.len(), seen[1].as_str(), hub.missed_events()), (1 + CAPACITY, "alert 4", 3));
}

/// Publishes a frame of a state with `count` series.
fn publish_large(hub: &Hub, seconds: i64, version: u32, count: u32) {
    let series = |id| Series { id: SeriesId(id), ..golden::series().remove(3) };
    let samples = (0..count).map(|id| Sample { series: SeriesId(id), value: 1.0 }).collect();
    let batch = Batch { time: Timestamp::from_millis(seconds * 1000), samples };
    let state = || State { series: (0..count).map(series).collect(), ..state(version) };
    hub.publish(batch, version, state);
}

#[test]
fn parts_of_a_message_follow_each_other() {
    let hub = hub();
    let mut subscriber = hub.subscribe(Protocol::Binary);
    publish_large(&hub, 1, 1, 500);
    let mut joiner = Joiner::default();
    let mut seen = Vec::new();
    // Whatever is published meanwhile waits for the last part of the state or frame.
    for second in 2_i64.. {
        let Some(message) = now(&mut subscriber) else { break };
        if second < 8 {
            announce(&hub, second..=second);
            publish_large(&hub, second, if second < 4 { 1 } else { 2 }, 3000);
        }
        let Outgoing::Binary(bytes) = message else { panic!("not binary") };
        assert!(bytes.len() <= 8192, "{} bytes", bytes.len());
        match Frame::read(&bytes).unwrap() {
            Frame::State(part) => {
                let is_last = part.remaining == 0;
                let state = joiner.state(part);
                assert_eq!(state.is_some(), is_last);
                seen.extend(state.map(|state| format!("state {} of {}", state.version, state.series.len())));
            }
            Frame::Metrics(part) => {
                let is_last = part.remaining == 0;
                let metrics = joiner.metrics(part);
                assert_eq!(metrics.is_some(), is_last);
                seen.extend(metrics.map(|metrics| format!("{} values", metrics.batch.samples.len())));
            }
            other => seen.extend(matches!(other, Frame::Alert(_)).then(|| "alert".to_owned())),
        }
    }
    let alerts = seen.iter().filter(|kind| *kind == "alert").count();
    seen.retain(|kind| kind != "alert");
    assert_eq!(
        (seen.as_slice(), alerts),
        (&["state 1 of 500", "state 2 of 3000", "3000 values"].map(String::from)[..], 6)
    );
}
