//! The post as a whole.

use super::http::{LONG, verify, webhook};
use super::receiver::{Receiver, Reply};
use super::{NOW, sample};
use crate::outbox::{Counts, Event, Outcome};
use crate::{Channel, Channels, Environs, Message, Overview, Post, PostError, SendError, Sending};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_test_servers::until;

/// A clock that stands still until it is set.
#[derive(Clone, Default)]
pub(super) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(super) fn environs(&self) -> Environs {
        let clock = Arc::clone(&self.0);
        Environs {
            clock: Box::new(move || NOW + Duration::from_millis(clock.load(Ordering::SeqCst).unsigned_abs())),
            random: Box::new(|| 1.0),
        }
    }

    pub(super) fn forward(&self, post: &Post, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
        post.wake().unwrap();
    }
}

fn channels(channels: impl IntoIterator<Item = (&'static str, Arc<dyn Channel>)>) -> Channels {
    channels.into_iter().map(|(name, channel)| (name.to_owned(), channel)).collect()
}

fn hook(url: &str) -> Channels {
    channels([("hook", Arc::new(webhook(url, LONG)) as _)])
}

fn start(folder: &Path, channels: Channels, clock: &Clock) -> Post {
    Post::start(folder, channels, clock.environs()).unwrap().0
}

pub(super) fn put(post: &Post, id: &str, channels: &[&str]) {
    let message = Message { id: id.to_owned(), ..sample() };
    let channels = channels.iter().map(|&name| name.to_owned()).collect();
    assert!(post.enqueue(message, channels).unwrap().wait(LONG).unwrap().is_durable);
}

pub(super) fn overview(post: &Post) -> Overview {
    post.overview(1000).unwrap().wait(LONG).unwrap()
}

pub(super) fn until_counts(post: &Post, waiting: usize, delivered: usize, dead: usize) {
    let counts = Counts { waiting, delivered, dead };
    until(&format!("{counts:?}"), || (overview(post).counts == counts).then_some(()));
}

/// A channel within the test.
struct Fake(Box<dyn Fn(&Message) -> Sending<'static> + Send + Sync>);

impl Channel for Fake {
    fn to(&self) -> String {
        "fake".to_owned()
    }

    fn send<'a>(&'a self, message: &'a Message, _now: Timestamp) -> Sending<'a> {
        (self.0)(message)
    }
}

#[test]
fn what_fails_is_tried_again_and_arrives_once() {
    let folder = tempfile::tempdir().unwrap();
    let script = [Reply::Status(429, "retry-after: 30\r\n", ""), Reply::Status(500, "", ""), Reply::Cut];
    let (receiver, clock) = (Receiver::start(script, None), Clock::default());
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    put(&post, "a", &["hook"]);
    // Before each attempt the clock is set to when it is due: as asked for, then as the backoff has it.
    for (attempt, wait) in [(1, 30), (2, 10), (3, 20), (4, 0)] {
        let received = receiver.next();
        verify(&received);
        assert_eq!(received.header("idempotency-key"), Some("a"));
        until("the attempt is written down", || (overview(&post).deliveries.len() == attempt).then_some(()));
        assert!(receiver.so_far().is_empty());
        clock.forward(&post, wait);
    }
    until_counts(&post, 0, 1, 0);
    let results = overview(&post).deliveries.into_iter().map(|delivery| match delivery.event {
        Event::Attempt(attempt) => (attempt.number, attempt.outcome == Outcome::Delivered),
        Event::Resend { .. } => panic!("nobody asked"),
    });
    assert_eq!(results.collect::<Vec<_>>(), [(4, true), (3, false), (2, false), (1, false)]);
    clock.forward(&post, 100_000);
    put(&post, "a", &["hook"]);
    overview(&post);
    assert!(post.stop(LONG));
    assert!(receiver.so_far().is_empty());
}

#[test]
fn killed_in_the_middle_each_message_arrives_once() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, clock) = (Receiver::start([Reply::Hang], None), Clock::default());
    let ids: BTreeSet<String> = (0..20).map(|number| format!("message-{number}")).collect();
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    ids.iter().for_each(|id| put(&post, id, &["hook"]));
    // The first one hangs. Killed now, and twice more after some have gone out.
    let mut received = vec![receiver.next()];
    drop(post);
    for some in [3, 5] {
        let post = start(folder.path(), hook(&receiver.url("/")), &clock);
        received.extend((0..some).map(|_| receiver.next()));
        drop(post);
    }
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    until_counts(&post, 0, 20, 0);
    assert!(post.stop(LONG));
    received.extend(receiver.so_far());

    // What a kill cut off comes again under the same key, by which the other side knows it.
    let key = |received: &super::receiver::Received| received.header("idempotency-key").unwrap().to_owned();
    assert_eq!(received.iter().map(key).collect::<BTreeSet<_>>(), ids);
    assert!(received.len() <= ids.len() + 3, "{} requests with three kills", received.len());
    received.iter().for_each(verify);
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    assert_eq!(overview(&post).counts, Counts { waiting: 0, delivered: 20, dead: 0 });
}

