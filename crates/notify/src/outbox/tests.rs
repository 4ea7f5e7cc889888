//! The outbox as a whole, in a folder.

mod disk;
mod machine;

use super::*;
use crate::message::tests::sample;
use crate::{MOST_RETRY_AFTER, Severity};
use std::fs;
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

/// What is planned: messages and channels.
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

#[test]
fn a_message_goes_out_once_over_each_channel() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    assert_eq!((outbox.wait(NOW), plan(&mut outbox, NOW)), (None, Vec::new()));
    let both = channels(&["ops", "night", "ops"]);
    let enqueued = outbox.enqueue(NOW, message("a"), &both).unwrap();
    assert_eq!(enqueued, Enqueued { channels: channels(&["ops", "night"]), is_durable: true, forgotten: 0 });
    assert_eq!(outbox.enqueue(NOW, message("a"), &both).unwrap().channels, Vec::<String>::new());
    assert_eq!(outbox.wait(NOW), Some(Duration::ZERO));
    assert_eq!(plan(&mut outbox, NOW), ["a night", "a ops"]);
    assert_eq!((outbox.wait(NOW), plan(&mut outbox, NOW)), (None, Vec::new()));
    outbox.done(NOW, &job("a", "ops"), "host", Ok(()), 0.0);
    drop(outbox);

    // The other one was under way: nobody knows how far it came.
    let mut outbox = open(&folder);
    assert_eq!(plan(&mut outbox, NOW), ["a night"]);
    outbox.done(NOW, &job("a", "night"), "host", Ok(()), 0.0);
    drop(outbox);
    let mut outbox = open(&folder);
    assert_eq!(plan(&mut outbox, after(1_000_000)), Vec::<String>::new());
    assert_eq!(outbox.counts(), Counts { waiting: 0, delivered: 2, dead: 0 });
    // It can still be told to others.
    assert_eq!(outbox.enqueue(NOW, message("a"), &channels(&["ops", "third"])).unwrap().channels, ["third"]);
}

#[test]
fn the_worst_goes_first_and_a_channel_is_asked_for_one_thing_at_a_time() {
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
        outbox.done(after(3), &job(expected, "ops"), "host", Ok(()), 0.0);
    }
}

#[test]
fn what_fails_is_tried_again_until_it_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    outbox.enqueue(NOW, message("a"), &channels(&["ops"])).unwrap();
    let mut now = NOW;
    let mut waits = Vec::new();
    while !plan(&mut outbox, now).is_empty() {
        outbox.done(now, &job("a", "ops"), "host", busy(None), 1.0);
        let Some(wait) = outbox.wait(now) else { break };
        assert_eq!(plan(&mut outbox, now + wait - Duration::from_millis(1)), Vec::<String>::new());
        waits.push(wait.as_secs());
        now = now + wait;
    }
    assert_eq!(waits.len() + 1, usize::try_from(MOST_ATTEMPTS).unwrap());
    assert_eq!(waits[..10], [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
    let letters = outbox.dead_letters(10);
    assert_eq!((letters.len(), letters[0].reason.as_str()), (1, "given up after 150 attempts: busy"));

    // Somebody asks for it; this time it is too old when it fails.
    outbox.resend(now, "a", "ops", "ada").unwrap();
    assert_eq!(plan(&mut outbox, now), ["a ops"]);
    outbox.done(now + MOST_AGE, &job("a", "ops"), "host", busy(None), 0.0);
    assert_eq!(outbox.dead_letters(10)[0].reason, "given up after 24 h: busy");

    outbox.resend(now, "a", "ops", "ada").unwrap();
    assert_eq!(plan(&mut outbox, now), ["a ops"]);
    outbox.done(now, &job("a", "ops"), "host", Err(SendError::permanent("no such hook")), 0.0);
    assert_eq!(outbox.dead_letters(10)[0].reason, "no such hook");
    let before = (outbox.deliveries(100), outbox.dead_letters(100), outbox.counts());
    drop(outbox);
    let outbox = open(&folder);
    assert_eq!((outbox.deliveries(100), outbox.dead_letters(100), outbox.counts()), before);
}

#[test]
fn who_asks_for_patience_is_left_alone_with_everything() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    for id in ["a", "b"] {
        outbox.enqueue(NOW, message(id), &channels(&["ops", "night"])).unwrap();
    }
    assert_eq!(plan(&mut outbox, NOW), ["a night", "a ops"]);
    outbox.done(NOW, &job("a", "ops"), "host", busy(Some(100)), 1.0);
    outbox.done(NOW, &job("a", "night"), "host", busy(None), 1.0);
    // The other channel goes on with the next one.
    assert_eq!(plan(&mut outbox, after(1)), ["b night"]);
    outbox.done(after(1), &job("b", "night"), "host", Ok(()), 1.0);
    assert_eq!(outbox.wait(after(1)), Some(Duration::from_secs(4)));
    drop(outbox);
    let mut outbox = open(&folder);
    assert_eq!(plan(&mut outbox, after(99)), ["a night"]);
    assert_eq!(plan(&mut outbox, after(100)), ["b ops"]);
    // Whoever wants to be left alone for ever is not heard, and a clock that was set back delays nothing for long.
    outbox.done(after(100), &job("b", "ops"), "host", busy(Some(u64::MAX)), 1.0);
    assert_eq!(plan(&mut outbox, after(100)), Vec::<String>::new());
    assert_eq!(plan(&mut outbox, NOW - Duration::from_secs(1_000_000)), ["a ops"]);
    outbox.done(NOW, &job("a", "ops"), "host", Ok(()), 1.0);
    assert_eq!(plan(&mut outbox, after(100) + MOST_RETRY_AFTER), ["b ops"]);
}

