//! Properties of the dispatcher for any sequence of events: no duplicate notification, every firing is followed by its
//! resolution, restarts change nothing.

use super::fixtures::{World, alert, at, down, matcher, route, silence};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use watchglass_rules::Operator::Equal;
use watchglass_rules::Severity;
use watchglass_rules::{Alert, AlertKey, Phase};

#[derive(Clone, Debug)]
enum Act {
    Fire(usize),
    Worsen(usize),
    Resolve(usize),
    Flap(usize, bool),
    /// Rule, and duration in seconds.
    Silence(usize, i64),
    EndSilence(usize),
    Acknowledge(usize),
    Withdraw(usize),
    LoseChanges,
    Wait(i64),
    /// With a step every few seconds only.
    WaitLong(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let which = 0..ALERTS;
    prop_oneof![
        4 => which.clone().prop_map(Act::Fire),
        1 => which.clone().prop_map(Act::Worsen),
        4 => which.clone().prop_map(Act::Resolve),
        2 => (which.clone(), any::<bool>()).prop_map(|(which, begins)| Act::Flap(which, begins)),
        1 => (which.clone(), 1..1500_i64).prop_map(|(which, seconds)| Act::Silence(which, seconds)),
        1 => which.clone().prop_map(Act::EndSilence),
        1 => which.clone().prop_map(Act::Acknowledge),
        1 => which.prop_map(Act::Withdraw),
        1 => Just(Act::LoseChanges),
        6 => (1..20_i64).prop_map(Act::Wait),
        2 => (20..1500_i64).prop_map(Act::WaitLong),
    ]
}

const ALERTS: usize = 5;

/// Two alerts of one group, one alone, a down alert and an alert that depends on it.
fn subject(which: usize) -> Alert {
    match which {
        0 => alert("a", &[("host", "h")]),
        1 => alert("b", &[("host", "h")]),
        2 => alert("c", &[("host", "other")]),
        3 => alert("slow", &[("instance", "db1")]),
        _ => down("db-down", "database", &[("instance", "db1")], 0),
    }
}

fn settings() -> DispatchSettings {
    let mut log = route("log", &["log", "mail"]);
    log.continue_matching = true;
    let mut pager = route("pager", &["sms", "mail"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    let mut ops = route("ops", &["chat"]);
    (ops.repeat_seconds, ops.escalate_after_seconds) = (700, Some(300));
    ops.escalate_to = vec!["sms".to_owned(), "boss".to_owned()];
    (pager.escalate_after_seconds, pager.escalate_to) = (Some(400), vec!["boss".to_owned()]);
    DispatchSettings { routes: Routes(vec![log, pager, ops]), ..DispatchSettings::default() }
}

fn worse(alert: Alert) -> Alert {
    Alert { severity: Severity::Critical, ..alert }
}

/// Checks that suppressed and acknowledged alerts send nothing they should not.
fn check_suppressed(world: &World, notifications: &[(i64, Notification)]) {
    for (second, notification) in notifications {
        let is_end = matches!(notification.reason, Reason::Resolved | Reason::SilenceEnding);
        for alert in notification.alerts.iter().filter(|alert| !is_end && alert.phase == Phase::Firing) {
            assert_eq!(world.dispatcher.silence_for(alert, at(*second)), None, "{second}: {notification:?}");
            assert!(
                notification.inhibited.iter().all(|one| one.alert != alert.key),
                "{second}: {notification:?}"
            );
        }
        let is_reminder = matches!(notification.reason, Reason::Repeat | Reason::Escalated);
        assert!(!is_reminder || notification.acknowledged.is_empty(), "{second}: {notification:?}");
    }
}

/// Runs the events; afterwards everything has resolved, no silence is active, and enough time has passed. Returns the
/// notifications, and the tracked alerts after each event.
fn run(
    acts: &[Act],
    with_actions: bool,
    restarts: bool,
) -> (Vec<(i64, Notification)>, Vec<BTreeSet<AlertKey>>) {
    let mut world = World::new(settings());
    let (mut notifications, mut known) = (Vec::new(), Vec::new());
    for act in acts {
        match act {
            Act::Fire(which) => world.fire(&subject(*which)),
            Act::Worsen(which) => world.fire(&worse(subject(*which))),
            Act::Resolve(which) => world.resolve(&subject(*which).key.rule),
            Act::Flap(which, begins) => world.flap(&subject(*which).key.rule, *begins),
            Act::Silence(which, seconds) if with_actions => {
                let rule = subject(*which).key.rule;
                let mut silence = silence(&rule, world.now, world.now + seconds);
                silence.matchers = vec![matcher("rule", Equal, &rule)];
                world.dispatcher.put_silence(silence, at(world.now)).unwrap();
            }
            Act::EndSilence(which) if with_actions => {
                world.dispatcher.expire_silence(&subject(*which).key.rule, at(world.now));
            }
            Act::Acknowledge(which) if with_actions => {
                let _ = world.dispatcher.acknowledge(&subject(*which).key, "Ann", "", at(world.now));
            }
            Act::Withdraw(which) if with_actions => {
                let key = subject(*which).key;
                let was = world.dispatcher.acknowledgements().any(|acknowledged| acknowledged.key == key);
                assert_eq!(world.dispatcher.unacknowledge(&key, at(world.now)).is_ok(), was);
            }
            Act::LoseChanges => world.lose_changes(),
            Act::Wait(seconds) => {
                let new = world.until(world.now + seconds);
                check_suppressed(&world, &new);
                notifications.extend(new);
            }
            Act::WaitLong(seconds) => {
                let new = world.until_by(11, world.now + seconds);
                check_suppressed(&world, &new);
                notifications.extend(new);
            }
            _ => {}
        }
        if restarts {
            world.restart();
        }
        known.push(world.dispatcher.active.keys().cloned().collect());
    }
    for which in 0..ALERTS {
        let rule = subject(which).key.rule;
        world.resolve(&rule);
        world.flap(&rule, false);
        world.dispatcher.expire_silence(&rule, at(world.now));
    }
    notifications.extend(world.until_by(20, world.now + 4100));
    (notifications, known)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_notified_firing_is_resolved_once(acts in prop::collection::vec(act(), 0..60)) {
        let (notifications, _) = run(&acts, true, false);
        let mut ids = BTreeSet::new();
        let mut notified = BTreeSet::new();
        let mut open = BTreeSet::new();
        // Firing alerts as each channel knows them.
        let mut firing_on: BTreeSet<(&String, &AlertKey)> = BTreeSet::new();
        for (second, notification) in &notifications {
            prop_assert!(ids.insert(&notification.id), "{second}: duplicate id: {notification:?}");
            prop_assert!(!notification.channels.is_empty());
            for alert in &notification.alerts {
                let way = (&notification.route, &alert.key);
                let ended = notification.flapping.iter().any(|one| one.alert == alert.key && one.ended);
                for channel in &notification.channels {
                    let channel_alert = (channel, &alert.key);
                    match notification.reason {
                        Reason::Fired => prop_assert!(firing_on.insert(channel_alert), "{second}: notified before: {notification:?}"),
                        Reason::Escalated => {
                            firing_on.insert(channel_alert);
                        }
                        Reason::Digest if !ended => {
                            firing_on.insert(channel_alert);
                        }
                        Reason::SilenceEnding => {}
                        _ => prop_assert!(firing_on.contains(&channel_alert), "{second}: never notified: {notification:?}"),
                    }
                    if notification.reason == Reason::Resolved || (ended && alert.phase == Phase::Resolved) {
                        firing_on.remove(&channel_alert);
                    }
                }
                match notification.reason {
                    Reason::Fired => {
                        prop_assert!(notified.insert((way, alert.fired)), "{second}: notified twice: {alert:?}");
                        prop_assert!(open.insert(way), "{second}: notified before: {notification:?}");
                    }
                    Reason::Digest if !ended => {
                        open.insert(way);
                    }
                    Reason::Resolved | Reason::Digest => {
                        let is_over = alert.phase == Phase::Resolved;
                        prop_assert!(open.contains(&way), "{second}: never notified: {notification:?}");
                        prop_assert!(is_over || notification.reason == Reason::Digest);
                        if is_over {
                            open.remove(&way);
                        }
                    }
                    Reason::Worsened | Reason::Repeat | Reason::Escalated => {
                        // The route itself may have notified nobody: others had notified all of its channels.
                        prop_assert!(alert.phase == Phase::Firing);
                    }
                    Reason::SilenceEnding => {}
                }
            }
        }
        prop_assert!(firing_on.is_empty(), "still firing on these channels: {firing_on:?}");
        prop_assert!(open.is_empty(), "resolution not notified: {open:?}");
    }

    #[test]
    fn restart_changes_nothing(acts in prop::collection::vec(act(), 0..40)) {
        prop_assert_eq!(run(&acts, true, true), run(&acts, true, false));
    }

    #[test]
    fn user_actions_change_notifications_but_not_alerts(acts in prop::collection::vec(act(), 0..60)) {
        let (_, known) = run(&acts, true, false);
        let (_, known_too) = run(&acts, false, false);
        prop_assert_eq!(known, known_too);
    }

    #[test]
    fn clock_values_never_cause_panics(
        times in prop::collection::vec(any::<i64>(), 1..20),
        which in 0..ALERTS,
    ) {
        let mut dispatcher = Dispatcher::new(settings()).unwrap();
        let hours = fixtures::weekly(&[Weekday::Sunday], "02:00", "02:00", "Europe/Berlin");
        let always = Silence { weekly: Some(hours), end: None, ..silence("s", 0, 1) };
        dispatcher.put_silence(always, at(0)).unwrap();
        for (index, time) in times.into_iter().enumerate() {
            let active: Vec<Alert> = (index % 2 == 0).then(|| subject(which)).into_iter().collect();
            dispatcher.step(watchglass_model::Timestamp::from_millis(time), &[], &active);
        }
    }
}
