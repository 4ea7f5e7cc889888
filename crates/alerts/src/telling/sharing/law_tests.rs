//! Joining what several servers know has the same outcome in any order, any grouping, and any number of times.

use super::super::leg::{Leg, Told};
use super::super::route::Route;
use super::super::samples::{alert, at, silence};
use super::ledger::Ledger;
use super::notes::{Note, Notes, Remark};
use super::record::{Record, Signature};
use crate::Severity;
use proptest::prelude::*;

fn note() -> impl Strategy<Value = (String, Note)> {
    ("[a-c]", 0..4_i64, prop::option::of(0..3_i64)).prop_map(|(id, time, end)| {
        let silence = end.map(|end| silence(&id, 0, 10 + end));
        (id, Note { time: at(time), silence })
    })
}

fn remark() -> impl Strategy<Value = Remark> {
    ("[a-c]", 0..3_i64, 0..3_i64, "[a-b]").prop_map(|(rule, fired, time, who)| Remark {
        key: alert(&rule, &[]).key,
        fired: at(fired),
        signature: Signature::new(&who, "", at(time)),
    })
}

fn notes() -> impl Strategy<Value = Notes> {
    (prop::collection::vec(note(), 0..5), prop::collection::vec(remark(), 0..5)).prop_map(
        |(silences, remarks)| {
            let mut notes = Notes::default();
            for (id, note) in silences {
                notes.join(&Notes { silences: [(id, note)].into_iter().collect(), remarks: Vec::new() });
            }
            for remark in remarks {
                notes.join(&Notes { remarks: vec![remark], ..Notes::default() });
            }
            notes
        },
    )
}

fn leg() -> impl Strategy<Value = Leg> {
    let told = (0..3_usize, 0..4_i64, 0..4_i64, 0..3_u32, prop::option::of((0..3_i64, any::<bool>())));
    ("[a-c]", prop::option::of(told)).prop_map(|(channel, told)| {
        let route = Route { channels: vec![channel], ..Route::fallback() };
        let mut leg = Leg::new(&route, std::iter::empty());
        leg.told = told.map(|(severity, waiting, last, repeats, flap)| Told {
            severity: Severity::ALL[severity],
            waiting: at(waiting),
            last: at(last),
            repeats,
            flap: flap.map(|(since, ended)| (at(since), ended)),
        });
        leg
    })
}

fn record() -> impl Strategy<Value = Record> {
    let said = prop::option::of((0..3_i64, "[a-c]"));
    let legs = prop::collection::btree_map("[a-c]", leg(), 0..4);
    (prop::option::of(0..3_i64), prop::option::of(0..3_usize), said, legs).prop_map(
        |(opened, routed, said, legs)| Record {
            opened: opened.map(at),
            routed: routed.map(|severity| Severity::ALL[severity]),
            acknowledged: said.map(|(time, who)| match who.as_str() {
                "c" => Signature::withdrawal(at(time)),
                who => Signature::new(who, "", at(time)),
            }),
            legs,
        },
    )
}

fn joined<T: Clone>(one: &T, two: &T, join: impl Fn(&mut T, &T)) -> T {
    let mut one = one.clone();
    join(&mut one, two);
    one
}

proptest! {
    #[test]
    fn notes_are_joined_in_any_order(a in notes(), b in notes(), c in notes()) {
        let join = |one: &Notes, two: &Notes| joined(one, two, Notes::join);
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&a, &a), a);
    }

    #[test]
    fn records_are_joined_in_any_order(a in record(), b in record(), c in record()) {
        let join = |one: &Record, two: &Record| joined(one, two, Record::join);
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&a, &a), a);
    }
}

#[test]
fn what_is_gone_stays_gone_and_is_forgotten_in_the_end() {
    let notes = |time, silence| Notes {
        silences: [("a".to_owned(), Note { time: at(time), silence })].into_iter().collect(),
        remarks: Vec::new(),
    };
    let (old, gone) = (notes(5, Some(silence("a", 0, 100))), notes(5, None));
    assert_eq!(joined(&old, &gone, Notes::join), gone);
    assert_eq!(joined(&gone, &notes(4, Some(silence("a", 0, 100))), Notes::join), gone);
    let mut ledger = Ledger::default();
    ledger.notes.join(&gone);
    ledger.forget(|_, _| false, at(29 * 86_400));
    assert_eq!(ledger.notes, gone);
    ledger.forget(|_, _| false, at(31 * 86_400));
    assert_eq!(ledger, Ledger::default());
}

#[test]
fn there_is_an_end_to_notes() {
    let mut notes = Notes::default();
    for number in 0..1200 {
        let id = format!("s{number}");
        let silence = (number % 2 == 0).then(|| silence(&id, 0, 10_000));
        notes.silences.insert(id, Note { time: at(number), silence });
        let key = alert(&format!("r{number}"), &[]).key;
        notes.remarks.push(Remark { key, fired: at(0), signature: Signature::new("a", "", at(number)) });
    }
    notes.forget(at(1200));
    assert_eq!((notes.silences.len(), notes.remarks.len()), (1000, 1000));
    assert!(
        notes.silences.contains_key("s0") && !notes.silences.contains_key("s399"),
        "those that hold stay"
    );
}
