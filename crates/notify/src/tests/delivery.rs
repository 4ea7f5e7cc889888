//! Delivery service, end to end.

mod commits;

use super::http::{LONG, verify, webhook};
use super::receiver::{Receiver, Reply};
use super::{NOW, sample};
use crate::outbox::{Counts, Event, MAX_MESSAGES, Outbox, Outcome};
use crate::{
    Channel, Channels, Commit, DeliveryError, DeliveryService, Env, GivenUp, Message, Outgoing, Overview,
    SendError, SendFuture,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_test_servers::wait_until;

/// Manually advanced clock.
#[derive(Clone, Default)]
pub(super) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(super) fn env(&self) -> Env {
        let clock = Arc::clone(&self.0);
        Env {
            clock: Box::new(move || NOW + Duration::from_millis(clock.load(Ordering::SeqCst).unsigned_abs())),
            random: Box::new(|| 1.0),
            report: Box::new(|problem| assert_eq!(problem, None)),
            on_given_up: Box::new(|_| {}),
        }
    }

    pub(super) fn forward(&self, post: &DeliveryService, seconds: i64) {
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

fn start(folder: &Path, channels: Channels, clock: &Clock) -> DeliveryService {
    DeliveryService::start(folder, channels, clock.env()).unwrap().0
}

fn outgoing(id: &str, channels: &[&str]) -> Outgoing {
    let message = Message { id: id.to_owned(), ..sample() };
    Outgoing { message, channels: channels.iter().map(|&name| name.to_owned()).collect(), chart: None }
}

/// Commits the message, with its id as the state.
fn submit(post: &DeliveryService, outgoing: Outgoing) {
    let state = outgoing.message.id.clone();
    post.commit(Commit { messages: vec![outgoing], state: Box::new(move || Some(state.clone())) });
}

fn until_saved(post: &DeliveryService) {
    wait_until("everything is saved", || post.is_saved().then_some(()));
}

pub(super) fn put(post: &DeliveryService, id: &str, channels: &[&str]) {
    submit(post, outgoing(id, channels));
    until_saved(post);
}

pub(super) fn overview(post: &DeliveryService) -> Overview {
    post.overview(1000).unwrap().wait(LONG).unwrap()
}

pub(super) fn until_counts(post: &DeliveryService, waiting: usize, delivered: usize, dead: usize) {
    let counts = Counts { waiting, delivered, dead, superseded: 0 };
    wait_until(&format!("{counts:?}"), || (overview(post).counts == counts).then_some(()));
}

/// In-process channel.
struct Fake(Box<dyn Fn(&Message) -> SendFuture<'static> + Send + Sync>);

impl Channel for Fake {
    fn to(&self) -> String {
        "fake".to_owned()
    }

    fn send<'a>(&'a self, message: &'a Message, _now: Timestamp) -> SendFuture<'a> {
        (self.0)(message)
    }
}

#[test]
fn failed_message_is_retried_and_arrives_once() {
    let folder = tempfile::tempdir().unwrap();
    let script = [Reply::Status(429, "retry-after: 30\r\n", ""), Reply::Status(500, "", ""), Reply::Cut];
    let (receiver, clock) = (Receiver::start(script, None), Clock::default());
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    put(&post, "a", &["hook"]);
    // Before each attempt the clock is advanced to its due time: the requested delay, then the backoff.
    for (attempt, wait) in [(1, 30), (2, 10), (3, 20), (4, 0)] {
        let received = receiver.next();
        verify(&received);
        assert_eq!(received.header("idempotency-key"), Some("a"));
        wait_until("the attempt is recorded", || (overview(&post).deliveries.len() == attempt).then_some(()));
        assert!(receiver.so_far().is_empty());
        clock.forward(&post, wait);
    }
    until_counts(&post, 0, 1, 0);
    let results = overview(&post).deliveries.into_iter().map(|delivery| match delivery.event {
        Event::Attempt(attempt) => (attempt.number, attempt.outcome == Outcome::Delivered),
        event => panic!("unexpected {event:?}"),
    });
    assert_eq!(results.collect::<Vec<_>>(), [(4, true), (3, false), (2, false), (1, false)]);
    clock.forward(&post, 100_000);
    put(&post, "a", &["hook"]);
    overview(&post);
    assert!(post.stop(LONG));
    assert!(receiver.so_far().is_empty());
}

#[test]
fn messages_arrive_once_despite_kills() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, clock) = (Receiver::start([Reply::Hang], None), Clock::default());
    let ids: BTreeSet<String> = (0..20).map(|number| format!("message-{number}")).collect();
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    ids.iter().for_each(|id| put(&post, id, &["hook"]));
    // The first send hangs. Killed now, and twice more after some have been sent.
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

    // An interrupted send is repeated with the same idempotency key.
    let key = |received: &super::receiver::Received| received.header("idempotency-key").unwrap().to_owned();
    assert_eq!(received.iter().map(key).collect::<BTreeSet<_>>(), ids);
    assert!(received.len() <= ids.len() + 3, "{} requests with three kills", received.len());
    received.iter().for_each(verify);
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    assert_eq!(overview(&post).counts, Counts { waiting: 0, delivered: 20, ..Counts::default() });
}

#[test]
fn hanging_or_failing_channel_delays_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&accepted);
    let fake = |send: fn(&Message) -> SendFuture<'static>| Arc::new(Fake(Box::new(send))) as Arc<dyn Channel>;
    let good = Fake(Box::new(move |message| {
        to.lock().unwrap().push(message.id.clone());
        Box::pin(async { Ok(()) })
    }));
    let channels = channels([
        ("good", Arc::new(good) as _),
        ("hangs", fake(|_| Box::pin(std::future::pending()))),
        ("fails", fake(|_| Box::pin(async { Err(SendError::temporary("no")) }))),
        ("panics", fake(|_| Box::pin(async { panic!("a panic that the test expects") }))),
    ]);
    let post = start(folder.path(), channels, &Clock::default());
    let ids = ["a", "b", "c", "d", "e"];
    for id in ids {
        put(&post, id, &["good", "hangs", "fails", "panics", "gone"]);
    }
    until_counts(&post, 15, 5, 5);
    assert_eq!(*accepted.lock().unwrap(), ids);
    wait_until("each has failed once", || {
        let failed =
            |channel: &str| overview(&post).deliveries.iter().filter(|on| on.channel == channel).count();
        (failed("fails") == 5 && failed("panics") == 5 && failed("hangs") == 0).then_some(())
    });
    let overview = overview(&post);
    assert_eq!(overview.channels["good"], "fake");
    assert!(overview.dead_letters.iter().all(|letter| letter.reason.starts_with("unknown channel \"gone\"")));
    assert!(post.stop(Duration::ZERO));
}

