//! Merge laws: commutative, associative, idempotent.

use super::super::fixtures::{alert, at, silence};
use super::super::route::Route;
use super::super::route_state::{LastNotified, RouteState};
use super::notification_entry::{AckRecord, NotificationEntry};
use super::notification_log::NotificationLog;
use super::shared_silences::{RemoteAck, SharedSilence, SharedSilences};
use proptest::prelude::*;
use watchglass_replica::testing::check_laws;
use watchglass_rules::Severity;

fn note() -> impl Strategy<Value = (String, SharedSilence)> {
    ("[a-c]", 0..4_i64, prop::option::of(0..3_i64)).prop_map(|(id, time, end)| {
        let silence = end.map(|end| silence(&id, 0, 10 + end));
        (id, SharedSilence { time: at(time), silence })
    })
}

fn ack() -> impl Strategy<Value = RemoteAck> {
    ("[a-c]", 0..3_i64, 0..3_i64, "[a-b]").prop_map(|(rule, fired, time, who)| RemoteAck {
        key: alert(&rule, &[]).key,
        fired: at(fired),
        ack: AckRecord::new(&who, "", at(time)),
    })
}

fn notes() -> impl Strategy<Value = SharedSilences> {
    (prop::collection::vec(note(), 0..5), prop::collection::vec(ack(), 0..5)).prop_map(|(silences, acks)| {
        let mut notes = SharedSilences::default();
        for (id, note) in silences {
            notes.merge(&SharedSilences { silences: [(id, note)].into_iter().collect(), acks: Vec::new() });
        }
        for ack in acks {
            notes.merge(&SharedSilences { acks: vec![ack], ..SharedSilences::default() });
        }
        notes
    })
}

fn route_state() -> impl Strategy<Value = RouteState> {
    let notified = (0..3_usize, 0..4_i64, 0..4_i64, 0..3_u32, prop::option::of((0..3_i64, any::<bool>())));
    ("[a-c]", prop::option::of(notified)).prop_map(|(channel, notified)| {
        let route = Route { channels: vec![channel], ..Route::fallback() };
        let mut route_state = RouteState::new(&route, std::iter::empty());
        route_state.last_notified = notified.map(|(severity, waiting, last, repeats, flap)| LastNotified {
            severity: Severity::ALL[severity],
            awaiting_ack_since: at(waiting),
            notified_at: at(last),
            repeats,
            flap: flap.map(|(since, ended)| (at(since), ended)),
        });
        route_state
    })
}

fn record() -> impl Strategy<Value = NotificationEntry> {
    let said = prop::option::of((0..3_i64, "[a-c]"));
    let routes = prop::collection::btree_map("[a-c]", route_state(), 0..4);
    (prop::option::of(0..3_i64), prop::option::of(0..3_usize), said, routes).prop_map(
        |(opened, routed, said, routes)| NotificationEntry {
            opened: opened.map(at),
            routed: routed.map(|severity| Severity::ALL[severity]),
            acknowledged: said.map(|(time, who)| match who.as_str() {
                "c" => AckRecord::removal(at(time)),
                who => AckRecord::new(who, "", at(time)),
            }),
            routes,
        },
    )
}

fn merged<T: Clone>(one: &T, two: &T, join: impl Fn(&mut T, &T)) -> T {
    let mut one = one.clone();
    join(&mut one, two);
    one
}

#[test]
fn silences_satisfy_the_laws() {
    let month = 30 * 86_400_i64;
    check_laws("[a-c]", note().prop_map(|(_, note)| note), (month - 1..month + 6).prop_map(at)).unwrap();
}

proptest! {
    #[test]
    fn silences_merge_in_any_order(a in notes(), b in notes(), c in notes()) {
        let join = |one: &SharedSilences, two: &SharedSilences| merged(one, two, SharedSilences::merge);
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&a, &a), a);
    }

    #[test]
    fn entries_merge_in_any_order(a in record(), b in record(), c in record()) {
        let join = |one: &NotificationEntry, two: &NotificationEntry| merged(one, two, NotificationEntry::merge);
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&a, &a), a);
    }
}

#[test]
fn removal_persists_and_finally_expires() {
    let notes = |time, silence| SharedSilences {
        silences: [("a".to_owned(), SharedSilence { time: at(time), silence })].into_iter().collect(),
        acks: Vec::new(),
    };
    let (old, gone) = (notes(5, Some(silence("a", 0, 100))), notes(5, None));
    assert_eq!(merged(&old, &gone, SharedSilences::merge), gone);
    assert_eq!(merged(&gone, &notes(4, Some(silence("a", 0, 100))), SharedSilences::merge), gone);
    let mut log = NotificationLog::default();
    log.shared.merge(&gone);
    log.expire(|_, _| false, at(29 * 86_400));
    assert_eq!(log.shared, gone);
    log.expire(|_, _| false, at(31 * 86_400));
    assert_eq!(log, NotificationLog::default());
}

#[test]
fn number_of_shared_entries_is_limited() {
    let mut notes = SharedSilences::default();
    for number in 0..1200 {
        let id = format!("s{number}");
        let silence = (number % 2 == 0).then(|| silence(&id, 0, 10_000));
        notes.silences.apply(id, SharedSilence { time: at(number), silence });
        let key = alert(&format!("r{number}"), &[]).key;
        notes.acks.push(RemoteAck { key, fired: at(0), ack: AckRecord::new("a", "", at(number)) });
    }
    notes.expire(at(1200));
    assert_eq!((notes.silences.len(), notes.acks.len()), (1000, 1000));
    assert!(notes.silences.contains_key("s0") && !notes.silences.contains_key("s399"), "active ones stay");
}
