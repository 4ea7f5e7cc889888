//! Golden files of the data in Redis; update with `UPDATE_GOLDEN=1 cargo test`.

use super::super::fixtures::{World, alert, at, critical, matcher, route, silence};
use super::super::golden_tests::check;
use super::super::{DispatchSettings, Routes};
use super::*;
use watchglass_rules::Operator::Equal;

#[test]
fn status_and_log_match_golden_files() {
    let mut ops = route("ops", &["mail", "chat"]);
    (ops.escalate_after_seconds, ops.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    let mut world = World::new(DispatchSettings { routes: Routes(vec![ops]), ..DispatchSettings::default() });
    let place = HostIdentity { host: "h".to_owned(), machine: "m".to_owned() };
    world.dispatcher.join_cluster("a1b2", place, true, at(0));
    let mut window = silence("works", 0, 10_000);
    window.matchers = vec![matcher("component", Equal, "disk")];
    world.dispatcher.put_silence(window, at(0)).unwrap();
    let mut gone = silence("gone", 500, 1000);
    gone.name = "Not needed".to_owned();
    world.dispatcher.put_silence(gone, at(0)).unwrap();
    world.dispatcher.expire_silence("gone", at(1));
    world.fire(&critical("postgresql-down", &[("probe", "postgres:db1:5432"), ("host", "h")]));
    world.fire(&alert("cpu", &[("host", "h")]));
    let elsewhere = alert("disk", &[("mountpoint", "/"), ("host", "other")]);
    world.dispatcher.acknowledge_remote(&elsewhere, ("Ann", "cleaning up"), at(2)).unwrap();
    let mut snapshot = PeerSnapshot::default();
    let mut peer_status = PeerStatus::default();
    for second in 1..=90 {
        world.until(second);
        if second == 80 {
            let key = critical("postgresql-down", &[("probe", "postgres:db1:5432"), ("host", "h")]).key;
            world.dispatcher.acknowledge(&key, "Ann", "on it", at(80)).unwrap();
        }
        let proposal = world.dispatcher.prepare(&snapshot, at(second)).unwrap();
        world.dispatcher.commit(&proposal.log, at(second));
        (snapshot.log, peer_status) = (proposal.log, proposal.status);
    }
    peer_status.alerts = world.active.values().cloned().collect();
    let pretty = |text: String| {
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        serde_json::to_string_pretty(&value).unwrap() + "\n"
    };
    check("board.json", &pretty(peer_status.to_json()));
    let past = PastAlerts::new(peer_status.alerts.clone());
    check("past.json", &pretty(past.to_json()));
    assert_eq!(PastAlerts::from_json(past.to_json().as_bytes()), Ok(past));
    check("ledger.json", &pretty(snapshot.log.to_json()));
    assert_eq!(PeerStatus::from_json(peer_status.to_json().as_bytes()), Ok(peer_status));
    assert_eq!(NotificationLog::from_json(snapshot.log.to_json().as_bytes()), Ok(snapshot.log));
}
