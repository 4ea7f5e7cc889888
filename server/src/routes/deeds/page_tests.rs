//! What the pages behind the links of messages say.

use super::*;
use watchglass_alerts::telling::{Acknowledgement, Silence};
use watchglass_alerts::{Alert, AlertKey};
use watchglass_model::{Severity, Unit};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
}

fn subject() -> Subject {
    Subject {
        alert: Alert {
            key: AlertKey {
                rule: "disk".to_owned(),
                labels: [("mountpoint", "/a<b>")].into_iter().collect(),
            },
            phase: Phase::Firing,
            severity: Severity::Warning,
            component: "disk".to_owned(),
            subject: "/a<b>".to_owned(),
            value: Some(0.95),
            threshold: 0.9,
            unit: Unit::Ratio,
            message: "Use of /a<b> is 95.0 %, above 90.0 %".to_owned(),
            since: at(-70),
            fired: Some(at(-60)),
            resolved: None,
            flapping: false,
            labels: Default::default(),
        },
        acknowledged: None,
        silence: None,
        silence_id: "link-1".to_owned(),
    }
}

fn errand(action: Action, change: impl FnOnce(&mut Subject)) -> Errand {
    let mut subject = subject();
    change(&mut subject);
    Errand { action, made: at(-50), subjects: vec![subject], unknown: 0, now: at(0) }
}

fn acknowledge(subject: &mut Subject) {
    let key = subject.alert.key.clone();
    let (who, why) = ("<Ada>".to_owned(), "I <look>".to_owned());
    subject.acknowledged = Some(Acknowledgement { key, who, why, time: at(-30) });
}

fn silence(subject: &mut Subject) {
    subject.silence = Some(Silence {
        id: "link-1".to_owned(),
        name: String::new(),
        matchers: Vec::new(),
        start: at(-10),
        end: Some(at(7190)),
        weekly: None,
        author: "Bob".to_owned(),
        reason: "works".to_owned(),
    });
}

fn end(subject: &mut Subject) {
    (subject.alert.phase, subject.alert.resolved) = (Phase::Resolved, Some(at(-5)));
}

fn asked(errand: &Errand) -> String {
    question(errand, Typed::default(), None).body
}

#[test]
fn the_question_says_how_it_is_and_asks_only_where_something_can_be_done() {
    let quiet = Action::Silence { minutes: 120 };
    type Change = fn(&mut Subject);
    let cases: &[(Action, Change, &str, bool)] = &[
        (Action::Acknowledge, |_| {}, "It fires since <time datetime=\"2023-11-14T22:12:20.000Z\">", true),
        (Action::Acknowledge, acknowledge, "Acknowledged by <strong>&lt;Ada&gt;</strong> at", false),
        (Action::Acknowledge, silence, "Silenced by <strong>Bob</strong> until", true),
        (Action::Acknowledge, end, "It is over since", false),
        (Action::Acknowledge, |subject| subject.alert.flapping = true, "It comes and goes.", true),
        (Action::Acknowledge, |subject| subject.alert.fired = Some(at(-20)), "an earlier time", true),
        (quiet, |_| {}, "for=\"why\">Why<", true),
        (quiet, acknowledge, "I &lt;look&gt;", true),
        (quiet, silence, "2023-11-15 00:13:10 UTC</time>: works", false),
        (quiet, end, "(5\u{a0}s ago)", true),
    ];
    for (action, change, expected, has_form) in cases {
        let page = asked(&errand(*action, change));
        assert!(page.contains(expected), "{expected} in {page}");
        assert_eq!(page.contains("<form"), *has_form, "{expected}: {page}");
        assert!(page.contains("Use of /a&lt;b&gt; is") && !page.contains("<b>"), "{page}");
    }
    let flapping = errand(Action::Acknowledge, |subject| {
        end(subject);
        subject.alert.flapping = true;
    });
    assert!(asked(&flapping).contains("<form"), "one that flaps can be acknowledged between two firings");
}

#[test]
fn what_is_wrong_with_a_form_is_said_and_what_was_typed_stays() {
    let nobody = errand(Action::Acknowledge, |subject| {
        silence(subject);
        subject.silence.as_mut().unwrap().author.clear();
    });
    let mistake = nobody.subjects[0].silence.as_ref().unwrap().check().unwrap_err();
    let typed = Typed { who: "\"A\"", why: "<b>" };
    let page = question(&errand(Action::Acknowledge, |_| {}), typed, Some(&mistake)).body;
    for part in
        ["role=\"alert\"", "Nothing was done: author", "value=\"&quot;A&quot;\"", "value=\"&lt;b&gt;\""]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn the_result_says_whether_anything_was_done() {
    for (action, count, title) in [
        (Action::Acknowledge, 1, "Acknowledged"),
        (Action::Silence { minutes: 120 }, 2, "Silenced"),
        (Action::Silence { minutes: 120 }, 0, "Nothing was done"),
    ] {
        let page = result(&Errand { unknown: 3, ..errand(action, acknowledge) }, count);
        assert_eq!(page.title, title);
        assert!(page.body.contains("3 more that are known no more"), "{}", page.body);
        assert!(page.body.contains("&lt;Ada&gt;") && !page.body.contains("<form"), "{}", page.body);
    }
}

#[test]
fn a_link_that_does_nothing_says_why() {
    let expired = refusal(DeedError::Expired { since: at(0) }).body;
    assert!(expired.contains("This link has expired: ") && expired.contains("22:13:20 UTC"), "{expired}");
    assert!(refusal(DeedError::NotOurs).body.contains("This link was not made by this server"));
    assert!(forgotten().body.contains("long ago"));
}

#[test]
fn lengths_are_told_in_hours_where_they_are_whole() {
    for (minutes, expected) in [(120, "Silence for 2 hours"), (90, "Silence for 90 minutes")] {
        assert_eq!(
            question(&errand(Action::Silence { minutes }, |_| {}), Typed::default(), None).title,
            expected
        );
    }
}
