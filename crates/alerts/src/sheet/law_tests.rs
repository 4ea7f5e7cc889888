//! Joining what several servers know has the same outcome in any order, any grouping, and any number of times.

use super::*;
use crate::Rule;
use crate::stock;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

fn stamp(second: i64, server: &str) -> Stamp {
    Stamp { time: at(second), server: server.to_owned() }
}

fn saying(id: &str, second: i64, server: &str, level: Option<f64>) -> Saying {
    let base = stock::find(id).unwrap_or_else(|| Rule::new(id, "Own", "m", "cpu"));
    let rule = level.map(|level| Rule { warning: Some(level), critical: None, recovery: None, ..base });
    Saying::new(rule.as_ref(), stamp(second, server))
}

fn sheet() -> impl Strategy<Value = Sheet> {
    let one = ("own|disk|cpu|other", 0..4_i64, "[a-b]", prop::option::of(0.1..0.9));
    prop::collection::vec(one, 0..6).prop_map(|all| {
        let mut sheet = Sheet::default();
        all.into_iter().for_each(|(id, second, server, level)| {
            sheet.hear(&id, saying(&id, second, &server, level));
        });
        sheet
    })
}

fn joined(one: &Sheet, two: &Sheet) -> Sheet {
    let mut one = one.clone();
    one.join(two);
    one
}

proptest! {
    #[test]
    fn sheets_are_joined_in_any_order(a in sheet(), b in sheet(), c in sheet()) {
        prop_assert_eq!(joined(&a, &b), joined(&b, &a));
        prop_assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
        prop_assert_eq!(joined(&a, &a), a);
    }

    #[test]
    fn what_is_news_is_all_that_the_other_lacks(a in sheet(), b in sheet()) {
        let mut told = b.clone();
        for (id, saying) in a.news_for(&b, at(0)) {
            told.hear(id, saying.clone());
        }
        prop_assert_eq!(&told, &joined(&a, &b));
        prop_assert_eq!(a.news_for(&told, at(0)).count(), 0);
    }
}

#[test]
fn the_later_counts_and_what_is_gone_stays_gone() {
    let (old, gone) = (saying("own", 5, "b", Some(1.0)), saying("own", 6, "a", None));
    let mut sheet = Sheet::default();
    for saying in [&old, &gone, &old] {
        sheet.hear("own", saying.clone());
    }
    assert_eq!(sheet.sayings().collect::<Vec<_>>(), [("own", &gone)]);
    // At the same moment the servers' ids decide; whoever is the same says that it is gone.
    assert!(saying("own", 5, "c", Some(1.0)).is_after(&old));
    assert!(saying("own", 5, "b", None).is_after(&old));
}

#[test]
fn what_was_gone_for_a_month_is_told_to_nobody_and_there_is_an_end_to_the_rest() {
    let mut mine = Sheet::default();
    mine.hear("own", saying("own", 0, "a", None));
    mine.hear("disk", saying("disk", 0, "a", Some(0.5)));
    let (day, month) = (at(29 * 86_400), at(30 * 86_400));
    let none = Sheet::default();
    let news = |now| mine.news_for(&none, now).map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(news(day), ["disk", "own"]);
    assert_eq!((news(month), mine.forgotten(month).collect::<Vec<_>>()), (vec!["disk"], vec!["own"]));
    let mut full = Sheet::default();
    for number in 0..MOST_SAYINGS - 1 {
        let id = format!("x{number}");
        full.hear(&id, saying(&id, 0, "a", Some(1.0)));
    }
    assert_eq!(mine.news_for(&full, day).map(|(id, _)| id).collect::<Vec<_>>(), ["disk"]);
}
