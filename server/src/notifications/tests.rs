use super::*;
use tempfile::TempDir;
use watchglass_model::Unit;
use watchglass_rules::{AlertKey, Phase, Severity};
use watchglass_test_servers::wait_until;

const DAMAGED: &str = "telling.json.damaged";

/// Notifications over a channel whose receiver is unreachable: messages stay in the outbox.
fn open(folder: &TempDir) -> Notifications {
    let hook = serde_json::json!({ "kind": "webhook", "url": "http://127.0.0.1:9/" });
    let channels = BTreeMap::from([("hook".to_owned(), serde_json::from_value(hook).unwrap())]);
    let settings = DispatchSettings { group_wait_seconds: 0, ..DispatchSettings::default() };
    Notifications::open(settings, &channels, MessageContext::default(), folder.path()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

fn alert(rule: &str) -> Alert {
    Alert {
        key: AlertKey { rule: rule.to_owned(), labels: [("host", "h")].into_iter().collect() },
        phase: Phase::Firing,
        severity: Severity::Critical,
        component: "cpu".to_owned(),
        subject: String::new(),
        value: Some(0.9),
        threshold: 0.8,
        unit: Unit::Ratio,
        message: "CPU is 90.0 %".to_owned(),
        since: at(1),
        fired: Some(at(1)),
        resolved: None,
        flapping: false,
        labels: Default::default(),
    }
}

fn silence(id: &str) -> Silence {
    let text = serde_json::json!({
        "id": id, "author": "ada", "reason": "test", "start": 0, "end": 9_000_000,
        "matchers": [{ "label": "rule", "operator": "=", "value": "none" }],
    });
    serde_json::from_value(text).unwrap()
}

fn silences(notifications: &Notifications) -> Vec<String> {
    notifications.silences().into_iter().map(|silence| silence.id).collect()
}

fn message_count(notifications: &Notifications) -> usize {
    notifications.overview().unwrap().counts.waiting
}

fn until_saved(notifications: &Notifications) {
    wait_until("everything is saved", || notifications.is_saved().then_some(()));
}

#[test]
fn notified_alerts_are_not_notified_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let firing = [alert("cpu"), alert("memory")];
    let notifications = open(&folder);
    notifications.dispatch(at(2), &[Change::Fired(firing[0].clone())], &firing[..1]);
    until_saved(&notifications);
    assert_eq!(message_count(&notifications), 1);
    drop(notifications);
    for second in [3, 4] {
        let notifications = open(&folder);
        notifications.dispatch(at(second), &[], &firing[..1]);
        until_saved(&notifications);
        assert_eq!(message_count(&notifications), 1);
        notifications.close().unwrap();
    }
    let notifications = open(&folder);
    notifications.dispatch(at(5), &[Change::Fired(firing[1].clone())], &firing);
    until_saved(&notifications);
    assert_eq!(message_count(&notifications), 2);
    assert!(!folder.path().join(OLD_STATE).exists());
}

#[test]
fn state_of_0_1_0_is_moved_into_the_outbox() {
    let folder = tempfile::tempdir().unwrap();
    let golden = include_str!("../../../crates/dispatch/golden/desk.json");
    let old = folder.path().join(OLD_STATE);
    std::fs::write(&old, golden).unwrap();
    let notifications = open(&folder);
    let before = silences(&notifications);
    assert!(before.contains(&"window".to_owned()), "{before:?}");
    notifications.put_silence(silence("a-new-one"), at(100)).unwrap().wait().unwrap();
    until_saved(&notifications);
    assert_eq!(std::fs::read_to_string(&old).unwrap(), golden, "kept until the outbox has been read once");
    drop(notifications);
    let notifications = open(&folder);
    assert_eq!(silences(&notifications), [vec!["a-new-one".to_owned()], before].concat());
    assert!(!old.exists());
}

#[test]
fn unreadable_state_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(OLD_STATE), "{").unwrap();
    let notifications = open(&folder);
    assert_eq!(std::fs::read_to_string(folder.path().join(DAMAGED)).unwrap(), "{");
    let commit = Commit { messages: Vec::new(), state: Box::new(|| Some("{\"version\":99}".to_owned())) };
    notifications.delivery().as_ref().unwrap().commit(commit);
    until_saved(&notifications);
    drop(notifications);
    let notifications = open(&folder);
    assert_eq!(std::fs::read_to_string(folder.path().join(DAMAGED)).unwrap(), "{\"version\":99}");
    notifications.put_silence(silence("a"), at(100)).unwrap().wait().unwrap();
    drop(notifications);
    assert_eq!(silences(&open(&folder)), ["a"]);
}

#[test]
fn invalid_settings_leave_the_state() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(OLD_STATE), "{").unwrap();
    let settings = DispatchSettings { inhibit_settle_seconds: 9999, ..DispatchSettings::default() };
    let opened = Notifications::open(settings, &BTreeMap::new(), MessageContext::default(), folder.path());
    assert!(matches!(opened, Err(NotificationsError::Settings(_))));
    assert!(folder.path().join(OLD_STATE).exists() && !folder.path().join(OUTBOX).exists());
}

#[test]
fn without_a_data_folder_nothing_is_saved() {
    let notifications = Notifications::default();
    notifications.put_silence(silence("a"), at(100)).unwrap().wait().unwrap();
    notifications.dispatch(at(101), &[Change::Fired(alert("cpu"))], &[alert("cpu")]);
    assert_eq!(silences(&notifications), ["a"]);
    assert!(notifications.is_saved() && notifications.overview().is_err());
    notifications.close().unwrap();
}
