//! Tests of the whole outbox in a folder.

mod commit;
mod disk;
mod folder;
mod machine;
mod order;

use super::*;
use crate::message::tests::sample;
use crate::{MAX_RETRY_AFTER, Severity};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn open(folder: &TempDir) -> Outbox {
    Outbox::open(folder.path()).unwrap().0
}

fn message(id: &str) -> Message {
    Message { id: id.to_owned(), ..sample() }
}

fn channels(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Planned sends as "message channel".
fn plan(outbox: &mut Outbox, now: Timestamp) -> Vec<String> {
    outbox.plan(now).iter().map(|job| format!("{} {}", job.message.id, job.channel)).collect()
}

fn job(id: &str, channel: &str) -> Job {
    Job { message: message(id), channel: channel.to_owned() }
}

fn after(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

fn busy(seconds: Option<u64>) -> Result<(), SendError> {
    Err(SendError::Temporary { reason: "busy".to_owned(), retry_after: seconds.map(Duration::from_secs) })
}

/// Result of a generated delivery: no `failure`, or one with the seconds of `Retry-After`.
fn outcome(failure: Option<Option<u64>>, is_permanent: bool) -> Result<(), SendError> {
    match failure {
        None => Ok(()),
        Some(_) if is_permanent => Err(SendError::permanent("no")),
        Some(seconds) => busy(seconds),
    }
}

#[test]
fn message_is_sent_once_per_channel() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    assert_eq!((outbox.wait(NOW), plan(&mut outbox, NOW)), (None, Vec::new()));
    let both = channels(&["ops", "night", "ops"]);
    let enqueued = outbox.enqueue(NOW, message("a"), &both).unwrap();
    assert_eq!(enqueued, Enqueued { channels: channels(&["ops", "night"]), is_durable: true, evicted: 0 });
    assert_eq!(outbox.enqueue(NOW, message("a"), &both).unwrap().channels, Vec::<String>::new());
    assert_eq!(outbox.wait(NOW), Some(Duration::ZERO));
    assert_eq!(plan(&mut outbox, NOW), ["a night", "a ops"]);
    assert_eq!((outbox.wait(NOW), plan(&mut outbox, NOW)), (None, Vec::new()));
    outbox.record_result(NOW, &job("a", "ops"), "host", Ok(()), 0.0);
    drop(outbox);

    // The other one was in flight: its result is unknown.
    let mut outbox = open(&folder);
    assert_eq!(plan(&mut outbox, NOW), ["a night"]);
    outbox.record_result(NOW, &job("a", "night"), "host", Ok(()), 0.0);
    drop(outbox);
    let mut outbox = open(&folder);
    assert_eq!(plan(&mut outbox, after(1_000_000)), Vec::<String>::new());
    assert_eq!(outbox.counts(), Counts { waiting: 0, delivered: 2, ..Counts::default() });
    // It can still be sent over other channels.
    assert_eq!(outbox.enqueue(NOW, message("a"), &channels(&["ops", "third"])).unwrap().channels, ["third"]);
}

#[test]
fn most_severe_goes_first_one_per_channel() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    for (second, id, severity) in
        [(0, "info", Severity::Info), (1, "first", Severity::Critical), (2, "second", Severity::Critical)]
    {
        let message = Message { severity, ..message(id) };
        outbox.enqueue(after(second), message, &channels(&["ops"])).unwrap();
    }
    for expected in ["first", "second", "info"] {
        assert_eq!(plan(&mut outbox, after(3)), [format!("{expected} ops")]);
        outbox.record_result(after(3), &job(expected, "ops"), "host", Ok(()), 0.0);
    }
}

#[test]
fn failures_are_retried_until_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    outbox.enqueue(NOW, message("a"), &channels(&["ops"])).unwrap();
    let mut now = NOW;
    let mut waits = Vec::new();
    while !plan(&mut outbox, now).is_empty() {
        outbox.record_result(now, &job("a", "ops"), "host", busy(None), 1.0);
        let Some(wait) = outbox.wait(now) else { break };
        assert_eq!(plan(&mut outbox, now + wait - Duration::from_millis(1)), Vec::<String>::new());
        waits.push(wait.as_secs());
        now = now + wait;
    }
    assert_eq!(waits.len() + 1, usize::try_from(MAX_ATTEMPTS).unwrap());
    assert_eq!(waits[..10], [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
    let letters = outbox.dead_letters(10);
    assert_eq!((letters.len(), letters[0].reason.as_str()), (1, "gave up after 150 attempts: busy"));

    // Manual resend; this time it is too old when it fails.
    outbox.resend(now, "a", "ops", "ada").unwrap();
    assert_eq!(plan(&mut outbox, now), ["a ops"]);
    outbox.record_result(now + MAX_AGE, &job("a", "ops"), "host", busy(None), 0.0);
    assert_eq!(outbox.dead_letters(10)[0].reason, "gave up after 24 h: busy");

    outbox.resend(now, "a", "ops", "ada").unwrap();
    assert_eq!(plan(&mut outbox, now), ["a ops"]);
    outbox.record_result(now, &job("a", "ops"), "host", Err(SendError::permanent("no such hook")), 0.0);
    assert_eq!(outbox.dead_letters(10)[0].reason, "no such hook");
    let before = (outbox.deliveries(100), outbox.dead_letters(100), outbox.counts());
    drop(outbox);
    let outbox = open(&folder);
    assert_eq!((outbox.deliveries(100), outbox.dead_letters(100), outbox.counts()), before);
}

#[test]
fn retry_after_pauses_the_whole_channel() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    for id in ["a", "b"] {
        outbox.enqueue(NOW, message(id), &channels(&["ops", "night"])).unwrap();
    }
    assert_eq!(plan(&mut outbox, NOW), ["a night", "a ops"]);
    outbox.record_result(NOW, &job("a", "ops"), "host", busy(Some(100)), 1.0);
    outbox.record_result(NOW, &job("a", "night"), "host", busy(None), 1.0);
    // The other channel continues with the next message.
    assert_eq!(plan(&mut outbox, after(1)), ["b night"]);
    outbox.record_result(after(1), &job("b", "night"), "host", Ok(()), 1.0);
    assert_eq!(outbox.wait(after(1)), Some(Duration::from_secs(4)));
    drop(outbox);
    let mut outbox = open(&folder);
    assert_eq!(plan(&mut outbox, after(99)), ["a night"]);
    assert_eq!(plan(&mut outbox, after(100)), ["b ops"]);
    // An excessive Retry-After is capped, and a clock that was set back causes no long delay.
    outbox.record_result(after(100), &job("b", "ops"), "host", busy(Some(u64::MAX)), 1.0);
    assert_eq!(plan(&mut outbox, after(100)), Vec::<String>::new());
    assert_eq!(plan(&mut outbox, NOW - Duration::from_secs(1_000_000)), ["a ops"]);
    outbox.record_result(NOW, &job("a", "ops"), "host", Ok(()), 1.0);
    assert_eq!(plan(&mut outbox, after(100) + MAX_RETRY_AFTER), ["b ops"]);
}

