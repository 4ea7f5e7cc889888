//! Trends page and past time ranges, as rendered by the server: statistics, links, invalid URLs, written times.

use crate::support::{Dom, Response, Server, Socket, get};

/// Link of the present time window.
const WINDOW: &str = "nav[aria-label='Time window'] [aria-current=true]";

/// A server with a few seconds of history, and the time of its newest values.
async fn with_past() -> (Server, i64) {
    let server = Server::start_with(&["--host-name", "test-host"], &[]).await;
    let last = Socket::json(server.address).await.in_a_row(4).await;
    let time = last["time"].as_i64().unwrap();
    (server, time)
}

async fn page(server: &Server, path: &str) -> Dom {
    let answer = get(server.address, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let html = answer.text();
    assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("Loading…"), "{path}: {html}");
    answer.dom()
}

/// Statistics of the first series of a panel, as pairs of term and value.
fn stats(dom: &Dom, panel: &str) -> Vec<(String, String)> {
    let list = format!("[data-panel={panel}] .legend > li:first-child dl.stats");
    let values = dom.texts(&format!("{list} dd"));
    dom.texts(&format!("{list} dt")).into_iter().zip(values).collect()
}

#[tokio::test]
async fn trends_show_statistics_of_every_series() {
    let (server, _) = with_past().await;
    for (path, current) in [("/trends", "1h"), ("/trends?window=24h", "24h"), ("/trends?window=7d", "7d")] {
        let html = page(&server, path).await;
        assert_eq!(html.text("title"), "Trends · Watchglass");
        assert_eq!(html.text("h1"), "Trends");
        let label = format!("{current}: show {}", window_name(current));
        assert_eq!(html.attr(WINDOW, "aria-label"), Some(label.as_str()), "{path}");
        let memory = stats(&html, "memory");
        let terms: Vec<&str> = memory.iter().map(|(term, _)| term.as_str()).collect();
        assert_eq!(terms, ["min", "avg", "max", "last", "p95"], "{path}");
        assert!(memory.iter().all(|(_, text)| text.ends_with('B')), "{memory:?}");
        // Counters have a total.
        assert!(html.texts(".stats dt").contains(&"total".to_owned()), "{path}");
        assert!(!html.says(".stats dt", "Previous avg"), "{path}");
    }
    let html = page(&server, "/trends?compare=1").await;
    let memory = stats(&html, "memory");
    // There is no data for the previous hour.
    assert_eq!(memory[5..], [("Previous avg".to_owned(), "–".to_owned()), ("Δ".to_owned(), "–".to_owned())]);
    server.stop().await;
}

fn window_name(window: &str) -> &'static str {
    match window {
        "1h" => "the last hour",
        "24h" => "the last 24 hours",
        _ => "the last 7 days",
    }
}

#[tokio::test]
async fn sections_comparison_and_ranges_work_without_scripts() {
    let (server, time) = with_past().await;
    let html = page(&server, "/trends?window=24h&section=Host").await;
    html.assert_says("a[href='/trends?window=24h']", "All");
    html.assert_has("a[href='/trends?window=24h&section=Host&compare=1']");
    html.assert_has("form[action='/trends'][method=get] input[type=datetime-local][name=from]");
    assert_eq!(html.attr("form[action='/trends'] [name=section]", "value"), Some("Host"));
    let answer = get(server.address, &format!("/api/fragment/trends?from={}&to={time}", time - 60_000)).await;
    assert_eq!(answer.status, 200);
    answer.dom().assert_has("[data-part=trends]");
    server.stop().await;
}

#[tokio::test]
async fn pages_with_charts_show_past_ranges() {
    let (server, time) = with_past().await;
    for path in ["/", "/trends"] {
        let html = page(&server, &format!("{path}?from={}&to={time}&at={time}", time - 60_000)).await;
        html.assert_says(".shown[data-state=past]", "Showing ");
        html.assert_says(&format!(".shown a[href='{path}']"), "Back to live");
        assert!(!html.says("main", "No data for this time range"), "{path}");
        let paths = html.attrs(".chart path", "d");
        assert!(paths.iter().any(|path| path.starts_with('M')), "{path}: {paths:?}");
        assert!(!html.has(WINDOW), "{path}: no window is the present one");
        // A range without data must not show current values.
        let html = page(&server, &format!("{path}?from=1000000000000&to=1000003600000")).await;
        html.assert_says(".shown", "9 Sep 01:46:40 – 02:46:40 UTC");
        html.assert_says("main", "No data for this time range");
    }
    server.stop().await;
}

#[tokio::test]
async fn invalid_ranges_are_reported_on_the_page() {
    let (server, time) = with_past().await;
    for query in [
        "from=x&to=y".to_owned(),
        format!("from={time}&to={}", time - 60_000),
        format!("from={time}&to={}", time + 9_999),
        "from=0&to=9999999999999".to_owned(),
        "from=".to_owned(),
        "to=%00".to_owned(),
    ] {
        for path in ["/", "/trends"] {
            let html = page(&server, &format!("{path}?{query}")).await;
            html.assert_says("main", "Invalid time range");
            assert_eq!(html.attr(".shown", "data-state"), Some("live"), "{query}");
        }
    }
    let html = page(&server, "/?window=6m").await;
    html.assert_says("main", "Unknown time range");
    server.stop().await;
}

#[tokio::test]
async fn written_times_redirect_to_milliseconds() {
    let (server, _) = with_past().await;
    let location = |answer: &Response| {
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").unwrap().to_owned()
    };
    for (path, expected) in [
        (
            "/trends?from=2023-11-14T23:13:20%2B01:00&to=2023-11-14T22:14:20Z",
            "/trends?from=1700000000000&to=1700000060000",
        ),
        (
            "/?zone=60&from=2023-11-14T23:13:20&to=2023-11-14T23:14:20",
            "/?from=1700000000000&to=1700000060000",
        ),
    ] {
        let answer = get(server.address, path).await;
        assert_eq!(location(&answer), expected);
        page(&server, expected).await.assert_says(".shown", "14 Nov 22:13:20 – 22:14:20 UTC");
    }
    server.stop().await;
}
