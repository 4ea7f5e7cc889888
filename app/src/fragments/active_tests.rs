use super::*;
use crate::fragments::words::Written;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn card(message: &str) -> Card {
    Card {
        id: "alert-1".to_owned(),
        severity: Severity::Critical,
        message: message.to_owned(),
        since: at(1000),
        component: "disk /srv".to_owned(),
        host: "web-1".to_owned(),
        rule: "disk".to_owned(),
        rule_name: "Use of the file system".to_owned(),
        labels: r#"{"host":"web-1"}"#.to_owned(),
        because_of: None,
        is_flapping: false,
        silenced: None,
        acknowledged: None,
        summary: "It is nearly full.".to_owned(),
        action: "Find what grew.".to_owned(),
        runbook: Some("https://wiki.example/disk?a=1&b=2".to_owned()),
        charts: Some("/"),
    }
}

fn html(cards: Vec<Card>, typed: Typed) -> String {
    Active { now: at(1250), cards, typed, ..Active::default() }.view(true).html().replace('\u{a0}', " ")
}

#[test]
fn a_card_says_what_since_when_and_what_to_do() {
    let html = html(vec![card("Use of /srv is 95.0 %, above 90.0 %")], Typed::default());
    for part in [
        "Critical",
        "Use of /srv is 95.0 %, above 90.0 %",
        "datetime=\"1970-01-01T00:16:40Z\"",
        "for 4 min",
        "It is nearly full.",
        "Find what grew.",
        "href=\"https://wiki.example/disk?a=1&amp;b=2\"",
        "href=\"/alerts?view=rule&amp;id=disk\"",
        "name=\"labels\" value=\"{&quot;host&quot;:&quot;web-1&quot;}\"",
        "data-remember=\"who\"",
        "value=\"acknowledge\"",
        "value=\"silence-8h\"",
        "<details id=\"alert-1-act\" open",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("value=\"withdraw\""), "{html}");
}

#[test]
fn nothing_that_is_said_becomes_markup() {
    let wild = "<script>alert(1)</script>";
    let mut wild_card = card(wild);
    for text in [
        &mut wild_card.component,
        &mut wild_card.host,
        &mut wild_card.rule_name,
        &mut wild_card.summary,
        &mut wild_card.action,
        &mut wild_card.labels,
        &mut wild_card.id,
        &mut wild_card.rule,
    ] {
        *text = format!("\"{wild}");
    }
    wild_card.runbook = Some(format!("javascript:{wild}"));
    wild_card.because_of = Some(wild.to_owned());
    wild_card.silenced = Some(Silenced { author: wild.to_owned(), reason: wild.to_owned(), until: None });
    wild_card.acknowledged =
        Some(Acknowledged { who: wild.to_owned(), why: wild.to_owned(), time: at(1100) });
    let typed = vec![
        ("rule".to_owned(), wild_card.rule.clone()),
        ("labels".to_owned(), wild_card.labels.clone()),
        ("who".to_owned(), format!("\"{wild}")),
        ("why".to_owned(), format!("\"{wild}")),
    ];
    let html = html(vec![wild_card], Typed::new(typed, None));
    // In an attribute the quotes alone would end it: there the sign is harmless.
    let outside = html.split('"').step_by(2).collect::<String>();
    assert!(!outside.contains("<script"), "{outside}");
    assert!(!html.contains("href=\"javascript"), "{html}");
}

#[test]
fn states_are_said_and_what_is_looked_after_is_not_open() {
    let mut one = card("x");
    one.is_flapping = true;
    one.because_of = Some("PostgreSQL".to_owned());
    one.silenced =
        Some(Silenced { author: "ada".to_owned(), reason: "new disks".to_owned(), until: Some(at(7200)) });
    one.acknowledged = Some(Acknowledged { who: "bob".to_owned(), why: String::new(), time: at(1100) });
    let html = html(vec![one], Typed::default());
    for part in [
        "Because of",
        "PostgreSQL",
        "Comes and goes",
        "1970-01-01T02:00:00Z",
        "ada",
        "new disks",
        "bob",
        "value=\"withdraw\"",
        "Take over",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains(" open"), "{html}");
}

#[test]
fn what_was_typed_stays_with_its_alert() {
    let other = Card { id: "alert-2".to_owned(), rule: "cpu".to_owned(), ..card("y") };
    let typed = vec![
        ("rule".to_owned(), "cpu".to_owned()),
        ("labels".to_owned(), card("").labels),
        ("who".to_owned(), "ada".to_owned()),
        ("why".to_owned(), "because".to_owned()),
    ];
    let html = html(vec![card("x"), other], Typed::new(typed, Some("who")));
    let (first, second) = html.split_once("id=\"alert-2\"").unwrap();
    assert!(!first.contains("because") && !first.contains("aria-invalid=\"true\""), "{first}");
    assert!(second.contains("value=\"because\"") && second.contains("aria-invalid=\"true\""), "{second}");
}

#[test]
fn where_nothing_is_wrong_it_is_said_what_is_watched() {
    let none = |watched, only| {
        Active { watched, only, ..Active::default() }.view(true).html().replace('\u{a0}', " ")
    };
    let html = none(Watched { rules: 18, series: 240, last_over: Some(at(60)) }, None);
    for part in ["Nothing is wrong.", "18 rules watch 240 series.", "1970-01-01T00:01:00Z"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let html = none(Watched { rules: 1, series: 1, last_over: None }, None);
    assert!(html.contains("1 rule watches 1 series.") && html.contains("no alert yet"), "{html}");
    let html = none(Watched::default(), Some("cpu".to_owned()));
    assert!(html.contains("No alert of this rule fires.") && html.contains("Show all"), "{html}");
}

#[test]
fn many_and_long_ones_are_shown_closed_and_whole() {
    let long = "x".repeat(2000);
    let cards = (0..6).map(|number| Card { id: format!("alert-{number}"), ..card(&long) }).collect();
    let html = Active { cards, more: 7, ..Active::default() }.view(true).html().replace('\u{a0}', " ");
    assert!(html.contains("And 7 more that are not shown"), "{html}");
    assert_eq!(html.matches(&long).count(), 6);
    assert!(!html.contains(" open"), "nothing is open");
}
