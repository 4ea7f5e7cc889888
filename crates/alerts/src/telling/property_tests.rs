//! Whatever comes in whatever order: nobody is told twice, everybody is told the end, and a restart changes nothing.

use super::samples::{World, alert, at, down, matcher, route, silence};
use super::*;
use crate::Operator::Equal;
use crate::Severity;
use crate::alert::{Alert, AlertKey, Phase};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
enum Act {
    Fire(usize),
    Worsen(usize),
    Resolve(usize),
    Flap(usize, bool),
    /// Of which rule, and for how many seconds.
    Silence(usize, i64),
    EndSilence(usize),
    Acknowledge(usize),
    Withdraw(usize),
    LoseChanges,
    Wait(i64),
    /// With a look every few seconds only.
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

/// Two of one group, one alone, something that is down and what depends on it.
fn subject(which: usize) -> Alert {
    match which {
        0 => alert("a", &[("host", "h")]),
        1 => alert("b", &[("host", "h")]),
        2 => alert("c", &[("host", "other")]),
        3 => alert("slow", &[("instance", "db1")]),
        _ => down("db-down", "database", &[("instance", "db1")], 0),
    }
}

fn settings() -> TellingSettings {
    let mut log = route("log", &["log", "mail"]);
    log.go_on = true;
    let mut pager = route("pager", &["sms", "mail"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    let mut ops = route("ops", &["chat"]);
    (ops.repeat_seconds, ops.escalate_after_seconds) = (700, Some(300));
    ops.escalate_to = vec!["sms".to_owned(), "boss".to_owned()];
    (pager.escalate_after_seconds, pager.escalate_to) = (Some(400), vec!["boss".to_owned()]);
    TellingSettings { routes: Routes(vec![log, pager, ops]), ..TellingSettings::default() }
}

fn worse(alert: Alert) -> Alert {
    Alert { severity: Severity::Critical, ..alert }
}

/// Of what is silenced, because of something or acknowledged, nothing is told that should not be.
fn check_quiet(world: &World, notices: &[(i64, Notice)]) {
    for (second, notice) in notices {
        let is_end = matches!(notice.reason, Reason::Resolved | Reason::SilenceEnding);
        for alert in notice.alerts.iter().filter(|alert| !is_end && alert.phase == Phase::Firing) {
            assert_eq!(world.desk.silence_of(alert, at(*second)), None, "{second}: {notice:?}");
            assert!(notice.because_of.iter().all(|one| one.alert != alert.key), "{second}: {notice:?}");
        }
        let nags = matches!(notice.reason, Reason::Repeat | Reason::Escalated);
        assert!(!nags || notice.acknowledged.is_empty(), "{second}: {notice:?}");
    }
}

/// Runs it; afterwards all is over and no silence holds, and time enough has passed. Gives the notices, and after each
/// act what is known to be wrong.
fn run(acts: &[Act], quietly: bool, restarts: bool) -> (Vec<(i64, Notice)>, Vec<BTreeSet<AlertKey>>) {
    let mut world = World::new(settings());
    let (mut notices, mut known) = (Vec::new(), Vec::new());
    for act in acts {
        match act {
            Act::Fire(which) => world.fire(&subject(*which)),
            Act::Worsen(which) => world.fire(&worse(subject(*which))),
            Act::Resolve(which) => world.resolve(&subject(*which).key.rule),
            Act::Flap(which, begins) => world.flap(&subject(*which).key.rule, *begins),
            Act::Silence(which, seconds) if quietly => {
                let rule = subject(*which).key.rule;
                let mut silence = silence(&rule, world.now, world.now + seconds);
                silence.matchers = vec![matcher("rule", Equal, &rule)];
                world.desk.put_silence(silence, at(world.now)).unwrap();
            }
            Act::EndSilence(which) if quietly => {
                world.desk.end_silence(&subject(*which).key.rule, at(world.now));
            }
            Act::Acknowledge(which) if quietly => {
                let _ = world.desk.acknowledge(&subject(*which).key, "Ann", "", at(world.now));
            }
            Act::Withdraw(which) if quietly => {
                let key = subject(*which).key;
                let was = world.desk.acknowledgements().any(|acknowledged| acknowledged.key == key);
                assert_eq!(world.desk.withdraw(&key, at(world.now)).is_ok(), was);
            }
            Act::LoseChanges => world.lose_changes(),
            Act::Wait(seconds) => {
                let new = world.until(world.now + seconds);
                check_quiet(&world, &new);
                notices.extend(new);
            }
            Act::WaitLong(seconds) => {
                let new = world.until_by(11, world.now + seconds);
                check_quiet(&world, &new);
                notices.extend(new);
            }
            _ => {}
        }
        if restarts {
            world.restart();
        }
        known.push(world.desk.open.keys().cloned().collect());
    }
    for which in 0..ALERTS {
        let rule = subject(which).key.rule;
        world.resolve(&rule);
        world.flap(&rule, false);
        world.desk.end_silence(&rule, at(world.now));
    }
    notices.extend(world.until_by(20, world.now + 4100));
    (notices, known)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_was_told_to_begin_is_told_to_end_once(acts in prop::collection::vec(act(), 0..60)) {
        let (notices, _) = run(&acts, true, false);
        let mut ids = BTreeSet::new();
        let mut told = BTreeSet::new();
        let mut open = BTreeSet::new();
        // What each channel believes to be wrong.
        let mut heard: BTreeSet<(&String, &AlertKey)> = BTreeSet::new();
        for (second, notice) in &notices {
            prop_assert!(ids.insert(&notice.id), "{second}: this id was there before: {notice:?}");
            prop_assert!(!notice.channels.is_empty());
            for alert in &notice.alerts {
                let way = (&notice.route, &alert.key);
                let ended = notice.flapping.iter().any(|one| one.alert == alert.key && one.ended);
                for channel in &notice.channels {
                    let hears = (channel, &alert.key);
                    match notice.reason {
                        Reason::Fired => prop_assert!(heard.insert(hears), "{second}: heard before: {notice:?}"),
                        Reason::Escalated => {
                            heard.insert(hears);
                        }
                        Reason::Digest if !ended => {
                            heard.insert(hears);
                        }
                        Reason::SilenceEnding => {}
                        _ => prop_assert!(heard.contains(&hears), "{second}: never heard: {notice:?}"),
                    }
                    if notice.reason == Reason::Resolved || (ended && alert.phase == Phase::Resolved) {
                        heard.remove(&hears);
                    }
                }
                match notice.reason {
                    Reason::Fired => {
                        prop_assert!(told.insert((way, alert.fired)), "{second}: told twice: {alert:?}");
                        prop_assert!(open.insert(way), "{second}: told before: {notice:?}");
                    }
                    Reason::Digest if !ended => {
                        open.insert(way);
                    }
                    Reason::Resolved | Reason::Digest => {
                        let is_over = alert.phase == Phase::Resolved;
                        prop_assert!(open.contains(&way), "{second}: never told: {notice:?}");
                        prop_assert!(is_over || notice.reason == Reason::Digest);
                        if is_over {
                            open.remove(&way);
                        }
                    }
                    Reason::Worsened | Reason::Repeat | Reason::Escalated => {
                        // The route itself may have told nobody: others had told all of its channels.
                        prop_assert!(alert.phase == Phase::Firing);
                    }
                    Reason::SilenceEnding => {}
                }
            }
        }
        prop_assert!(heard.is_empty(), "these still believe it: {heard:?}");
        prop_assert!(open.is_empty(), "the end was not told: {open:?}");
    }

    #[test]
    fn a_restart_changes_nothing(acts in prop::collection::vec(act(), 0..40)) {
        prop_assert_eq!(run(&acts, true, true), run(&acts, true, false));
    }

    #[test]
    fn what_people_say_changes_what_is_told_and_not_what_is_known(acts in prop::collection::vec(act(), 0..60)) {
        let (_, known) = run(&acts, true, false);
        let (_, known_too) = run(&acts, false, false);
        prop_assert_eq!(known, known_too);
    }

    #[test]
    fn nothing_panics_whatever_the_clock_says(
        times in prop::collection::vec(any::<i64>(), 1..20),
        which in 0..ALERTS,
    ) {
        let mut desk = Desk::new(settings()).unwrap();
        let hours = samples::weekly(&[Weekday::Sunday], "02:00", "02:00", "Europe/Berlin");
        let always = Silence { weekly: Some(hours), end: None, ..silence("s", 0, 1) };
        desk.put_silence(always, at(0)).unwrap();
        for (index, time) in times.into_iter().enumerate() {
            let active: Vec<Alert> = (index % 2 == 0).then(|| subject(which)).into_iter().collect();
            desk.step(watchglass_model::Timestamp::from_millis(time), &[], &active);
        }
    }
}
