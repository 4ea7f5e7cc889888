//! Trends page and past time ranges, as rendered by the server: statistics, links, invalid URLs, written times.

use crate::support::{Response, Server, Socket, get};

/// A server with a few seconds of history, and the time of its newest values.
async fn with_past() -> (Server, i64) {
    let server = Server::start_with(&["--host-name", "test-host"], &[]).await;
    let last = Socket::json(server.address).await.in_a_row(4).await;
    let time = last["time"].as_i64().unwrap();
    (server, time)
}

async fn page(server: &Server, path: &str) -> String {
    let answer = get(server.address, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let html = answer.html();
    assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("Loading…"), "{path}: {html}");
    html
}

/// Statistics of the first series of a panel, as pairs of term and value.
fn stats(html: &str, panel: &str) -> Vec<(String, String)> {
    let (_, rest) = html.split_once(&format!("data-panel=\"{panel}\"")).unwrap();
    let (_, rest) =
        rest.split_once("<dl class=\"stats\">").unwrap_or_else(|| panic!("no numbers in {panel}"));
    let (list, _) = rest.split_once("</dl>").unwrap();
    let pair = |entry: &str| {
        let (term, rest) = entry.split_once("</dt><dd>").unwrap();
        (term.to_owned(), rest.split_once("</dd>").unwrap().0.to_owned())
    };
    list.split("<dt>").skip(1).map(pair).collect()
}

#[tokio::test]
async fn trends_show_statistics_of_every_series() {
    let (server, _) = with_past().await;
    for (path, current) in [("/trends", "1h"), ("/trends?window=24h", "24h"), ("/trends?window=7d", "7d")] {
        let html = page(&server, path).await;
        assert!(
            html.contains("<title>Trends · Watchglass</title>") && html.contains("<h1>Trends</h1>"),
            "{html}"
        );
        assert!(
            html.contains(&format!(
                "aria-current=\"true\" aria-label=\"{current}: show {}",
                window_name(current)
            )),
            "{path}: {html}"
        );
        let memory = stats(&html, "memory");
        let terms: Vec<&str> = memory.iter().map(|(term, _)| term.as_str()).collect();
        assert_eq!(terms, ["min", "avg", "max", "last", "P95"], "{path}");
        assert!(memory.iter().all(|(_, text)| text.ends_with('B')), "{memory:?}");
        // Counters have a total.
        assert!(html.contains("<dt>total</dt>"), "{path}");
        assert!(!html.contains("Previous avg"), "{path}");
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
    for part in [
        "href=\"/trends?window=24h\">All</a>",
        "href=\"/trends?window=24h&amp;section=Host&amp;compare=1\"",
        "<form action=\"/trends\" method=\"get\" class=\"range\">",
        "type=\"datetime-local\" name=\"from\"",
        "name=\"section\" value=\"Host\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let answer = get(server.address, &format!("/api/fragment/trends?from={}&to={time}", time - 60_000)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.html().starts_with("<div data-part=\"trends\""), "{}", answer.html());
    server.stop().await;
}

#[tokio::test]
async fn pages_with_charts_show_past_ranges() {
    let (server, time) = with_past().await;
    for path in ["/", "/trends"] {
        let html = page(&server, &format!("{path}?from={}&to={time}&at={time}", time - 60_000)).await;
        assert!(html.contains("data-state=\"past\" class=\"shown\"><p>Showing <strong>"), "{path}: {html}");
        assert!(html.contains(&format!("<a href=\"{path}\">Back to live</a>")), "{path}: {html}");
        assert!(!html.contains("No data for this time range"), "{path}: {html}");
        let is_drawn = |chart: &str| chart.split("</svg>").next().unwrap().contains(" d=\"M");
        assert!(html.split("class=\"chart\"").skip(1).any(is_drawn), "{path}: {html}");
        assert!(!html.contains("aria-current=\"true\" aria-label="), "{path}: no window is the present one");
        // A range without data must not show current values.
        let html = page(&server, &format!("{path}?from=1000000000000&to=1000003600000")).await;
        assert!(html.contains("9\u{a0}Sep 01:46:40 – 02:46:40 UTC"), "{path}: {html}");
        assert!(html.contains("No data for this time range"), "{path}: {html}");
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
            assert!(
                html.contains("Invalid time range") && html.contains("data-state=\"live\""),
                "{query}: {html}"
            );
        }
    }
    let html = page(&server, "/?window=6m").await;
    assert!(html.contains("Unknown time range"), "{html}");
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
        assert!(page(&server, expected).await.contains("14\u{a0}Nov 22:13:20 – 22:14:20 UTC"));
    }
    server.stop().await;
}
