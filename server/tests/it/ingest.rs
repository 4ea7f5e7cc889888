//! Reports of applications: from a small instrumented application, by hand, and invalid ones.

use crate::support::{ConfigFile, Response, Server, Socket, TestToken, exchange, get, within};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get as on_get;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinHandle;
use watchglass_instrument::push::{Destination, Reporter};
use watchglass_instrument::requests::{Recorder, RequestLayer, matched_path};

/// An application with the request layer and a reporter.
struct Shop {
    address: SocketAddr,
    reporter: Reporter,
    serving: JoinHandle<()>,
}

impl Shop {
    async fn open(server: SocketAddr) -> Self {
        let recorder = Arc::new(Recorder::default());
        let bearer = TestToken::Ingest.bearer();
        let token = bearer.strip_prefix("Bearer ").unwrap();
        let destination = Destination::parse(&format!("http://{server}")).unwrap().with_token(token).unwrap();
        let reporter = Reporter::start(Arc::clone(&recorder), "shop", destination).unwrap();
        let router = Router::new()
            .route("/users/{id}", on_get(|| async { "a user" }))
            .route("/broken", on_get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
            .layer(RequestLayer::new(recorder, matched_path));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { address, reporter, serving }
    }

    async fn visit(&self, path: &str, times: usize) {
        for _ in 0..times {
            get(self.address, path).await;
        }
    }

    async fn close(self) {
        self.serving.abort();
        self.reporter.stop().await;
    }
}

/// Key of a series of the shop, with labels after `app` and `host`.
fn shop_series(metric: &str, rest: &str) -> String {
    format!("{metric}{{app=\"shop\",host=\"h\"{rest}}}")
}

fn shop_responses(class: &str) -> String {
    shop_series("http_responses_total", &format!(",status_class=\"{class}\""))
}

const UP: &str = "up{host=\"h\",probe=\"app:shop\"}";

async fn post(address: SocketAddr, headers: &str, body: &str) -> Response {
    let bearer = TestToken::Ingest.bearer();
    let text = format!(
        "POST /api/ingest HTTP/1.1\r\nHost: {address}\r\nAuthorization: {bearer}\r\n{headers}\r\n{body}"
    );
    exchange(address, text.as_bytes()).await.unwrap()
}

/// Sends the report of an application.
pub(crate) async fn report(address: SocketAddr, body: &str) -> Response {
    let headers = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    post(address, &headers, body).await
}

async fn component(server: &Server, name: &str) -> Value {
    get(server.address, "/api/admin/system/health/").await.json()["data"]["components"][name].take()
}

#[tokio::test]
async fn application_requests_are_stored_under_its_name() {
    let server = Server::start_with(&["--host-name", "h"], &[]).await;
    let mut socket = Socket::json(server.address).await;
    let shop = Shop::open(server.address).await;
    for (path, times) in [("/users/1", 12), ("/users/2", 8), ("/broken", 5), ("/nowhere", 3)] {
        shop.visit(path, times).await;
    }
    let all_there = |values: &Value| values[&shop_series("http_requests_last_minute", "")] == json!(28.0);
    let frame = socket.metrics_where("28 requests", all_there).await;
    let values = &frame["values"];
    let by_route = |route: &str, class: &str| {
        let labels = format!(",method=\"GET\",route=\"{route}\",status_class=\"{class}\"");
        shop_series("http_requests_total", &labels)
    };
    for (series, expected) in [
        (shop_responses("2xx"), 20.0),
        (shop_responses("4xx"), 3.0),
        (shop_responses("5xx"), 5.0),
        (by_route("/users/{id}", "2xx"), 20.0),
        (by_route("/broken", "5xx"), 5.0),
        (by_route("unmatched", "4xx"), 3.0),
        (shop_series("http_server_errors_last_minute", ""), 5.0),
        (shop_series("http_client_errors_last_minute", ""), 3.0),
        (shop_series("http_requests_error_ratio", ""), 5.0 / 28.0),
        (shop_series("http_requests_in_flight", ""), 0.0),
        (shop_series("http_routes", ""), 2.0),
        (UP.to_owned(), 1.0),
    ] {
        assert_eq!(values[&series], json!(expected), "{series}");
    }
    let of = |metric: &str| values[&shop_series(metric, "")].as_f64().unwrap();
    let [p50, p95, p99] =
        ["p50", "p95", "p99"].map(|part| of(&format!("http_request_duration_{part}_seconds")));
    assert!(0.0 < p50 && p50 <= p95 && p95 <= p99, "{p50} {p95} {p99}");
    assert!(values["http_requests_in_flight{host=\"h\"}"].is_number(), "this server's own has no name");

    let metrics = get(server.address, "/metrics").await;
    let line = format!("{} 20", shop_responses("2xx"));
    assert!(metrics.text().lines().any(|found| found == line), "{line}");
    let system = get(server.address, "/api/admin/system/metrics/").await.json();
    assert!(system["data"]["requests"]["per_minute"].as_f64().unwrap() >= 28.0, "{system}");
    assert_eq!(system["data"]["errors"]["error_rate_percent"], json!(17.86));

    shop.close().await;
    let left = |values: &Value| values[UP].is_null();
    socket.metrics_where("the end of an application that has left", left).await;
    assert_eq!(component(&server, "requests").await, "healthy");
    let alerts = get(server.address, "/api/admin/system/alerts/").await;
    assert!(!alerts.text().contains("app:shop"), "{}", alerts.text());
    server.stop().await;
}

#[tokio::test]
async fn reports_missed_during_a_crash_are_resent() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--host-name", "h", "--data-dir", folder.path().to_str().unwrap()];
    let server = Server::start_with(&flags, &[]).await;
    let address = server.address;
    let shop = Shop::open(address).await;
    shop.visit("/users/1", 50).await;
    let counted = |count: f64| move |values: &Value| values[&shop_responses("2xx")] == json!(count);
    Socket::json(address).await.metrics_where("50 requests", counted(50.0)).await;
    server.kill().await;
    // At most one report may be in flight to the killed server, and it is empty.
    within("a report that does not arrive", async {
        while shop.reporter.status().problem.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    shop.visit("/users/1", 30).await;

    let server = Server::start_at(address, &flags).await;
    let mut socket = Socket::json(address).await;
    let known = |values: &Value| values[&shop_responses("2xx")].is_number();
    let first = socket.metrics_where("the first report to the new server", known).await;
    // All of it is in the first value, with none before: no rate can be computed from it.
    assert_eq!(first["values"][&shop_responses("2xx")], json!(30.0));
    shop.visit("/users/1", 7).await;
    socket.metrics_where("seven more", counted(37.0)).await;
    shop.close().await;
    server.stop().await;
}

#[tokio::test]
async fn silent_applications_are_down_until_they_report_again() {
    let config = ConfigFile::without_delay(&["application-down"]);
    let [config, file] = config.flags();
    let server = Server::start_with(&["--host-name", "h", config, file], &[]).await;
    let mut socket = Socket::json(server.address).await;
    let taken = report(server.address, r#"{"version":1,"app":"shop"}"#).await;
    let expected = json!({ "app": "shop", "routes": 0, "refused_series": 0 });
    assert_eq!((taken.status, taken.json()["data"].take()), (200, expected));
    let is = |up: f64| move |values: &Value| values[UP] == json!(up);
    socket.metrics_where("an application that reports", is(1.0)).await;
    let frame = socket.metrics_where("an application that is silent", is(0.0)).await;
    assert_eq!(frame["values"][&shop_responses("2xx")], Value::Null, "no value is repeated");
    assert_eq!(component(&server, "requests").await, "critical");
    let problems = socket.state["problems"].to_string();
    assert!(problems.contains("app:shop") && problems.contains("no report for more than 10 s"), "{problems}");
    let active = get(server.address, "/api/admin/system/alerts/").await;
    assert!(active.text().contains("app:shop is down: no report"), "{}", active.text());

    report(server.address, r#"{"version":1,"app":"shop","leaving":true}"#).await;
    socket.metrics_where("a last report", |values| values[UP].is_null()).await;
    let active = get(server.address, "/api/admin/system/alerts/").await;
    assert!(!active.text().contains("app:shop"), "{}", active.text());
    server.stop().await;
}

#[tokio::test]
async fn invalid_reports_are_rejected_with_a_reason() {
    let server = Server::start().await;
    let own = server.address;
    for (body, status, code, reason) in [
        ("", 400, "bad_report", "the JSON is empty"),
        ("rubbish\0", 400, "bad_report", "not valid JSON at line 1, column 1: a value is expected"),
        ("{\"version\":1}", 400, "bad_report", "app is missing"),
        ("{\"version\":2,\"app\":\"a\"}", 400, "unknown_version", "this server reads version 1"),
        ("{\"version\":1,\"app\":\"a b\"}", 400, "bad_report", "app must be 1 to 64 letters"),
        (
            "{\"version\":1,\"app\":\"a\",\"more\":1}",
            400,
            "bad_report",
            "unknown field more: known are version",
        ),
    ] {
        let answer = report(own, body).await;
        assert_eq!(answer.status, status, "{body}");
        let message = answer.error(code);
        assert!(message.contains(reason), "{body}: {message}");
    }
    let good = r#"{"version":1,"app":"a"}"#;
    let length = format!("Content-Length: {}\r\n", good.len());
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/jsonp\r\n"] {
        let answer = post(own, &format!("{kind}{length}"), good).await;
        assert_eq!(answer.status, 415, "{kind}");
        answer.error("wrong_content_type");
    }
    let json = "Content-Type: application/json; charset=utf-8\r\n";
    assert_eq!(post(own, &format!("{json}{length}"), good).await.status, 200);

    let announced = post(own, &format!("{json}Content-Length: 1048577\r\n"), "").await;
    assert_eq!(announced.status, 413);
    announced.error("too_long");
    // Without a content length, in chunks.
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let chunks = format!("{}1\r\n \r\n0\r\n\r\n", chunk.repeat(16));
    let chunked = post(own, &format!("{json}Transfer-Encoding: chunked\r\n"), &chunks).await;
    assert_eq!(chunked.status, 413);
    chunked.error("too_long");

    let foreign = post(own, &format!("{json}{length}Origin: http://evil.example\r\n"), good).await;
    assert_eq!(foreign.status, 403);
    assert_eq!(get(own, "/api/ingest").await.status, 405);
    server.stop().await;
}