#[test]
fn the_log_tells_who_and_when_and_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    outbox.enqueue(NOW, message("a"), &channels(&["ops"])).unwrap();
    assert_eq!(plan(&mut outbox, NOW), ["a ops"]);
    let waiting = OutboxError::Waiting { id: "a".to_owned(), channel: "ops".to_owned() };
    assert_eq!(outbox.resend(NOW, "a", "ops", "ada"), Err(waiting));
    outbox.done(after(1), &job("a", "ops"), "host", busy(Some(2)), 0.0);
    assert_eq!(plan(&mut outbox, after(9)), ["a ops"]);
    outbox.done(after(9), &job("a", "ops"), "host", Ok(()), 0.0);
    outbox.resend(after(9), "a", "ops", "ada\nand nobody else").unwrap();
    let unknown = outbox.resend(NOW, "a", "none", "ada").unwrap_err().to_string();
    assert!(unknown.contains("no message \"a\" for the channel \"none\""), "{unknown}");
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
fn what_cannot_be_sent_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    let mut refuse = |message: Message, names: &[&str]| {
        outbox.enqueue(NOW, message, &channels(names)).unwrap_err().to_string()
    };
    assert!(refuse(message("a b"), &["ops"]).contains("id of 3 characters"));
    assert!(refuse(message("a"), &[]).contains("0 channels: give 1 to 32"));
    assert!(refuse(message("a"), &["x"; 33]).contains("33 channels"));
    assert!(refuse(message("a"), &["o ps"]).contains("name is not the name of a channel"));
    assert_eq!(outbox.counts(), Counts::default());
}

#[test]
fn when_there_is_no_room_what_is_over_goes_and_nothing_that_waits() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    outbox.room.messages = 3;
    let put = |outbox: &mut Outbox, id: &str| outbox.enqueue(NOW, message(id), &channels(&["ops"]));
    let finish = |outbox: &mut Outbox, id: &str, result| {
        assert_eq!(plan(outbox, NOW), [format!("{id} ops")]);
        outbox.done(NOW, &job(id, "ops"), "host", result, 0.0);
    };
    let ids = |outbox: &Outbox| -> String {
        outbox.state.entries.values().map(|entry| entry.message.id.as_str()).collect()
    };
    put(&mut outbox, "a").unwrap();
    finish(&mut outbox, "a", Err(SendError::permanent("no")));
    put(&mut outbox, "b").unwrap();
    finish(&mut outbox, "b", Ok(()));
    put(&mut outbox, "c").unwrap();
    // What was delivered goes before what was not, although it is younger.
    assert_eq!(put(&mut outbox, "d").unwrap().forgotten, 0);
    assert_eq!(ids(&outbox), "acd");
    assert_eq!(put(&mut outbox, "e").unwrap().forgotten, 1);
    assert_eq!(ids(&outbox), "cde");
    let full = put(&mut outbox, "f").unwrap_err();
    assert!(full.to_string().starts_with("3 messages wait to be sent, and there is no room"), "{full}");
    drop(outbox);
    let mut outbox = open(&folder);
    assert_eq!(ids(&outbox), "cde");

    // Bytes count too.
    outbox.room.bytes = outbox.state.bytes;
    assert!(put(&mut outbox, "f").is_err());
    for id in ["c", "d", "e"] {
        finish(&mut outbox, id, Ok(()));
    }
    put(&mut outbox, "f").unwrap();
    assert_eq!(ids(&outbox), "def");

    // After a week nobody asks any more.
    let late = NOW + KEPT + Duration::from_millis(1);
    outbox.enqueue(late, message("g"), &channels(&["ops"])).unwrap();
    assert_eq!(ids(&outbox), "fg");
}
