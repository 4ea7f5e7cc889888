//! Tests of the action link pages.

use super::*;
use watchglass_dispatch::{Acknowledgement, Silence};
use watchglass_model::{Severity, Unit};
use watchglass_rules::{Alert, AlertKey};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
}

fn subject() -> LinkedAlert {
    LinkedAlert {
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
            message: "Disk usage on /a<b> is 95.0 %, above 90.0 %".to_owned(),
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

fn link(action: LinkAction, change: impl FnOnce(&mut LinkedAlert)) -> LinkRequest {
    let mut subject = subject();
    change(&mut subject);
    LinkRequest { action, created: at(-50), alerts: vec![subject], missing: 0, now: at(0) }
}

fn acknowledge(subject: &mut LinkedAlert) {
    let key = subject.alert.key.clone();
    let (who, why) = ("<Ada>".to_owned(), "I <look>".to_owned());
    subject.acknowledged = Some(Acknowledgement { key, who, why, time: at(-30) });
}

fn silence(subject: &mut LinkedAlert) {
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

fn end(subject: &mut LinkedAlert) {
    (subject.alert.phase, subject.alert.resolved) = (Phase::Resolved, Some(at(-5)));
}

fn asked(link: &LinkRequest) -> String {
    confirmation_page(link, FormInput::default(), None).body
}

#[test]
fn confirmation_has_a_form_only_if_the_action_applies() {
    let two_hours = LinkAction::Silence { minutes: 120 };
    type Change = fn(&mut LinkedAlert);
    let cases: &[(LinkAction, Change, &str, bool)] = &[
        (LinkAction::Acknowledge, |_| {}, "Firing since <time datetime=\"2023-11-14T22:12:20.000Z\">", true),
        (LinkAction::Acknowledge, acknowledge, "Acknowledged by <strong>&lt;Ada&gt;</strong> at", false),
        (LinkAction::Acknowledge, silence, "Silenced by <strong>Bob</strong> until", true),
        (LinkAction::Acknowledge, end, "Resolved at <time", false),
        (LinkAction::Acknowledge, |subject| subject.alert.flapping = true, "Flapping.", true),
        (
            LinkAction::Acknowledge,
            |subject| subject.alert.fired = Some(at(-20)),
            "fired again after the message",
            true,
        ),
        (two_hours, |_| {}, "for=\"why\">Comment<", true),
        (two_hours, acknowledge, "I &lt;look&gt;", true),
        (two_hours, silence, "2023-11-15 00:13:10 UTC</time>: works", false),
        (two_hours, end, "(5\u{a0}s ago)", true),
    ];
    for (action, change, expected, has_form) in cases {
        let page = asked(&link(*action, change));
        assert!(page.contains(expected), "{expected} in {page}");
        assert_eq!(page.contains("<form"), *has_form, "{expected}: {page}");
        assert!(page.contains("Disk usage on /a&lt;b&gt; is") && !page.contains("<b>"), "{page}");
    }
    let flapping = link(LinkAction::Acknowledge, |subject| {
        end(subject);
        subject.alert.flapping = true;
    });
    assert!(asked(&flapping).contains("<form"), "a flapping alert can be acknowledged between two firings");
}

#[test]
fn form_errors_keep_the_input() {
    let without_author = link(LinkAction::Acknowledge, |subject| {
        silence(subject);
        subject.silence.as_mut().unwrap().author.clear();
    });
    let error = without_author.alerts[0].silence.as_ref().unwrap().check().unwrap_err().to_string();
    let typed = FormInput { who: "\"A\"", why: "<b>" };
    let page = confirmation_page(&link(LinkAction::Acknowledge, |_| {}), typed, Some(&error)).body;
    for part in ["role=\"alert\"", "Error: author", "value=\"&quot;A&quot;\"", "value=\"&lt;b&gt;\""] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn result_shows_whether_anything_changed() {
    for (action, count, title) in [
        (LinkAction::Acknowledge, 1, "Acknowledged"),
        (LinkAction::Silence { minutes: 120 }, 2, "Silenced"),
        (LinkAction::Silence { minutes: 120 }, 0, "No change"),
    ] {
        let page = result_page(&LinkRequest { missing: 3, ..link(action, acknowledge) }, count);
        assert_eq!(page.title, title);
        assert!(page.body.contains("3 more that no longer exist"), "{}", page.body);
        assert!(page.body.contains("&lt;Ada&gt;") && !page.body.contains("<form"), "{}", page.body);
    }
}

#[test]
fn error_pages_have_the_reason() {
    let expired = error_page(ActionTokenError::Expired { expired_at: at(0) }).body;
    assert!(expired.contains("This link has expired: ") && expired.contains("22:13:20 UTC"), "{expired}");
    assert!(error_page(ActionTokenError::Invalid).body.contains("Invalid link: "));
    assert!(not_found_page().body.contains("long ago"));
}

#[test]
fn whole_hours_are_shown_in_hours() {
    for (minutes, expected) in [(120, "Silence for 2 hours"), (90, "Silence for 90 minutes")] {
        assert_eq!(
            confirmation_page(&link(LinkAction::Silence { minutes }, |_| {}), FormInput::default(), None)
                .title,
            expected
        );
    }
}