#[test]
fn a_channel_that_hangs_or_fails_delays_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&taken);
    let fake = |send: fn(&Message) -> Sending<'static>| Arc::new(Fake(Box::new(send))) as Arc<dyn Channel>;
    let good = Fake(Box::new(move |message| {
        to.lock().unwrap().push(message.id.clone());
        Box::pin(async { Ok(()) })
    }));
    let channels = channels([
        ("good", Arc::new(good) as _),
        ("hangs", fake(|_| Box::pin(std::future::pending()))),
        ("fails", fake(|_| Box::pin(async { Err(SendError::temporary("no")) }))),
        ("panics", fake(|_| Box::pin(async { panic!("a panic that the test wants") }))),
    ]);
    let post = start(folder.path(), channels, &Clock::default());
    let ids = ["a", "b", "c", "d", "e"];
    for id in ids {
        put(&post, id, &["good", "hangs", "fails", "panics", "gone"]);
    }
    until_counts(&post, 15, 5, 5);
    assert_eq!(*taken.lock().unwrap(), ids);
    until("each has failed once", || {
        let failed =
            |channel: &str| overview(&post).deliveries.iter().filter(|on| on.channel == channel).count();
        (failed("fails") == 5 && failed("panics") == 5 && failed("hangs") == 0).then_some(())
    });
    let overview = overview(&post);
    assert_eq!(overview.channels["good"], "fake");
    assert!(
        overview.dead_letters.iter().all(|letter| letter.reason.starts_with("there is no channel \"gone\""))
    );
    assert!(post.stop(Duration::ZERO));
}

#[test]
fn a_test_message_tells_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start([Reply::Status(200, "", ""), Reply::Status(500, "", "")], None);
    let post = start(folder.path(), hook(&receiver.url("/")), &Clock::default());
    let test = |name| post.test(name).unwrap().wait(LONG);
    test("hook").unwrap();
    let error = test("hook").unwrap_err().to_string();
    assert!(error.ends_with("answers with status 500"), "{error}");
    let keys: BTreeSet<_> = receiver
        .so_far()
        .iter()
        .map(|received| received.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 2);
    let error = test("none").unwrap_err().to_string();
    assert_eq!(error, "there is no channel \"none\": there are hook");
    assert_eq!(overview(&post).counts, Counts::default());
}

#[test]
fn what_is_dead_can_be_sent_again_over_a_channel_that_was_mended() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start([Reply::Status(410, "", "gone")], None);
    let post = start(folder.path(), hook(&receiver.url("/old")), &Clock::default());
    put(&post, "a", &["hook"]);
    until_counts(&post, 0, 0, 1);
    assert!(matches!(post.resend("b", "hook", "ada").unwrap().wait(LONG), Err(PostError::Outbox(_))));
    post.set_channels(hook(&receiver.url("/new"))).unwrap().wait(LONG).unwrap();
    post.resend("a", "hook", "ada").unwrap().wait(LONG).unwrap();
    until_counts(&post, 0, 1, 0);
    let lines: Vec<_> = receiver.so_far().into_iter().map(|received| received.line).collect();
    assert_eq!(lines, ["POST /old HTTP/1.1", "POST /new HTTP/1.1"]);
}

#[test]
fn what_is_under_way_is_waited_for_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start([], None);
    let clock = Clock::default();
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    // Not waited for: what was accepted is written down all the same.
    drop(post.enqueue(sample(), vec!["hook".to_owned()]).unwrap());
    assert!(post.stop(LONG));
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    until_counts(&post, 0, 1, 0);
    assert_eq!(receiver.so_far().len(), 1);
}
