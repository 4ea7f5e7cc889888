use super::*;
use watchglass_model::TimeRange;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn vital() -> StatCard {
    StatCard {
        id: "latency",
        title: "Latency",
        page: "/performance",
        state: HealthState::Warning,
        value: Some(0.75),
        unit: Unit::Seconds,
        label: "p95".to_owned(),
        details: vec![("31.0\u{a0}ms".to_owned(), "P50")],
        sparkline: Some(Sparkline {
            window: TimeRange { start: at(0), end: at(30) },
            step_millis: 10_000,
            times: vec![0, 10_000, 20_000, 30_000],
            low: vec![0.5, f64::NAN, 0.7, 0.75],
            high: vec![0.5, f64::NAN, 0.8, 0.75],
        }),
        threshold: Some(Threshold { value: 1.0, comparison: "above", rule: "response-time".to_owned() }),
        note: String::new(),
        setting: "",
    }
}

fn wrong(message: &str) -> FiringAlert {
    FiringAlert {
        severity: Severity::Critical,
        message: message.to_owned(),
        firing_since: at(60),
        rule: "cpu".to_owned(),
        note: String::new(),
    }
}

fn html(head: Overview) -> String {
    render(head).replace('\u{a0}', " ")
}

#[test]
fn heading_shows_the_overall_state() {
    let head = Overview { now: Some(at(300)), score: 100, ..Overview::default() };
    for (head, state, parts) in [
        (Overview::default(), "unknown", &["No data yet", "within seconds"][..]),
        (
            Overview {
                state: HealthState::Ok,
                coverage: RuleCoverage { rules: 18, series: 240, last_resolved: Some(at(0)) },
                ..head.clone()
            },
            "good",
            &["All systems healthy", ">100<", "18 rules evaluate 240 series", "1970-01-01T00:00:00Z"][..],
        ),
        (
            Overview {
                state: HealthState::Warning,
                score: 78,
                reasons: vec![Reason { state: HealthState::Warning, text: "Disk <1>".to_owned() }],
                ..head.clone()
            },
            "near",
            &["Degraded", ">78<", "Disk &lt;1&gt;", "Warning"][..],
        ),
        (
            Overview {
                state: HealthState::Critical,
                firing: vec![wrong("<script>x")],
                more: 3,
                ..head.clone()
            },
            "bad",
            &[
                "id=\"verdict\">Critical<",
                "&lt;script&gt;x",
                "for 4 min",
                "href=\"/alerts?rule=cpu\"",
                "3 more alerts firing",
                "Critical",
            ][..],
        ),
        (
            Overview { stale_millis: Some(40_000), state: HealthState::Ok, ..head },
            "good",
            &["No new data for 40 s", "role=\"alert\""][..],
        ),
    ] {
        let html = html(head);
        assert!(html.contains(&format!("data-state=\"{state}\" aria-labelledby=\"verdict\"")), "{html}");
        for part in parts {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<script"), "{html}");
    }
}

#[test]
fn card_has_value_unit_state_sparkline_and_threshold() {
    let html = html(Overview { now: Some(at(300)), cards: vec![vital()], ..Overview::default() });
    for part in [
        "data-state=\"near\"",
        "<span class=\"number\">750</span> <span class=\"unit\">ms</span>",
        "Warning",
        "P50 31.0 ms",
        "href=\"/performance\"",
        "href=\"/alerts?view=rule&amp;id=response-time\">Threshold: above 1.0 s<",
        "class=\"spark\"",
        "aria-label=\"Latency: 750 ms now",
        "class=\"level\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn cards_without_data_show_a_note_or_how_to_configure() {
    for (card, present, absent) in [
        (
            StatCard {
                state: HealthState::NoData,
                value: None,
                sparkline: None,
                threshold: None,
                note: "No requests in the last minute.".to_owned(),
                ..vital()
            },
            &["<span class=\"number\">–</span>", "No data", "No requests in"][..],
            "class=\"spark\"",
        ),
        (
            StatCard {
                state: HealthState::NotConfigured,
                value: None,
                details: Vec::new(),
                sparkline: None,
                threshold: None,
                note: "PostgreSQL is not monitored.".to_owned(),
                setting: "postgres.url",
                ..vital()
            },
            &[
                "Not configured",
                "PostgreSQL is not monitored.",
                "<code>postgres.url</code>",
                "Configure Latency",
            ][..],
            "class=\"figure\"",
        ),
    ] {
        let html = html(Overview { now: Some(at(1)), cards: vec![card], ..Overview::default() });
        for part in present {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains(absent), "{absent}: {html}");
    }
}

#[test]
fn long_texts_are_escaped_and_not_truncated() {
    let long = format!("{}\"<b>&", "x".repeat(3000));
    let card = StatCard { label: long.clone(), note: long.clone(), ..vital() };
    let html = html(Overview {
        now: Some(at(1)),
        cards: vec![card],
        firing: vec![wrong(&long)],
        reasons: vec![Reason { state: HealthState::Critical, text: long }],
        ..Overview::default()
    });
    assert_eq!(html.matches(&"x".repeat(3000)).count(), 4);
    assert!(!html.contains("<b>"), "{html}");
}