#[test]
fn delivery_log_has_actor_time_and_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    outbox.enqueue(NOW, message("a"), &channels(&["ops"])).unwrap();
    assert_eq!(plan(&mut outbox, NOW), ["a ops"]);
    let waiting = OutboxError::Pending { id: "a".to_owned(), channel: "ops".to_owned() };
    assert_eq!(outbox.resend(NOW, "a", "ops", "ada"), Err(waiting));
    outbox.record_result(after(1), &job("a", "ops"), "host", busy(Some(2)), 0.0);
    assert_eq!(plan(&mut outbox, after(9)), ["a ops"]);
    outbox.record_result(after(9), &job("a", "ops"), "host", Ok(()), 0.0);
    outbox.resend(after(9), "a", "ops", "ada\nand nobody else").unwrap();
    let unknown = outbox.resend(NOW, "a", "none", "ada").unwrap_err().to_string();
    assert!(unknown.contains("unknown message \"a\" for the channel \"none\""), "{unknown}");
    let log = serde_json::to_string(&outbox.deliveries(2)).unwrap();
    let front =
        r#"{"id":"a","title":"CPU of <web-1> is 93 %, above 80 %","severity":"critical","channel":"ops","#;
    let expected = format!(
        r#"[{front}"event":"resend","time":1700000009000,"who":"ada and nobody else"}},{front}"event":"attempt","time":1700000009000,"to":"host","number":2,"since":1700000000000,"result":"delivered"}}]"#
    );
    assert_eq!(log, expected);
    assert_eq!(outbox.deliveries(100).len(), 3);
}

#[test]
fn invalid_messages_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    let mut reject = |message: Message, names: &[&str]| {
        outbox.enqueue(NOW, message, &channels(names)).unwrap_err().to_string()
    };
    assert!(reject(message("a b"), &["ops"]).contains("invalid id of 3 characters"));
    assert!(reject(message("a"), &[]).contains("0 channels: use 1 to 64"));
    assert!(reject(message("a"), &["x"; 65]).contains("65 channels"));
    assert!(reject(message("a"), &["o ps"]).contains("name is not a valid channel name"));
    assert_eq!(outbox.counts(), Counts::default());
}

#[test]
fn full_outbox_evicts_finished_but_never_pending() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    outbox.retention.messages = 3;
    let put = |outbox: &mut Outbox, id: &str| outbox.enqueue(NOW, message(id), &channels(&["ops"]));
    let finish = |outbox: &mut Outbox, id: &str, result| {
        assert_eq!(plan(outbox, NOW), [format!("{id} ops")]);
        outbox.record_result(NOW, &job(id, "ops"), "host", result, 0.0);
    };
    let ids = |outbox: &Outbox| -> String {
        outbox.state.entries.values().map(|entry| entry.message.id.as_str()).collect()
    };
    put(&mut outbox, "a").unwrap();
    finish(&mut outbox, "a", Err(SendError::permanent("no")));
    put(&mut outbox, "b").unwrap();
    finish(&mut outbox, "b", Ok(()));
    put(&mut outbox, "c").unwrap();
    // Delivered messages are evicted before dead ones, although they are newer.
    assert_eq!(put(&mut outbox, "d").unwrap().evicted, 0);
    assert_eq!(ids(&outbox), "acd");
    assert_eq!(put(&mut outbox, "e").unwrap().evicted, 1);
    assert_eq!(ids(&outbox), "cde");
    let full = put(&mut outbox, "f").unwrap_err();
    assert!(full.to_string().starts_with("the outbox is full: 3 messages are pending"), "{full}");
    drop(outbox);
    let mut outbox = open(&folder);
    assert_eq!(ids(&outbox), "cde");

    // The limit on bytes.
    outbox.retention.bytes = outbox.state.bytes;
    assert!(put(&mut outbox, "f").is_err());
    for id in ["c", "d", "e"] {
        finish(&mut outbox, id, Ok(()));
    }
    put(&mut outbox, "f").unwrap();
    assert_eq!(ids(&outbox), "def");

    // Retention ends after a week.
    let late = NOW + RETENTION + Duration::from_millis(1);
    outbox.enqueue(late, message("g"), &channels(&["ops"])).unwrap();
    assert_eq!(ids(&outbox), "fg");
}
