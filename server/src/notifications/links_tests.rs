use super::*;
use std::os::unix::fs::PermissionsExt;
use watchglass_dispatch::{Acknowledgement, Reason};
use watchglass_model::Unit;
use watchglass_rules::{Phase, Severity};

fn links(folder: &Path) -> Links {
    Links::open(&PublicUrl::parse("https://watch.example").unwrap(), "", folder).unwrap()
}

fn alert(rule: &str, host: usize) -> Alert {
    Alert {
        key: AlertKey {
            rule: rule.to_owned(),
            labels: [("host", format!("web-{host}"))].into_iter().collect(),
        },
        phase: Phase::Firing,
        severity: Severity::Critical,
        component: "cpu".to_owned(),
        subject: String::new(),
        value: Some(0.9),
        threshold: 0.8,
        unit: Unit::Ratio,
        message: "CPU is 90.0 %, above 80.0 %".to_owned(),
        since: Timestamp::from_millis(1000),
        fired: Some(Timestamp::from_millis(1000)),
        resolved: None,
        flapping: false,
        labels: Default::default(),
    }
}

fn notification(reason: Reason, alerts: Vec<Alert>) -> Notification {
    Notification {
        id: "id".to_owned(),
        reason,
        alerts,
        more: 0,
        inhibited: Vec::new(),
        acknowledged: Vec::new(),
        flapping: Vec::new(),
        silence: None,
        severity: Severity::Critical,
        route: "default".to_owned(),
        channels: Vec::new(),
        time: Timestamp::from_millis(5000),
    }
}

fn labels_and_paths(links: &Links, notification: &Notification) -> Vec<(String, String)> {
    let found = links.of(notification).into_iter();
    found.map(|link| (link.label, link.url.replace("https://watch.example", ""))).collect()
}

#[test]
fn message_links_to_pages_and_actions() {
    let folder = tempfile::tempdir().unwrap();
    let links = links(folder.path());
    let links_of = labels_and_paths(&links, &notification(Reason::Fired, vec![alert("cpu", 1)]));
    let labels: Vec<&str> = links_of.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["Open", "Open charts", "Acknowledge", "Silence for 2 hours"]);
    assert_eq!(links_of[0].1, "/alerts?view=active&rule=cpu");
    assert_eq!(links_of[1].1, "/trends?from=0&to=905000&at=1000");
    for ((_, path), action) in
        links_of[2..].iter().zip([LinkAction::Acknowledge, LinkAction::Silence { minutes: 120 }])
    {
        let token = path.strip_prefix("/action/").unwrap();
        let expires_at = Timestamp::from_millis(5000) + LINK_TTL;
        let verified = links.verify(token, expires_at - Duration::from_millis(1)).unwrap();
        assert_eq!(
            verified,
            ActionToken { action, fingerprints: vec![alert_fingerprint(&alert("cpu", 1).key)], expires_at }
        );
        assert_eq!(
            links.verify(token, expires_at),
            Err(ActionTokenError::Expired { expired_at: expires_at })
        );
    }
}

#[test]
fn links_begin_with_the_base_path() {
    let folder = tempfile::tempdir().unwrap();
    let public = PublicUrl::parse("https://ops.example").unwrap();
    let links = Links::open(&public, "/watch", folder.path()).unwrap();
    let found = links.of(&notification(Reason::Fired, vec![alert("cpu", 1)]));
    assert_eq!(found.len(), 4);
    for link in found {
        assert!(link.url.starts_with("https://ops.example/watch/"), "{}", link.url);
    }
    assert_eq!(links.root(), "https://ops.example/watch");
}

#[test]
fn actions_depend_on_the_notification() {
    let folder = tempfile::tempdir().unwrap();
    let links = links(folder.path());
    let many = |count| (0..count).map(|host| alert("cpu", host)).collect::<Vec<_>>();
    let acknowledgement = Acknowledgement {
        key: alert("cpu", 0).key,
        who: "ada".to_owned(),
        why: String::new(),
        time: Timestamp::default(),
    };
    let acknowledged = |notification: Notification| Notification {
        acknowledged: vec![acknowledgement.clone()],
        ..notification
    };
    let mixed = vec![alert("cpu", 1), alert("disk", 1)];
    for (notification, page, labels) in [
        (notification(Reason::Resolved, many(1)), "history&rule=cpu", "Open, Open charts"),
        (notification(Reason::SilenceEnding, Vec::new()), "silences", "Open"),
        (
            notification(Reason::Fired, mixed),
            "active",
            "Open, Open charts, Acknowledge all 2, Silence all 2 for 2 hours",
        ),
        (
            notification(Reason::Fired, many(10)),
            "active&rule=cpu",
            "Open, Open charts, Acknowledge all 10, Silence all 10 for 2 hours",
        ),
        (
            Notification { more: 3, ..notification(Reason::Fired, many(100)) },
            "active&rule=cpu",
            "Open, Open charts, Acknowledge the first 10, Silence the first 10 for 2 hours",
        ),
        (
            acknowledged(notification(Reason::Worsened, many(1))),
            "active&rule=cpu",
            "Open, Open charts, Silence for 2 hours",
        ),
        (
            acknowledged(notification(Reason::Fired, many(2))),
            "active&rule=cpu",
            "Open, Open charts, Acknowledge all 2, Silence all 2 for 2 hours",
        ),
    ] {
        let labels_and_paths = labels_and_paths(&links, &notification);
        let found: Vec<&str> = labels_and_paths.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(found.join(", "), labels);
        assert_eq!(labels_and_paths[0].1, format!("/alerts?view={page}"), "{labels}");
        assert!(labels_and_paths.iter().all(|(_, path)| path.len() < 300), "{labels_and_paths:?}");
    }
}

#[test]
fn key_is_generated_once_and_quarantined_if_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(KEY);
    let token = |links: &Links| {
        labels_and_paths(links, &notification(Reason::Fired, vec![alert("cpu", 1)]))[2]
            .1
            .replace("/action/", "")
    };
    let first = token(&links(folder.path()));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(token(&links(folder.path())), first);
    std::fs::write(&path, "garbage").unwrap();
    let renewed = links(folder.path());
    assert_eq!(renewed.verify(&first, Timestamp::default()), Err(ActionTokenError::Invalid));
    assert_eq!(std::fs::read_to_string(folder.path().join("link.key.damaged")).unwrap(), "garbage");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(token(&links(folder.path())), token(&renewed));
}
