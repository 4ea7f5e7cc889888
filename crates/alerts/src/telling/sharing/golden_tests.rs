//! Golden files: what stands in Redis stays as it was, until `UPDATE_GOLDEN=1 cargo test` says otherwise.

use super::super::golden_tests::check;
use super::super::samples::{World, alert, at, critical, matcher, route, silence};
use super::super::{Routes, TellingSettings};
use super::*;
use crate::Operator::Equal;

#[test]
fn a_board_and_a_ledger() {
    let mut ops = route("ops", &["mail", "chat"]);
    (ops.escalate_after_seconds, ops.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    let mut world = World::new(TellingSettings { routes: Routes(vec![ops]), ..TellingSettings::default() });
    let place = Place { host: "h".to_owned(), machine: "m".to_owned() };
    world.desk.share("a1b2", place, true, at(0));
    let mut window = silence("works", 0, 10_000);
    window.matchers = vec![matcher("component", Equal, "disk")];
    world.desk.put_silence(window, at(0)).unwrap();
    let mut gone = silence("gone", 500, 1000);
    gone.name = "Not needed".to_owned();
    world.desk.put_silence(gone, at(0)).unwrap();
    world.desk.end_silence("gone", at(1));
    world.fire(&critical("postgresql-down", &[("probe", "postgres:db1:5432"), ("host", "h")]));
    world.fire(&alert("cpu", &[("host", "h")]));
    let elsewhere = alert("disk", &[("mountpoint", "/"), ("host", "other")]);
    world.desk.acknowledge_elsewhere(&elsewhere, ("Ann", "cleaning up"), at(2)).unwrap();
    let mut seen = Seen::default();
    let mut board = Board::default();
    for second in 1..=90 {
        world.until(second);
        if second == 80 {
            let key = critical("postgresql-down", &[("probe", "postgres:db1:5432"), ("host", "h")]).key;
            world.desk.acknowledge(&key, "Ann", "on it", at(80)).unwrap();
        }
        let offer = world.desk.offer(&seen, at(second)).unwrap();
        world.desk.agree(&offer.ledger, at(second));
        (seen.ledger, board) = (offer.ledger, offer.board);
    }
    board.alerts = world.active.values().cloned().collect();
    let pretty = |text: String| {
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        serde_json::to_string_pretty(&value).unwrap() + "\n"
    };
    check("board.json", &pretty(board.to_json()));
    let past = Past::new(board.alerts.clone());
    check("past.json", &pretty(past.to_json()));
    assert_eq!(Past::from_json(past.to_json().as_bytes()), Ok(past));
    check("ledger.json", &pretty(seen.ledger.to_json()));
    assert_eq!(Board::from_json(board.to_json().as_bytes()), Ok(board));
    assert_eq!(Ledger::from_json(seen.ledger.to_json().as_bytes()), Ok(seen.ledger));
}
