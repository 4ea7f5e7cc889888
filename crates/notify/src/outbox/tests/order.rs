//! Order of messages about the same alert, and messages that a later one replaces.

use super::super::state::OutboxState;
use super::*;
use crate::{AlertDetails, AlertGroup, AlertStatus};
use proptest::prelude::*;
use std::collections::BTreeMap;

const CHANNELS: [&str; 2] = ["night", "ops"];

/// A message about alerts, all firing or all resolved.
fn about(id: &str, alerts: &[&str], is_resolved: bool) -> Message {
    let status = if is_resolved { AlertStatus::Resolved } else { AlertStatus::Firing };
    let details =
        |alert: &&str| AlertDetails { status, fingerprint: (*alert).to_owned(), ..AlertDetails::default() };
    let group = AlertGroup { alerts: alerts.iter().map(details).collect(), ..AlertGroup::default() };
    Message { group: Some(group), title: format!("title of {id}"), ..message(id) }
}

/// An outbox with these messages on one channel, the first of which has failed once.
fn failing(folder: &TempDir, messages: &[Message]) -> Outbox {
    let mut outbox = open(folder);
    let ops = channels(&["ops"]);
    outbox.enqueue(NOW, messages[0].clone(), &ops).unwrap();
    let jobs = outbox.plan(NOW);
    messages[1..].iter().for_each(|message| drop(outbox.enqueue(after(1), message.clone(), &ops).unwrap()));
    assert_eq!(plan(&mut outbox, after(1)), Vec::<String>::new(), "one at a time");
    outbox.record_result(after(1), &jobs[0], "host", busy(None), 1.0);
    outbox
}

#[test]
fn resolution_replaces_the_firing_that_was_not_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let mut critical = about("worse", &["cpu"], false);
    critical.severity = Severity::Critical;
    let fired = about("fired", &["cpu"], false);
    let mut outbox = failing(&folder, &[fired, critical, about("resolved", &["cpu", "disk"], true)]);
    // It waits neither for the retry of the first message nor for the repeat.
    assert_eq!(outbox.wait(after(1)), Some(Duration::from_secs(5)));
    let [job] = &outbox.plan(after(1))[..] else { panic!("one job") };
    assert_eq!(job.message.id, "resolved");
    let line = job.message.lines.last().unwrap();
    assert_eq!(
        (line.label.as_str(), line.text.as_str()),
        (
            "Earlier",
            "2 notifications since 2023-11-14 22:13:20 UTC could not be delivered before: title of fired"
        )
    );
    outbox.record_result(after(2), job, "host", Ok(()), 0.0);
    assert_eq!(outbox.wait(after(2)), None);
    assert_eq!(outbox.counts(), Counts { delivered: 1, superseded: 2, ..Counts::default() });
    let log = serde_json::to_value(outbox.deliveries(9)).unwrap();
    assert_eq!((&log[1]["event"], &log[1]["by"]), (&"superseded".into(), &"resolved".into()), "{log}");
    drop(outbox);
    // A restart leaves it so, and a user may request one of them nevertheless.
    let mut outbox = open(&folder);
    assert_eq!(plan(&mut outbox, after(1000)), Vec::<String>::new());
    outbox.resend(after(1000), "fired", "ops", "ada").unwrap();
    assert_eq!(plan(&mut outbox, after(1000)), ["fired ops"]);
}

#[test]
fn messages_wait_for_earlier_ones_about_the_same_alert() {
    let folder = tempfile::tempdir().unwrap();
    let both = about("both", &["cpu", "disk"], false);
    let mut outbox = failing(&folder, &[both, about("cpu", &["cpu"], true), about("net", &["net"], true)]);
    // The first one is still news about the disk: it is not replaced. Other alerts do not wait for it.
    assert_eq!(plan(&mut outbox, after(1)), ["net ops"]);
    outbox.record_result(after(1), &job("net", "ops"), "host", Ok(()), 0.0);
    assert_eq!(outbox.wait(after(1)), Some(Duration::from_secs(5)));
    for expected in ["both", "cpu"] {
        assert_eq!(plan(&mut outbox, after(6)), [format!("{expected} ops")]);
        outbox.record_result(after(6), &job(expected, "ops"), "host", Ok(()), 0.0);
    }
}

#[test]
fn alerts_that_are_not_listed_may_be_in_any_message_of_the_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut many = about("many", &["cpu"], false);
    many.group.as_mut().unwrap().truncated = 5;
    let mut outbox = failing(&folder, &[many, about("disk", &["disk"], true)]);
    assert_eq!(plan(&mut outbox, after(1)), Vec::<String>::new());
    assert_eq!(plan(&mut outbox, after(6)), ["many ops"]);
    outbox.record_result(after(6), &job("many", "ops"), "host", Err(SendError::permanent("no")), 0.0);
    assert_eq!(plan(&mut outbox, after(6)), ["disk ops"], "one that was given up holds back nothing");
}

