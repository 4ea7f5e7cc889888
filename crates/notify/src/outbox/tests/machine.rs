//! Property test: every message is finished, and none is sent twice unless a crash came between send and record.

use super::super::state::{Item, OutboxState};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Input of the state machine.
#[derive(Clone, Debug)]
enum Step {
    Enqueue(u8, Vec<u8>),
    Pass(u64),
    Plan,
    /// The n-th job in flight, and whether it is delivered, rejected, or to be retried after a delay.
    Done(usize, Option<Option<u64>>, bool),
    Resend(u8, u8),
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..6_u8, prop::collection::vec(0..3_u8, 1..3)).prop_map(|(id, on)| Step::Enqueue(id, on)),
        2 => prop_oneof![0..20_u64, 0..200_000_u64].prop_map(Step::Pass),
        4 => Just(Step::Plan),
        4 => (0..3_usize, prop::option::of(prop::option::of(0..5000_u64)), any::<bool>())
            .prop_map(|(job, failure, is_permanent)| Step::Done(job, failure, is_permanent)),
        1 => (0..6_u8, 0..3_u8).prop_map(|(id, on)| Step::Resend(id, on)),
        1 => Just(Step::Crash),
    ]
}

/// The state, its records, and what the receiver saw.
#[derive(Default)]
struct World {
    state: OutboxState,
    written: Vec<Record>,
    in_flight: Vec<Job>,
    /// How often each was accepted by the receiver, without manual resends.
    accepted: BTreeMap<(String, String), u32>,
    /// How often a crash came between acceptance and its record.
    unrecorded: BTreeMap<(String, String), u32>,
    now: Timestamp,
    commits: u32,
}

fn key(job: &Job) -> (String, String) {
    (job.message.id.clone(), job.channel.clone())
}

impl World {
    fn write(&mut self, record: Record) {
        self.state.apply(&record);
        self.written.push(record);
    }

    fn plan(&mut self) {
        let now = self.now;
        let jobs = self.state.plan(now);
        self.in_flight.extend(jobs);
        let mut channels: Vec<&str> = self.in_flight.iter().map(|job| job.channel.as_str()).collect();
        channels.sort_unstable();
        assert!(channels.windows(2).all(|pair| pair[0] != pair[1]), "two at a time: {channels:?}");
    }

    fn done(&mut self, job: &Job, result: Result<(), SendError>) {
        if result.is_ok() {
            *self.accepted.entry(key(job)).or_default() += 1;
        }
        let about = (job.message.id.as_str(), job.channel.as_str(), "host");
        let record = self.state.attempt_record(self.now, about, result, 0.5).unwrap();
        self.write(record);
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Enqueue(id, on) => {
                let message = message(&id.to_string());
                let on = on.iter().map(|channel| format!("c{channel}")).collect();
                self.commits += 1;
                let messages = vec![NewMessage { time: self.now, message, channels: on }];
                self.write(Record::Committed { messages, state: Some(self.commits.to_string()) });
            }
            Step::Pass(seconds) => self.now = self.now + Duration::from_secs(seconds),
            Step::Plan => self.plan(),
            Step::Done(number, failure, is_permanent) if number < self.in_flight.len() => {
                let job = self.in_flight.remove(number);
                self.done(&job, outcome(failure, is_permanent));
            }
            Step::Resend(id, on) => {
                let (id, channel) = (id.to_string(), format!("c{on}"));
                let is_finished = |item: &Item| !matches!(item.stage, Stage::Waiting { .. });
                if self.state.item(&id, &channel).is_some_and(is_finished) {
                    self.accepted.remove(&(id.clone(), channel.clone()));
                    self.unrecorded.remove(&(id.clone(), channel.clone()));
                    let happened = Event::Resend { time: self.now, who: "ada".to_owned() };
                    self.write(Record::Happened { id, channel, happened });
                }
            }
            Step::Crash => {
                // The receiver accepted it, and that was not recorded.
                for job in std::mem::take(&mut self.in_flight) {
                    *self.accepted.entry(key(&job)).or_default() += 1;
                    *self.unrecorded.entry(key(&job)).or_default() += 1;
                }
                let again: Vec<Record> = self.state.records().collect();
                let of = |records: &[Record]| {
                    let mut state = OutboxState::default();
                    records.iter().for_each(|record| state.apply(record));
                    let entries: Vec<_> = state.entries.values().cloned().collect();
                    let dispatcher_state = state.dispatcher_state.clone();
                    (state, (entries, dispatcher_state))
                };
                let ((_, appended), (compacted, entries)) = (of(&self.written), of(&again));
                assert_eq!(appended, entries, "a compacted file gives another state");
                let before = self.state.entries.values().cloned().collect::<Vec<_>>();
                assert_eq!(entries, (before, self.state.dispatcher_state.clone()));
                (self.state, self.written) = (compacted, again);
            }
            Step::Done(..) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_message_finishes_and_none_is_sent_twice(steps in prop::collection::vec(step(), 0..120)) {
        let mut world = World { now: NOW, ..World::default() };
        steps.into_iter().for_each(|step| world.take(step));
        for (key, accepted) in &world.accepted {
            let unrecorded = world.unrecorded.get(key).copied().unwrap_or_default();
            prop_assert!(*accepted <= 1 + unrecorded, "{key:?} was accepted {accepted} times with {unrecorded} crashes in between");
        }

        // From here on every send fails: everything still finishes, in steps of `wait`.
        for job in std::mem::take(&mut world.in_flight) {
            world.done(&job, busy(None));
        }
        let mut rounds = 0;
        while let Some(wait) = world.state.wait(world.now) {
            world.now = world.now + wait;
            world.plan();
            prop_assert!(!world.in_flight.is_empty(), "the wait ended with nothing to do");
            for job in std::mem::take(&mut world.in_flight) {
                world.done(&job, busy(None));
            }
            rounds += 1;
            prop_assert!(rounds < 18 * MAX_ATTEMPTS, "it does not terminate");
        }
        let items = world.state.entries.values().flat_map(|entry| &entry.items);
        for item in items {
            let is_finished = !matches!(item.stage, Stage::Waiting { .. });
            prop_assert!(is_finished);
        }
    }
}
