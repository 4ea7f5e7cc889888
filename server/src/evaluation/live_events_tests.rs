use super::*;
use watchglass_model::{Severity, Unit};
use watchglass_rules::Phase;

fn alert(severity: Severity) -> Alert {
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
    Alert {
        key: AlertKey { rule: "disk".to_owned(), labels: [("mountpoint", "/")].into_iter().collect() },
        phase: Phase::Resolved,
        severity,
        component: "storage".to_owned(),
        subject: "/".to_owned(),
        value: Some(0.95),
        threshold: 0.9,
        unit: Unit::Ratio,
        message: "Disk almost full on /: 95.0 % (limit 90.0 %)".to_owned(),
        since: at(10),
        fired: Some(at(20)),
        resolved: Some(at(30)),
        flapping: false,
        labels: [("team", "ops")].into_iter().collect(),
    }
}

fn of_host(rule: &str, host: &str, severity: Severity) -> Alert {
    let labels = [("host", host), ("probe", "redis:cache:6379")].into_iter().collect();
    let key = AlertKey { rule: rule.to_owned(), labels };
    Alert { key, phase: Phase::Firing, resolved: None, ..alert(severity) }
}

#[test]
fn peer_changes_are_reported_with_host() {
    let mut too_many = peer_status("b", vec![]);
    too_many.more = 3;
    let warning = || of_host("a", "host-b", Severity::Warning);
    let critical = || of_host("a", "host-b", Severity::Critical);
    let old = || Alert { fired: Some(Timestamp::from_millis(1000)), ..critical() };
    let recent = Timestamp::from_millis(30_000);
    let late = Timestamp::from_millis(600_000);
    let own = vec![of_host("a", "me", Severity::Critical)];
    let none = Vec::new();
    use AlertChange::{Fired, Resolved, Worsened};
    for (name, before, after, own, time, expected) in [
        (
            "fires",
            vec![peer_status("b", vec![])],
            vec![peer_status("b", vec![warning()])],
            &none,
            late,
            vec![Fired],
        ),
        (
            "severity increases",
            vec![peer_status("b", vec![warning()])],
            vec![peer_status("b", vec![critical()])],
            &none,
            late,
            vec![Worsened],
        ),
        (
            "unchanged",
            vec![peer_status("b", vec![old()])],
            vec![peer_status("b", vec![old()])],
            &none,
            late,
            vec![],
        ),
        (
            "resolves",
            vec![peer_status("b", vec![old()])],
            vec![peer_status("b", vec![])],
            &none,
            late,
            vec![Resolved],
        ),
        (
            "also found here",
            vec![peer_status("b", vec![])],
            vec![peer_status("b", vec![warning()])],
            &own,
            late,
            vec![],
        ),
        ("peer disappears", vec![peer_status("b", vec![old()])], vec![], &none, late, vec![]),
        ("old alert of a new peer", vec![], vec![peer_status("b", vec![old()])], &none, late, vec![]),
        (
            "new alert of a new peer",
            vec![],
            vec![peer_status("b", vec![warning()])],
            &none,
            recent,
            vec![Fired],
        ),
        ("truncated status", vec![peer_status("b", vec![old()])], vec![too_many], &none, late, vec![]),
    ] {
        let reported = changes(time, &peers(before, &[]), &peers(after, &[]), own);
        let found: Vec<_> = reported.iter().map(|reported| reported.change).collect();
        assert_eq!(found, expected, "{name}");
        for reported in reported {
            assert_eq!(reported.message, "host-b: Disk almost full on /: 95.0 % (limit 90.0 %)", "{name}");
            assert_eq!(reported.resolved.is_some(), reported.change == Resolved, "{name}");
        }
    }
    let many = (0..80).map(|number| of_host(&format!("r{number}"), "host-b", Severity::Info)).collect();
    let empty = peers(vec![peer_status("b", vec![])], &[]);
    let many = peers(vec![peer_status("b", many)], &[]);
    assert_eq!(changes(late, &empty, &many, &none).len(), MAX_PEER_CHANGES);
}

/// Peers, and the keys of their suppressed alerts.
type Peers = (Vec<PeerStatus>, BTreeSet<AlertKey>);

fn changes(time: Timestamp, before: &Peers, after: &Peers, own: &[Alert]) -> Vec<AlertMessage> {
    let [before, after] = [before, after].map(|(statuses, suppressed)| PeerAlerts { statuses, suppressed });
    peer_changes(time, before, after, own)
}

/// State of peers in which the alerts of the rules `suppressed` are.
fn peers(statuses: Vec<PeerStatus>, suppressed: &[&str]) -> Peers {
    let keys = statuses.iter().flat_map(|status| &status.alerts).map(|alert| alert.key.clone());
    let suppressed = keys.filter(|key| suppressed.contains(&key.rule.as_str())).collect();
    (statuses, suppressed)
}

fn peer_status(server: &str, alerts: Vec<Alert>) -> PeerStatus {
    let text = serde_json::json!({
        "version": 1, "server": server, "host": format!("host-{server}"), "incidents": {},
        "alerts": alerts, "more": 0, "acknowledged": [], "because_of": [], "past": 0,
    });
    PeerStatus::from_json(text.to_string().as_bytes()).unwrap()
}

