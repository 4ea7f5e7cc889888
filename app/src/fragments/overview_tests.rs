use super::*;
use watchglass_model::TimeRange;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn vital() -> Vital {
    Vital {
        id: "latency",
        title: "Latency",
        page: "/performance",
        state: State::Near,
        number: Some(0.75),
        unit: Unit::Seconds,
        word: "P95".to_owned(),
        facts: vec![("31.0\u{a0}ms".to_owned(), "P50")],
        spark: Some(Spark {
            window: TimeRange { start: at(0), end: at(30) },
            step_millis: 10_000,
            times: vec![0, 10_000, 20_000, 30_000],
            low: vec![0.5, f64::NAN, 0.7, 0.75],
            high: vec![0.5, f64::NAN, 0.8, 0.75],
        }),
        threshold: Some(Threshold { level: 1.0, comparison: "above", rule: "response-time".to_owned() }),
        note: String::new(),
        flag: "",
    }
}

fn wrong(message: &str) -> Wrong {
    Wrong {
        severity: Severity::Critical,
        message: message.to_owned(),
        since: at(60),
        rule: "cpu".to_owned(),
        note: String::new(),
    }
}

fn html(head: Overview) -> String {
    overview(head).replace('\u{a0}', " ")
}

#[test]
fn the_first_word_is_whether_we_are_fine() {
    let head = Overview { now: Some(at(300)), score: 100, ..Overview::default() };
    for (head, state, parts) in [
        (Overview::default(), "unknown", &["No numbers yet", "within seconds"][..]),
        (
            Overview {
                state: State::Good,
                watched: Watched { rules: 18, series: 240, last_over: Some(at(0)) },
                ..head.clone()
            },
            "good",
            &["All is well", ">100<", "18 rules watch 240 series", "1970-01-01T00:00:00Z"][..],
        ),
        (
            Overview {
                state: State::Near,
                score: 78,
                reasons: vec![Reason { state: State::Near, text: "Disk <1>".to_owned() }],
                ..head.clone()
            },
            "near",
            &["Worth a look", ">78<", "Disk &lt;1&gt;", "Near its limit"][..],
        ),
        (
            Overview { state: State::Bad, wrong: vec![wrong("<script>x")], more: 3, ..head.clone() },
            "bad",
            &[
                "Something is wrong",
                "&lt;script&gt;x",
                "for 4 min",
                "href=\"/alerts?rule=cpu\"",
                "3 more alerts fire",
                "Critical",
            ][..],
        ),
        (
            Overview { silent: Some(40_000), state: State::Good, ..head },
            "good",
            &["Nothing has been measured for 40 s", "role=\"alert\""][..],
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
fn a_card_has_number_unit_state_spark_and_threshold() {
    let html = html(Overview { now: Some(at(300)), cards: vec![vital()], ..Overview::default() });
    for part in [
        "data-state=\"near\"",
        "<span class=\"number\">750</span> <span class=\"unit\">ms</span>",
        "Near its limit",
        "P50 31.0 ms",
        "href=\"/performance\"",
        "href=\"/alerts?view=rule&amp;id=response-time\">Alert above 1.0 s<",
        "class=\"spark\"",
        "aria-label=\"Latency: 750 ms now",
        "class=\"level\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn a_card_without_a_number_says_why_and_one_without_a_server_what_to_do() {
    for (card, present, absent) in [
        (
            Vital {
                state: State::Unknown,
                number: None,
                spark: None,
                threshold: None,
                note: "No request was answered in the last minute.".to_owned(),
                ..vital()
            },
            &["<span class=\"number\">–</span>", "No data", "No request was answered"][..],
            "class=\"spark\"",
        ),
        (
            Vital {
                state: State::Absent,
                number: None,
                facts: Vec::new(),
                spark: None,
                threshold: None,
                note: "Nobody watches.".to_owned(),
                flag: "--postgres-url",
                ..vital()
            },
            &["Not set up", "Nobody watches.", "<code>--postgres-url</code>", "Set up: Latency"][..],
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
fn long_texts_are_whole_and_no_markup() {
    let long = format!("{}\"<b>&", "x".repeat(3000));
    let card = Vital { word: long.clone(), note: long.clone(), ..vital() };
    let html = html(Overview {
        now: Some(at(1)),
        cards: vec![card],
        wrong: vec![wrong(&long)],
        reasons: vec![Reason { state: State::Bad, text: long }],
        ..Overview::default()
    });
    assert_eq!(html.matches(&"x".repeat(3000)).count(), 4);
    assert!(!html.contains("<b>"), "{html}");
}
