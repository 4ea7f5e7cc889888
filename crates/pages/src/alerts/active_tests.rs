use super::*;
use crate::alerts::{AckSummary, SilenceSummary};
use crate::ui::StaticHtml;
use watchglass_model::Severity;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn card(message: &str) -> AlertCard {
    AlertCard {
        id: "alert-1".to_owned(),
        severity: Severity::Critical,
        message: message.to_owned(),
        firing_since: at(1000),
        component: "disk /srv".to_owned(),
        host: "web-1".to_owned(),
        rule: "disk".to_owned(),
        rule_name: "Disk usage".to_owned(),
        labels: r#"{"host":"web-1"}"#.to_owned(),
        no_data_since: None,
        inhibited_by: None,
        is_flapping: false,
        silenced: None,
        acknowledged: None,
        summary: "It is nearly full.".to_owned(),
        next_steps: "Find what grew.".to_owned(),
        runbook: Some("https://wiki.example/disk?a=1&b=2".to_owned()),
        charts_page: Some("/"),
    }
}

fn html(cards: Vec<AlertCard>, typed: FormValues) -> String {
    ActiveAlerts { now: at(1250), cards, form_values: typed, ..ActiveAlerts::default() }
        .view(true)
        .html()
        .replace('\u{a0}', " ")
}

