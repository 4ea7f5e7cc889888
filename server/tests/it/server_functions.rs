//! Server functions, a public interface.

use crate::support::{Server, Socket, get, request};
use leptos::server_fn::axum::server_fn_paths;
use serde_json::{Value, json};

const GOOD: &str = "window_seconds=300&rows=75";

#[tokio::test]
async fn the_four_functions_have_stable_paths() {
    // The functions register themselves in every binary that links the pages, including this one.
    let mut paths: Vec<String> = server_fn_paths().map(|(path, method)| format!("{method} {path}")).collect();
    paths.sort();
    assert_eq!(
        paths,
        ["GET /api/fn/alerts", "GET /api/fn/history", "GET /api/fn/services", "GET /api/fn/snapshot"]
    );
    assert_eq!(app::api::PREFIX, "/api/fn");

    let server = Server::start().await;
    for path in ["/api/fn/alerts", "/api/fn/history", "/api/fn/services", "/api/fn/snapshot"] {
        assert_eq!(get(server.address, &format!("{path}?{GOOD}")).await.status, 200, "{path}");
    }
    for path in [
        "/api/fn/snapshot/",
        "/api/fn/Snapshot",
        "/api/fn/snapshot2",
        "/api/fn/get_snapshot",
        "/api/snapshot",
    ] {
        let answer = get(server.address, &format!("{path}?{GOOD}")).await;
        assert_eq!(answer.status, 404, "{path}");
        answer.error("not_found");
    }
    server.stop().await;
}

#[tokio::test]
async fn snapshot_has_all_data_of_a_page() {
    let server = Server::start_with(&["--host-name", "test-host"], &[]).await;
    let mut socket = Socket::json(server.address).await;
    let frame = socket.in_a_row(3).await;
    let snapshot = get(server.address, &format!("/api/fn/snapshot?{GOOD}")).await.json();

    assert_eq!(snapshot["host"]["name"], "test-host");
    assert_eq!(snapshot["interval_ms"], 1000);
    assert!(
        snapshot["time"].as_i64().unwrap() >= frame["time"].as_i64().unwrap(),
        "older than what was sent already"
    );
    let metrics: Vec<&str> = names(&snapshot["catalogue"]["metrics"], "name");
    let panels: Vec<&str> = names(&snapshot["catalogue"]["panels"], "id");
    assert!(metrics.contains(&"up") && metrics.contains(&"host_memory_used_bytes"), "{metrics:?}");
    assert!(panels.contains(&"cpu") && panels.contains(&"memory"), "{panels:?}");

    let series = snapshot["state"]["series"].as_array().unwrap();
    assert!(!series.is_empty());
    for (number, series) in series.iter().enumerate() {
        assert_eq!(series["id"], number);
        assert_eq!(series["labels"]["host"], "test-host");
        assert!(metrics.contains(&series["metric"].as_str().unwrap()), "{series} is of no metric");
    }
    let readings = snapshot["readings"].as_array().unwrap();
    assert!(!readings.is_empty());
    for reading in readings {
        let number = usize::try_from(reading["series"].as_u64().unwrap()).unwrap();
        assert!(number < series.len() && reading["value"].is_number(), "{reading}");
        assert_eq!(reading["time"].as_i64().unwrap() % 1000, 0);
    }
    assert_history(&snapshot["history"], 300, 75);
    server.stop().await;
}