#[test]
fn given_up_messages_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start([Reply::Status(404, "", "no hook")], None);
    let (sender, reported) = std::sync::mpsc::channel();
    let report = move |given_up: GivenUp<'_>| {
        let GivenUp { id, title, channel, reason } = given_up;
        sender.send([id, title, channel, reason].map(str::to_owned)).unwrap_or_default();
    };
    let env = Env { on_given_up: Box::new(report), ..Clock::default().env() };
    let post = DeliveryService::start(folder.path(), hook(&receiver.url("/")), env).unwrap().0;
    put(&post, "a", &["hook"]);
    put(&post, "b", &["hook"]);
    put(&post, "c", &["hok"]);
    until_counts(&post, 0, 1, 2);
    let mut reported: Vec<_> = reported.try_iter().collect();
    reported.sort();
    let title = sample().title;
    let reason = format!("127.0.0.1:{} responded with status 404: no hook", receiver.port());
    let unknown = "unknown channel \"hok\": removed or never configured";
    assert_eq!(reported, [["a", &title, "hook", &reason], ["c", &title, "hok", unknown]]);
}

#[test]
fn test_message_returns_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start([Reply::Status(200, "", ""), Reply::Status(500, "", "")], None);
    let post = start(folder.path(), hook(&receiver.url("/")), &Clock::default());
    let test = |name| post.test(name).unwrap().wait(LONG);
    test("hook").unwrap();
    let error = test("hook").unwrap_err().to_string();
    assert!(error.ends_with("responded with status 500"), "{error}");
    let keys: BTreeSet<_> = receiver
        .so_far()
        .iter()
        .map(|received| received.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 2);
    let error = test("none").unwrap_err().to_string();
    assert_eq!(error, "unknown channel \"none\": configured channels: hook");
    assert_eq!(overview(&post).counts, Counts::default());
}

#[test]
fn dead_letter_can_be_resent_over_a_repaired_channel() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start([Reply::Status(410, "", "gone")], None);
    let post = start(folder.path(), hook(&receiver.url("/old")), &Clock::default());
    put(&post, "a", &["hook"]);
    until_counts(&post, 0, 0, 1);
    assert!(matches!(post.resend("b", "hook", "ada").unwrap().wait(LONG), Err(DeliveryError::Outbox(_))));
    post.set_channels(hook(&receiver.url("/new"))).unwrap().wait(LONG).unwrap();
    post.resend("a", "hook", "ada").unwrap().wait(LONG).unwrap();
    until_counts(&post, 0, 1, 0);
    let lines: Vec<_> = receiver.so_far().into_iter().map(|received| received.line).collect();
    assert_eq!(lines, ["POST /old HTTP/1.1", "POST /new HTTP/1.1"]);
}

#[test]
fn stop_waits_for_sends_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start([], None);
    let clock = Clock::default();
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    // A submitted message is persisted before the end.
    submit(&post, outgoing("a", &["hook"]));
    assert!(post.stop(LONG));
    let post = start(folder.path(), hook(&receiver.url("/")), &clock);
    until_counts(&post, 0, 1, 0);
    assert_eq!(receiver.so_far().len(), 1);
}