#[test]
fn suppression_of_peer_alerts_is_reported_when_it_changes() {
    use AlertChange::{Fired, Resolved, Suppressed, Unsuppressed, Worsened};
    let warning = |rule: &str| of_host(rule, "host-b", Severity::Warning);
    let critical = |rule: &str| of_host(rule, "host-b", Severity::Critical);
    let state = |alerts: Vec<Alert>, suppressed: &[&str]| peers(vec![peer_status("b", alerts)], suppressed);
    for (name, before, after, expected) in [
        ("fires", state(vec![], &[]), state(vec![warning("a")], &["a"]), vec![(Fired, true)]),
        (
            "silenced",
            state(vec![warning("a")], &[]),
            state(vec![warning("a")], &["a"]),
            vec![(Suppressed, true)],
        ),
        (
            "ends",
            state(vec![warning("a")], &["a"]),
            state(vec![warning("a")], &[]),
            vec![(Unsuppressed, false)],
        ),
        ("unchanged", state(vec![warning("a")], &["a"]), state(vec![warning("a")], &["a"]), vec![]),
        (
            "worsens",
            state(vec![warning("a")], &["a"]),
            state(vec![critical("a")], &[]),
            vec![(Worsened, false)],
        ),
        ("resolves", state(vec![warning("a")], &["a"]), state(vec![], &[]), vec![(Resolved, true)]),
        ("new peer", Peers::default(), state(vec![warning("a")], &["a"]), vec![]),
    ] {
        let reported = changes(Timestamp::from_millis(600_000), &before, &after, &[]);
        let found: Vec<_> = reported.iter().map(|reported| (reported.change, reported.suppressed)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn messages_of_firing_alerts_have_their_whole_state() {
    let alert = of_host("a", "h", Severity::Warning);
    let state = |messages: Vec<AlertMessage>| {
        let state = |message: AlertMessage| (message.change, message.no_data, message.suppressed);
        messages.into_iter().map(state).collect::<Vec<_>>()
    };
    let changes = |is_suppressed| [(alert.clone(), is_suppressed)];
    let (all, silent) = (BTreeMap::new(), BTreeMap::from([(alert.key.clone(), Timestamp::default())]));
    let time = Timestamp::from_millis(1000);
    for (is_suppressed, without_data, change) in
        [(true, &all, AlertChange::Suppressed), (false, &silent, AlertChange::Unsuppressed)]
    {
        let found = state(suppression_messages(time, &changes(is_suppressed), without_data));
        assert_eq!(found, [(change, !without_data.is_empty(), is_suppressed)]);
    }
    let data = DataChanges { lost: vec![alert.clone()], returned: vec![alert.clone()] };
    let found = state(data_messages(time, &data, |_| true));
    assert_eq!(found, [(AlertChange::NoData, true, true), (AlertChange::DataReturned, false, true)]);
}

#[test]
fn every_change_and_severity_is_mapped() {
    let warning = || alert(Severity::Warning);
    let changes = [
        Change::Fired(warning()),
        Change::Worsened(warning()),
        Change::FlappingBegan(warning()),
        Change::FlappingEnded(warning()),
        Change::Resolved(warning()),
    ];
    let expected = [
        AlertChange::Fired,
        AlertChange::Worsened,
        AlertChange::FlappingBegan,
        AlertChange::FlappingEnded,
        AlertChange::Resolved,
    ];
    let messages = messages(Timestamp::default(), &changes, &[false, true]);
    assert_eq!(messages.iter().map(|message| message.change).collect::<Vec<_>>(), expected);
    let suppressed = messages.iter().map(|message| message.suppressed);
    assert_eq!(suppressed.collect::<Vec<_>>(), [false, true, false, false, false]);

    for severity in Severity::ALL {
        let message = message(Timestamp::default(), &Change::Fired(alert(severity)), false);
        assert_eq!(message.severity, severity);
    }
}

#[test]
fn message_has_all_fields() {
    let time = Timestamp::from_millis(31_000);
    let change = Change::Resolved(alert(Severity::Warning));
    let text = serde_json::to_value(message(time, &change, true)).unwrap();
    let expected = serde_json::json!({
        "change": "resolved", "time": 31_000, "rule": "disk", "labels": { "mountpoint": "/" },
        "severity": "warning", "component": "storage", "subject": "/", "value": 0.95, "threshold": 0.9,
        "unit": watchglass_reports::unit_name(Unit::Ratio), "message": "Disk almost full on /: 95.0 % (limit 90.0 %)",
        "since": 10_000, "fired": 20_000, "resolved": 30_000, "no_data": false, "suppressed": true,
    });
    assert_eq!(text, expected);
}

#[test]
fn units_are_serialised_consistently() {
    for unit in Unit::ALL {
        assert_eq!(serde_json::to_value(unit).unwrap(), watchglass_reports::unit_name(unit));
    }
}