#[tokio::test]
async fn pages_get_binary_and_other_clients_json() {
    let server = Server::start().await;
    Socket::json(server.address).await.in_a_row(1).await;
    let path = "/api/fn/alerts?window_seconds=300";
    for (accept, kind) in [
        (None, "application/json"),
        (Some("*/*"), "application/json"),
        (Some("text/html,application/xhtml+xml,*/*;q=0.8"), "application/json"),
        (Some("application/octet-stream"), "application/octet-stream"),
    ] {
        let headers: Vec<_> = accept.iter().map(|accept| ("accept", *accept)).collect();
        let answer = request(server.address, "GET", path, &headers).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{accept:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn history_has_the_requested_number_of_rows() {
    let server = Server::start().await;
    Socket::json(server.address).await.in_a_row(3).await;
    for (window, rows) in [(10, 2), (300, 75), (300, 3600), (3600, 2), (3600, 75), (3600, 3600)] {
        let path = format!("/api/fn/history?window_seconds={window}&rows={rows}");
        assert_history(&get(server.address, &path).await.json(), window, rows);
    }
    server.stop().await;
}

#[tokio::test]
async fn history_of_pages_equals_that_of_the_rest_api() {
    let server = Server::start().await;
    Socket::json(server.address).await.in_a_row(4).await;
    let page = get(server.address, "/api/fn/history?window_seconds=60&rows=60").await.json();
    let snapshot = get(server.address, &format!("/api/fn/snapshot?{GOOD}")).await.json();
    let mut compared = 0;
    for track in page["tracks"].as_array().unwrap() {
        let number = usize::try_from(track["series"].as_u64().unwrap()).unwrap();
        let series = &snapshot["state"]["series"][number];
        let metric = series["metric"].as_str().unwrap();
        let path = format!("/api/admin/system/history/?metric={metric}&period=1h&step=1s");
        let rest = get(server.address, &path).await.json();
        let times = rest["data"]["timestamps"].as_array().unwrap();
        let all = rest["data"]["series"].as_array().unwrap();
        let same = all.iter().find(|other| other["labels"] == series["labels"]).unwrap();
        for (row, value) in (0..).zip(track["low"].as_array().unwrap()) {
            let Some(value) = value.as_f64() else { continue };
            let time = page["start"].as_i64().unwrap() + row * page["step_millis"].as_i64().unwrap();
            let place = times.iter().position(|at| at.as_f64() == Some(time as f64 / 1000.0)).unwrap();
            let other = same["min"][place].as_f64().unwrap();
            // Pages get four significant digits.
            assert!((value - other).abs() <= 1e-3 * other.abs(), "{series} at {time}: {value}, {other}");
            compared += 1;
        }
    }
    assert!(compared >= 20, "{compared} values");
    server.stop().await;
}

#[tokio::test]
async fn services_are_empty_without_targets() {
    let server = Server::start().await;
    let services = get(server.address, "/api/fn/services").await.json();
    assert_eq!(services, json!({ "postgres": [], "redis": [] }));
    server.stop().await;
}

#[tokio::test]
async fn targets_are_listed_by_probe_without_secrets() {
    // Nothing listens on port 1.
    let flags = [
        "--postgres-url",
        "postgresql://w:sesame@127.0.0.1:1/app",
        "--redis-targets",
        "redis://:sesame@127.0.0.1:1",
    ];
    let server = Server::start_with(&flags, &[]).await;
    let services = get(server.address, "/api/fn/services").await;
    assert!(!services.text().contains("sesame"), "{}", services.text());
    let nothing = json!({ "instance": "127.0.0.1:1/app", "version": null, "notes": [], "blocked": null, "statements": null });
    assert_eq!(
        services.json()["postgres"],
        json!([{ "probe": "postgres:127.0.0.1:1/app", "details": nothing }])
    );
    let nothing =
        json!({ "instance": "127.0.0.1:1", "version": null, "role": null, "notes": [], "slow_log": null });
    assert_eq!(services.json()["redis"], json!([{ "probe": "redis:127.0.0.1:1", "details": nothing }]));

    // While the targets are down, the problem and the page show it.
    let mut socket = Socket::json(server.address).await;
    let down = |state: &Value, probe: &str| {
        state["problems"].as_array().is_some_and(|all| all.iter().any(|problem| problem["probe"] == probe))
    };
    while !(down(&socket.state, "postgres:127.0.0.1:1/app") && down(&socket.state, "redis:127.0.0.1:1")) {
        socket.metrics().await;
    }
    for path in ["/database", "/cache"] {
        let page = get(server.address, path).await;
        assert!(page.text().contains("Down since") && !page.text().contains("sesame"), "{}", page.text());
    }
    server.stop().await;
}

fn names<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap()).collect()
}

fn assert_history(history: &Value, window: u64, rows: u64) {
    assert_eq!(history["window_seconds"], window);
    let step = history["step_millis"].as_u64().unwrap();
    assert!(
        step > 0 && step.is_multiple_of(1000) && step * rows >= window * 1000,
        "{window} s, {rows} rows: {step} ms"
    );
    let tracks = history["tracks"].as_array().unwrap();
    assert!(!tracks.is_empty(), "{window} s, {rows} rows");
    for track in tracks {
        let low = track["low"].as_array().unwrap();
        let high = track["high"].as_array().unwrap();
        // The first row starts at a multiple of the step, so there may be one more.
        assert!((low.len() as u64) <= rows + 1, "{} rows of {rows}", low.len());
        assert!(high.is_empty() || high.len() == low.len());
        assert!(low.iter().any(Value::is_number), "a series without any reading: {track}");
        assert!(low.iter().chain(high).all(|value| value.is_number() || value.is_null()));
    }
}

/// Query, and what the error must name.
const BAD_QUERIES: [(&str, &str); 21] = [
    ("", "window_seconds"),
    ("window_seconds=300", "rows"),
    ("rows=75", "window_seconds"),
    ("window_seconds=9&rows=75", "window_seconds is 9: it must be from 10 to 691200"),
    ("window_seconds=691201&rows=75", "window_seconds is 691201: it must be from 10 to 691200"),
    ("window_seconds=300&rows=1", "rows is 1: it must be from 2 to 3600"),
    ("window_seconds=300&rows=4294967295", "rows is 4294967295: it must be from 2 to 3600"),
    ("window_seconds=300&rows=4294967296", "number"),
    ("window_seconds=-300&rows=75", "digit"),
    ("window_seconds=3e2&rows=75", "digit"),
    ("window_seconds=&rows=75", "empty"),
    ("window_seconds=abc&rows=75", "digit"),
    ("window_seconds=%00&rows=75", "digit"),
    ("window_seconds=%ff&rows=75", ""),
    ("window_seconds=300&rows=75&rows=76", "rows"),
    ("window_seconds=300&rows=75&end=-1", "end is -1: it must be from 0"),
    ("window_seconds=300&rows=75&end=9223372036854775808", "number"),
    ("window_seconds=300&rows=75&end=2026-11-22", "digit"),
    ("window_seconds=300&rows=75&detail=3", "detail is 3: it must be from 0 to 2"),
    ("window_seconds[]=300&rows=75", ""),
    ("window_seconds[a][b][c]=300&rows=75", ""),
];

#[tokio::test]
async fn invalid_arguments_are_rejected_with_a_reason() {
    let server = Server::start().await;
    let long = format!("window_seconds={}&rows=75", "9".repeat(10_000));
    for (query, reason) in BAD_QUERIES.into_iter().chain([(long.as_str(), "number")]) {
        for function in ["snapshot", "history"] {
            let answer = get(server.address, &format!("/api/fn/{function}?{query}")).await;
            let shown: String = query.chars().take(60).collect();
            assert!((400..600).contains(&answer.status), "{function} {shown}: {}", answer.status);
            let text = answer.text();
            assert!(!text.is_empty() && text.contains(reason), "{function} {shown}: {text}");
        }
    }
    // Stopping also checks that nothing panicked.
    server.stop().await;
}

#[tokio::test]
async fn invalid_arguments_are_client_errors() {
    let server = Server::start().await;
    for (query, _) in BAD_QUERIES {
        for function in ["snapshot", "history"] {
            let answer = get(server.address, &format!("/api/fn/{function}?{query}")).await;
            assert_eq!(answer.status, 400, "{function} {query}: {}", answer.text());
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn functions_opened_in_a_browser_show_their_response() {
    let server = Server::start().await;
    let headers = [("Accept", "text/html,*/*;q=0.8"), ("Referer", "http://other.example/")];
    let answer = request(server.address, "GET", &format!("/api/fn/snapshot?{GOOD}"), &headers).await;
    assert_eq!((answer.status, answer.header("location")), (200, None));
    server.stop().await;
}

#[tokio::test]
async fn functions_answer_head_like_get() {
    let server = Server::start().await;
    for path in ["/api/fn/snapshot", "/api/fn/history", "/api/fn/services"] {
        let answer = request(server.address, "HEAD", &format!("{path}?{GOOD}"), &[]).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{path}");
    }
    server.stop().await;
}
