//! Property tests of splitting and joining, and the sizes of large states.

use super::*;
use crate::{Frame, Joiner, JsonKeys, golden};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;
use watchglass_model::{SeriesId, Timestamp};

fn series(id: usize, label: &str) -> Series {
    Series {
        id: SeriesId(id as u32),
        metric: "app_requests_total".to_owned(),
        labels: [("route", label), ("host", "h")].into_iter().collect(),
    }
}

fn problem(reason: &str) -> Problem {
    Problem { reason: reason.to_owned(), ..golden::problem() }
}

/// A state with items of these label and text lengths.
fn state(series_lengths: &[usize], problem_lengths: &[usize], skipped_lengths: &[usize]) -> State {
    let problems = |lengths: &[usize]| lengths.iter().map(|&length| problem(&"é".repeat(length))).collect();
    let label = |(id, &length): (usize, &usize)| series(id, &"\"x".repeat(length));
    State {
        version: 9,
        series: series_lengths.iter().enumerate().map(label).collect(),
        problems: problems(problem_lengths),
        skipped: problems(skipped_lengths),
    }
}

fn joined_frames(messages: &[Vec<u8>]) -> Vec<State> {
    let mut joiner = Joiner::default();
    let part = |message: &Vec<u8>| match Frame::read(message).unwrap() {
        Frame::State(part) => joiner.state(part),
        other => panic!("not a state: {other:?}"),
    };
    messages.iter().filter_map(part).collect()
}

/// The state that a JSON client reads.
fn joined_json(messages: &[Vec<u8>]) -> State {
    let mut joined = State::default();
    for (number, message) in messages.iter().enumerate() {
        let value: Value = serde_json::from_slice(message).unwrap();
        assert_eq!(value["type"], if number == 0 { "state" } else { "state_part" });
        let mut read = serde_json::from_value::<State>(value.clone()).unwrap();
        joined.version = read.version;
        joined.series.append(&mut read.series);
        joined.problems.append(&mut read.problems);
        joined.skipped.append(&mut read.skipped);
        let is_last = number + 1 == messages.len();
        assert_eq!(value.get("more").is_none(), is_last, "the number of items that follow");
    }
    joined
}

fn samples(count: u32) -> Vec<Sample> {
    (0..count).map(|id| Sample { series: SeriesId(id), value: f64::from(id) + 0.5 }).collect()
}

#[test]
fn common_states_are_one_message() {
    let state = state(&[12; 60], &[20; 3], &[20; 3]);
    assert_eq!((state_as_json(&state).len(), state_as_frames(&state).len()), (1, 1));
    let empty = State { version: 1, ..State::default() };
    assert_eq!((state_as_json(&empty).len(), state_as_frames(&empty).len()), (1, 1));
}

#[test]
fn messages_of_20_000_series_are_bounded() {
    let state = state(&[30; 20_000], &[100; 200], &[100; 200]);
    let (json, frames) = (state_as_json(&state), state_as_frames(&state));
    assert!(json.iter().all(|message| message.len() <= JSON_LIMIT));
    assert!(frames.iter().all(|message| message.len() <= BINARY_LIMIT));
    assert!(frames.len() < 400, "{} messages are not filled", frames.len());
    assert_eq!((joined_json(&json), joined_frames(&frames)), (state.clone(), vec![state.clone()]));

    let batch = Batch { time: Timestamp::from_millis(1000), samples: samples(20_000) };
    let json = JsonKeys::new(&state.series).messages(7, &batch, JSON_LIMIT);
    assert!(json.len() > 5 && json.iter().all(|message| message.len() <= JSON_LIMIT + 256));
    let frames = batch_as_frames(9, 7, &batch);
    assert!(frames.iter().all(|message| message.len() <= BINARY_LIMIT), "{}", frames.len());
}

#[test]
fn frames_of_many_series_have_values() {
    let ids = (0..3000).map(|place| Sample { series: SeriesId(1_000_000 + place), value: 1.0 });
    let ranges = value_ranges(&ids.collect::<Vec<_>>());
    assert!(ranges.iter().rev().skip(1).all(|range| range.len() >= MIN_VALUES), "{ranges:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn split_states_are_joined(
        series in vec(prop_oneof![9 => 0_usize..200, 1 => 4000_usize..12_000], 0..60),
        problems in vec(0_usize..5000, 0..8),
        skipped in vec(0_usize..5000, 0..8),
    ) {
        let state = state(&series, &problems, &skipped);
        let (json, frames) = (state_as_json(&state), state_as_frames(&state));
        prop_assert_eq!(joined_json(&json), state.clone());
        prop_assert_eq!(joined_frames(&frames), vec![state]);
        // Only an item that does not fit by itself makes a larger message.
        for message in json {
            let items = ["series", "problems", "skipped"].map(|name| {
                let value: Value = serde_json::from_slice(&message).unwrap();
                value[name].as_array().unwrap().len()
            });
            prop_assert!(message.len() <= JSON_LIMIT || items.iter().sum::<usize>() == 1);
        }
        for message in frames {
            let Frame::State(part) = Frame::read(&message).unwrap() else { panic!("not a state") };
            let items = part.series.len() + part.problems.len() + part.skipped.len();
            prop_assert!(message.len() <= BINARY_LIMIT || items == 1);
        }
    }

    #[test]
    fn split_values_are_joined(values in btree_map(0_u32..4_000, -1e9_f64..1e9, 0..3000), limit in 100_usize..9000) {
        let samples: Vec<Sample> =
            values.iter().map(|(&id, &value)| Sample { series: SeriesId(id), value }).collect();
        let batch = Batch { time: Timestamp::from_millis(1000), samples };
        let mut joiner = Joiner::default();
        let frames = batch_as_frames(9, 7, &batch);
        let part = |frame: &Vec<u8>| match Frame::read(frame).unwrap() {
            Frame::Metrics(part) => joiner.metrics(part),
            other => panic!("not metrics: {other:?}"),
        };
        let joined: Vec<_> = frames.iter().filter_map(part).map(|metrics| metrics.batch).collect();
        prop_assert_eq!(joined, vec![batch.clone()]);

        let all: Vec<Series> = (0..4_000).map(|id| series(id, &id.to_string())).collect();
        let messages = JsonKeys::new(&all).messages(7, &batch, limit);
        let mut read = std::collections::BTreeMap::new();
        for (number, message) in messages.iter().enumerate() {
            let message: Value = serde_json::from_str(message).unwrap();
            assert_eq!((&message["seq"], &message["time"]), (&7.into(), &1000.into()));
            assert_eq!(message.get("more").is_none(), number + 1 == messages.len());
            let values = message["values"].as_object().unwrap().clone();
            if let Some(more) = message["more"].as_u64() {
                assert_eq!(more as usize, batch.samples.len() - read.len() - values.len());
            }
            read.extend(values);
        }
        let key = |sample: &Sample| all[sample.series.0 as usize].key();
        prop_assert_eq!(read.len(), batch.samples.len());
        prop_assert!(batch.samples.iter().all(|sample| read[&key(sample)].as_f64().is_some()));
    }
}