#[test]
fn card_shows_message_duration_and_next_steps() {
    let html = html(vec![card("Disk usage on /srv 95.0 % (limit 90.0 %)")], FormValues::default());
    for part in [
        "Critical",
        "Disk usage on /srv 95.0 % (limit 90.0 %)",
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
    assert!(!html.contains("value=\"withdraw\"") && !html.contains("value=\"resolve\""), "{html}");
}

#[test]
fn alert_without_data_can_be_resolved_after_opening_its_form() {
    let without_data = AlertCard { no_data_since: Some(at(1100)), ..card("Disk usage") };
    let html = html(vec![without_data.clone()], FormValues::default());
    assert!(html.contains("<b>No data</b> since <time datetime=\"1970-01-01T00:18:20Z\">"), "{html}");
    let (_, form) =
        html.split_once("<details id=\"alert-1-resolve\" class=\"act\">").expect("closed at first");
    let (form, _) = form.split_once("</details>").unwrap();
    for part in ["<summary>Resolve</summary>", "value=\"disk\"", "name=\"labels\"", "value=\"resolve\""] {
        assert!(form.contains(part), "{part}: {form}");
    }
    let read_only = ActiveAlerts { now: at(1250), cards: vec![without_data], ..ActiveAlerts::default() };
    let html = read_only.view(false).html();
    assert!(html.contains("No data") && !html.contains("value=\"resolve\""), "{html}");
}

#[test]
fn all_texts_are_escaped() {
    let wild = "<script>alert(1)</script>";
    let mut wild_card = card(wild);
    for text in [
        &mut wild_card.component,
        &mut wild_card.host,
        &mut wild_card.rule_name,
        &mut wild_card.summary,
        &mut wild_card.next_steps,
        &mut wild_card.labels,
        &mut wild_card.id,
        &mut wild_card.rule,
    ] {
        *text = format!("\"{wild}");
    }
    wild_card.runbook = Some(format!("javascript:{wild}"));
    wild_card.inhibited_by = Some(wild.to_owned());
    wild_card.silenced =
        Some(SilenceSummary { author: wild.to_owned(), reason: wild.to_owned(), until: None });
    wild_card.acknowledged =
        Some(AckSummary { author: wild.to_owned(), comment: wild.to_owned(), time: at(1100) });
    let typed = vec![
        ("rule".to_owned(), wild_card.rule.clone()),
        ("labels".to_owned(), wild_card.labels.clone()),
        ("who".to_owned(), format!("\"{wild}")),
        ("why".to_owned(), format!("\"{wild}")),
    ];
    let html = html(vec![wild_card], FormValues::new(typed, None));
    // Inside a quoted attribute only a quote could break out: there `<` is harmless.
    let outside = html.split('"').step_by(2).collect::<String>();
    assert!(!outside.contains("<script"), "{outside}");
    assert!(!html.contains("href=\"javascript"), "{html}");
}

#[test]
fn states_are_shown_and_handled_alerts_stay_closed() {
    let mut one = card("x");
    one.is_flapping = true;
    one.inhibited_by = Some("PostgreSQL down".to_owned());
    one.silenced = Some(SilenceSummary {
        author: "ada".to_owned(),
        reason: "new disks".to_owned(),
        until: Some(at(7200)),
    });
    one.acknowledged = Some(AckSummary { author: "bob".to_owned(), comment: String::new(), time: at(1100) });
    let html = html(vec![one], FormValues::default());
    for part in [
        "Suppressed by",
        "PostgreSQL down",
        "Flapping",
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
fn submitted_values_stay_with_their_alert() {
    let other = AlertCard { id: "alert-2".to_owned(), rule: "cpu".to_owned(), ..card("y") };
    let typed = vec![
        ("rule".to_owned(), "cpu".to_owned()),
        ("labels".to_owned(), card("").labels),
        ("who".to_owned(), "ada".to_owned()),
        ("why".to_owned(), "because".to_owned()),
    ];
    let html = html(vec![card("x"), other], FormValues::new(typed, Some("who")));
    let (first, second) = html.split_once("id=\"alert-2\"").unwrap();
    assert!(!first.contains("because") && !first.contains("aria-invalid=\"true\""), "{first}");
    assert!(second.contains("value=\"because\"") && second.contains("aria-invalid=\"true\""), "{second}");
}

#[test]
fn without_alerts_the_rule_coverage_is_shown() {
    let none = |watched, only| {
        ActiveAlerts { coverage: watched, rule_filter: only, ..ActiveAlerts::default() }
            .view(true)
            .html()
            .replace('\u{a0}', " ")
    };
    let html = none(RuleCoverage { rules: 18, series: 240, last_resolved: Some(at(60)) }, None);
    for part in ["No active alerts", "18 rules evaluate 240 series.", "1970-01-01T00:01:00Z"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let html = none(RuleCoverage { rules: 1, series: 1, last_resolved: None }, None);
    assert!(html.contains("1 rule evaluates 1 series.") && html.contains("No alerts so far"), "{html}");
    let html = none(RuleCoverage::default(), Some("cpu".to_owned()));
    assert!(html.contains("No active alerts for this rule.") && html.contains("Show all"), "{html}");
}

#[test]
fn many_long_alerts_are_closed_and_not_truncated() {
    let long = "x".repeat(2000);
    let cards = (0..6).map(|number| AlertCard { id: format!("alert-{number}"), ..card(&long) }).collect();
    let html = ActiveAlerts { cards, ..ActiveAlerts::default() }.view(true).html();
    assert!(!html.contains("pager"), "{html}");
    assert_eq!(html.matches(&long).count(), 6);
    assert!(!html.contains(" open"), "nothing is open");
}

#[test]
fn pages_of_alerts_are_linked() {
    let rule = Some("cpu".to_owned());
    for (page, rule_filter, present, absent) in [
        (1, None, "href=\"/alerts?page=2\" rel=\"next\"", "rel=\"prev\""),
        (2, rule.clone(), "href=\"/alerts?rule=cpu\" rel=\"prev\"", "rel=\"next\""),
    ] {
        let cards = vec![card("x")];
        let page = ActiveAlerts { cards, total: 101, page, pages: 2, rule_filter, ..ActiveAlerts::default() };
        let html = page.view(true).html().replace("class=\"button\" ", "");
        assert!(html.contains("1 of 101 alerts, the most severe first, page"), "{html}");
        assert!(html.contains(present) && !html.contains(absent), "{present}: {html}");
    }
}