/// Input of the state machine.
#[derive(Clone, Debug)]
enum Step {
    /// Alerts that fire or worsen, or those of them that fire resolve.
    Change(Vec<usize>, bool),
    Plan,
    /// The n-th job in flight, and whether it is delivered, rejected, or to be retried after a delay.
    Done(usize, Option<Option<u64>>, bool),
    Pass(u64),
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (prop::collection::vec(0..3_usize, 1..3), any::<bool>()).prop_map(|(of, up)| Step::Change(of, up)),
        4 => Just(Step::Plan),
        4 => (0..2_usize, prop::option::weighted(0.6, prop::option::of(0..50_u64)), prop::bool::weighted(0.1))
            .prop_map(|(job, failure, is_permanent)| Step::Done(job, failure, is_permanent)),
        2 => (0..900_u64).prop_map(Step::Pass),
        1 => Just(Step::Crash),
    ]
}

#[derive(Default)]
struct World {
    state: OutboxState,
    in_flight: Vec<Job>,
    now: Timestamp,
    messages: usize,
    is_firing: [bool; 3],
    /// Numbers of the messages that the receiver got, by alert and channel.
    delivered: BTreeMap<(String, String), Vec<usize>>,
    /// Number of the last message about an alert, and whether it says that it resolved.
    last: BTreeMap<String, (usize, bool)>,
}

impl World {
    fn take(&mut self, step: Step) {
        match step {
            Step::Change(of, fires) => self.change(&of, fires),
            Step::Plan => self.plan(),
            Step::Done(number, failure, is_permanent) if number < self.in_flight.len() => {
                let job = self.in_flight.remove(number);
                self.done(&job, outcome(failure, is_permanent));
            }
            Step::Done(..) => {}
            Step::Pass(seconds) => self.now = self.now + Duration::from_secs(seconds),
            Step::Crash => {
                // The receiver got it, and that was not recorded.
                std::mem::take(&mut self.in_flight).iter().for_each(|job| self.receive(job));
                let records: Vec<Record> = self.state.records().collect();
                self.state = OutboxState::default();
                records.iter().for_each(|record| self.state.apply(record));
            }
        }
    }

    fn change(&mut self, of: &[usize], fires: bool) {
        let mut alerts: Vec<usize> =
            of.iter().copied().filter(|&alert| fires || self.is_firing[alert]).collect();
        alerts.sort_unstable();
        alerts.dedup();
        if alerts.is_empty() {
            return;
        }
        self.messages += 1;
        alerts.iter().for_each(|&alert| self.is_firing[alert] = fires);
        let names: Vec<String> = alerts.iter().map(|alert| format!("a{alert}")).collect();
        for name in &names {
            self.last.insert(name.clone(), (self.messages, !fires));
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let message = about(&self.messages.to_string(), &names, !fires);
        let new = NewMessage { time: self.now, message, channels: channels(&CHANNELS) };
        self.state.apply(&Record::Committed { messages: vec![new], state: None });
    }

    fn plan(&mut self) {
        let records = self.state.supersede(self.now);
        records.iter().for_each(|record| self.state.apply(record));
        assert_eq!(self.state.supersede(self.now), [], "all at once");
        let jobs = self.state.plan(self.now);
        self.in_flight.extend(jobs);
    }

    fn done(&mut self, job: &Job, result: Result<(), SendError>) {
        if result.is_ok() {
            self.receive(job);
        }
        let about = (job.message.id.as_str(), job.channel.as_str(), "host");
        let record = self.state.attempt_record(self.now, about, result, 0.5).unwrap();
        self.state.apply(&record);
    }

    fn receive(&mut self, job: &Job) {
        let number = job.message.id.parse().unwrap();
        for alert in &job.message.group.as_ref().unwrap().alerts {
            let key = (alert.fingerprint.clone(), job.channel.clone());
            self.delivered.entry(key).or_default().push(number);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_receiver_gets_the_states_of_an_alert_in_order(steps in prop::collection::vec(step(), 0..150)) {
        let mut world = World { now: NOW, ..World::default() };
        steps.into_iter().for_each(|step| world.take(step));

        // From here on every send is accepted.
        for job in std::mem::take(&mut world.in_flight) {
            world.done(&job, Ok(()));
        }
        let mut rounds = 0;
        while let Some(wait) = world.state.wait(world.now) {
            world.now = world.now + wait;
            world.plan();
            // What remains may have been superseded.
            for job in std::mem::take(&mut world.in_flight) {
                world.done(&job, Ok(()));
            }
            rounds += 1;
            prop_assert!(rounds < 1000, "it does not terminate");
        }
        for (key, numbers) in &world.delivered {
            prop_assert!(numbers.is_sorted(), "{key:?} was told {numbers:?}");
        }
        // Nobody is left with an old state, unless the newest one was given up.
        for (alert, (number, _)) in &world.last {
            for channel in CHANNELS {
                let newest = &world.state.item(&number.to_string(), channel).unwrap().stage;
                let notified = world.delivered.get(&(alert.clone(), channel.to_owned())).and_then(|all| all.last());
                let is_notified = notified == Some(number) || matches!(newest, Stage::Dead { .. });
                prop_assert!(is_notified, "{alert} on {channel}: {notified:?}, {newest:?}");
            }
        }
        // A resolution is always sent.
        for entry in world.state.entries.values() {
            for item in &entry.items {
                let is_superseded = matches!(item.stage, Stage::Superseded { .. });
                prop_assert!(!is_superseded || entry.message.status() == AlertStatus::Firing);
            }
        }
    }
}
