//! REST API: system report, health, alerts, history, metrics, and the OpenAPI description.

use crate::support::{ConfigFile, Response, Server, Socket, get, request};
use serde_json::{Value, json};

const SYSTEM: &str = "/api/admin/system";

/// A server after that many ticks.
async fn ticked(flags: &[&str], ticks: u64) -> Server {
    let server = Server::start_with(flags, &[]).await;
    let mut socket = Socket::json(server.address).await;
    socket.in_a_row(ticks).await;
    server
}

async fn data(server: &Server, path: &str) -> Value {
    crate::support::data(server.address, path).await
}

#[tokio::test]
async fn system_report_has_its_documented_fields() {
    let server = ticked(&[], 3).await;
    let report = data(&server, &format!("{SYSTEM}/metrics/")).await;
    for (pointer, is_right) in [
        ("/timestamp", Value::is_string as fn(&Value) -> bool),
        ("/cpu/current_percent", Value::is_number),
        ("/cpu/avg_5min_percent", Value::is_number),
        ("/cpu/avg_15min_percent", Value::is_number),
        ("/cpu/core_count", Value::is_u64),
        ("/cpu/threshold", Value::is_u64),
        ("/cpu/per_core_percent/0", Value::is_number),
        ("/memory/total_gb", Value::is_number),
        ("/memory/used_gb", Value::is_number),
        ("/memory/available_gb", Value::is_number),
        ("/memory/used_percent", Value::is_number),
        ("/memory/swap_total_gb", Value::is_number),
        ("/memory/swap_used_percent", Value::is_number),
        ("/disk/partitions", Value::is_array),
        ("/network/bytes_in", Value::is_u64),
        ("/network/packets_out", Value::is_number),
        ("/network/errors_in", Value::is_number),
        ("/network/dropped_out", Value::is_number),
        ("/websocket/active_connections", Value::is_number),
        ("/requests/per_minute", Value::is_number),
        ("/errors/count_4xx", Value::is_number),
        ("/latency/threshold", Value::is_number),
    ] {
        let value = report.pointer(pointer).unwrap_or(&Value::Null);
        assert!(is_right(value), "{pointer} is {value} in {report}");
    }
    for (component, threshold) in [("cpu", 80.0), ("memory", 85.0), ("disk", 90.0), ("database", 1000.0)] {
        assert_eq!(report[component]["threshold"], threshold, "{component}");
    }
    assert_eq!(report["database"]["status"], "not_configured");
    assert_eq!(report["redis"]["status"], "not_configured");
    server.stop().await;
}

#[tokio::test]
async fn paths_work_with_and_without_a_slash_and_below_core() {
    let server = ticked(&[], 1).await;
    for part in ["metrics", "health", "alerts", "history"] {
        for path in [
            format!("{SYSTEM}/{part}/"),
            format!("{SYSTEM}/{part}"),
            format!("/api/core/admin/system/{part}/"),
            format!("/api/core/admin/system/{part}"),
        ] {
            data(&server, &path).await;
            assert_eq!(request(server.address, "POST", &path, &[]).await.status, 405, "{path}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn health_has_a_colour_a_score_and_component_states() {
    let server = ticked(&[], 2).await;
    let health = data(&server, &format!("{SYSTEM}/health/")).await;
    assert!(["green", "yellow", "red"].contains(&health["status"].as_str().unwrap()), "{health}");
    assert!((0..=100).contains(&health["health_score"].as_i64().unwrap()), "{health}");
    let components: Vec<&str> =
        health["components"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(components, ["cpu", "database", "disk", "errors", "memory", "redis", "requests"]);
    assert!(health.get("metrics").is_none());
    let detailed = data(&server, &format!("{SYSTEM}/health/?detailed=true")).await;
    assert!(detailed["metrics"]["memory"]["total_gb"].is_number(), "{detailed}");
    server.stop().await;
}

#[tokio::test]
async fn history_pages_have_each_minute_once() {
    let server = ticked(&[], 2).await;
    let history = format!("{SYSTEM}/history/");
    let all = data(&server, &format!("{history}?period=7d")).await;
    assert_eq!((&all["period"], &all["step_seconds"]), (&json!("7d"), &json!(60.0)));
    assert_eq!((&all["total"], &all["count"], &all["next"]), (&json!(10_080), &json!(10_080), &Value::Null));
    let points = all["data_points"].as_array().unwrap();
    assert!(points.last().unwrap()["memory_percent"].is_number(), "the present is missing");
    assert!(points[0]["memory_percent"].is_null(), "the past was made up");

    let (mut query, mut times) = ("?period=1h&page_size=25".to_owned(), Vec::new());
    loop {
        let page = data(&server, &format!("{history}{query}")).await;
        assert_eq!((&page["period"], &page["total"]), (&json!("1h"), &json!(60)), "{query}");
        let points = page["data_points"].as_array().unwrap();
        times.extend(points.iter().map(|point| point["timestamp"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        let response = get(server.address, &format!("{history}{query}")).await;
        assert!(response.header("link").unwrap().contains("page="), "{query}");
        query = next.to_owned();
    }
    assert_eq!(times.len(), 60);
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    let behind = data(&server, &format!("{history}?period=1h&page=9999")).await;
    assert_eq!(behind["data_points"], json!([]));
    server.stop().await;
}

#[tokio::test]
async fn metric_history_comes_as_json_or_csv() {
    let server = ticked(&[], 3).await;
    let path = format!("{SYSTEM}/history/?metric=host_memory_used_bytes&period=1h&step=1s");
    let history = data(&server, &path).await;
    assert_eq!((&history["kind"], &history["unit"]), (&json!("gauge"), &json!("bytes")));
    let rows = history["timestamps"].as_array().unwrap().len();
    for column in ["min", "avg", "max"] {
        assert_eq!(history["series"][0][column].as_array().unwrap().len(), rows, "{column}");
    }
    assert!(history["series"][0]["avg"].as_array().unwrap().iter().any(Value::is_number));

    let answer = get(server.address, &format!("{path}&format=csv")).await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let file = answer.header("content-disposition");
    assert_eq!(file, Some("attachment; filename=\"watchglass-host_memory_used_bytes.csv\""));
    let lines: Vec<&str> = answer.text().split("\r\n").collect();
    assert!(lines[0].starts_with("time,\"host_memory_used_bytes{"), "{}", lines[0]);
    assert!(lines.len() >= rows, "{} lines", lines.len());
    server.stop().await;
}

#[tokio::test]
async fn bad_parameters_are_named_with_the_accepted_form() {
    let server = ticked(&[], 1).await;
    let long = format!("history/?metric={}", "x".repeat(5000));
    for (path, status, code, part) in [
        ("history/?period=2h", 400, "bad_parameter", "1h, 24h or 7d"),
        ("history/?period=1h&start=0", 400, "bad_parameter", "exclude"),
        ("history/?start=yesterday", 400, "bad_parameter", "RFC 3339"),
        ("history/?start=2000000000&end=1000000000", 400, "bad_parameter", "before"),
        ("history/?step=0", 400, "bad_parameter", "from 1s to 7d"),
        ("history/?page=0", 400, "bad_parameter", "first page is 1"),
        ("history/?page=-1", 400, "bad_parameter", "page"),
        ("history/?page_size=10081", 400, "bad_parameter", "10080"),
        ("history/?format=xml", 400, "bad_parameter", "csv"),
        ("history/?perod=1h", 400, "bad_parameter", "perod"),
        ("history/?metric=up&page=2", 400, "bad_parameter", "cannot be combined with metric"),
        ("history/?metric=no_such_metric", 404, "unknown_metric", "no_such_metric"),
        ("history/?metric=up&start=0&step=1", 400, "bad_parameter", "limit is 11000"),
        ("alerts/?limit=0", 400, "bad_parameter", "from 1 to 1000"),
        ("alerts/?history=maybe", 400, "bad_parameter", "history"),
        ("health/?detailed=2", 400, "bad_parameter", "detailed"),
        (long.as_str(), 400, "bad_parameter", "at most 4096"),
    ] {
        let answer: Response = get(server.address, &format!("{SYSTEM}/{path}")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.error(code).contains(part), "{path}: {}", answer.text());
    }
    server.stop().await;
}

#[tokio::test]
async fn scrapes_have_every_live_series() {
    let server = ticked(&["--host-name", "h"], 3).await;
    let answer = get(server.address, "/metrics").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    for line in ["# TYPE host_memory_used_bytes gauge", "# TYPE host_network_received_bytes_total counter"] {
        assert!(text.lines().any(|found| found == line), "{line}");
    }
    assert!(
        text.lines().any(|line| line == "watchglass_source_up{host=\"h\",source=\"memory\"} 1"),
        "{text}"
    );
    assert!(
        !text.lines().any(|line| line.starts_with("up{")),
        "Prometheus makes a metric of this name itself"
    );
    for start in [
        "watchglass_build_info{host=\"h\",version=\"",
        "process_cpu_seconds_total{host=\"h\"} ",
        "process_start_time_seconds{host=\"h\"} ",
        "host_cpu_seconds_total{host=\"h\",mode=\"system\"} ",
        "http_request_duration_seconds_bucket{host=\"h\",le=\"+Inf\"} ",
        "http_request_duration_seconds_count{host=\"h\"} ",
    ] {
        assert!(text.lines().any(|line| line.starts_with(start)), "{start}: {text}");
    }
    let open =
        request(server.address, "GET", "/metrics", &[("Accept", "application/openmetrics-text")]).await;
    assert_eq!(
        open.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(open.text().ends_with("# EOF\n"));
    assert!(open.text().contains("# TYPE host_network_received_bytes counter"));
    server.stop().await;
}

#[tokio::test]
async fn report_and_built_in_rules_use_existing_metrics() {
    // Probes of unreachable services are in the catalogue as well.
    let flags =
        ["--postgres-url", "postgresql://u:p@127.0.0.1:1/d", "--redis-targets", "redis://127.0.0.1:1"];
    let server = Server::start_with(&flags, &[]).await;
    let snapshot = get(server.address, "/api/fn/snapshot?window_seconds=300&rows=75").await.json();
    let known: Vec<&str> = snapshot["catalogue"]["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|metric| metric["name"].as_str().unwrap())
        .collect();
    for metric in watchglass_reports::report_metrics() {
        assert!(known.contains(&metric), "{metric}");
    }
    // The certificate metric exists only with TLS: tested in `edge_tls.rs`.
    let metrics = watchglass_rules::builtin::metrics().filter(|metric| !metric.starts_with("tls_"));
    for metric in metrics {
        assert!(known.contains(&metric.as_str()), "{metric}");
    }
    server.stop().await;
}

#[tokio::test]
async fn unreachable_services_are_critical_with_a_reason() {
    let config = ConfigFile::without_delay(&["postgresql-down", "redis-down"]);
    let [config, file] = config.flags();
    let flags = [
        "--postgres-url",
        "postgresql://u:hunter2@127.0.0.1:1/d",
        "--redis-targets",
        "redis://:hunter2@127.0.0.1:1",
        config,
        file,
    ];
    let server = Server::start_with(&flags, &[]).await;
    let mut socket = Socket::json(server.address).await;
    let down = |values: &Value| {
        let zeros = values.as_object().unwrap().iter().filter(|(key, value)| {
            (key.contains("probe=\"postgres:") || key.contains("probe=\"redis:")) && **value == json!(0.0)
        });
        zeros.count() == 2
    };
    socket.metrics_where("both down", down).await;
    socket.in_a_row(1).await;
    let health = data(&server, &format!("{SYSTEM}/health/")).await;
    assert_eq!(
        (&health["components"]["database"], &health["components"]["redis"]),
        (&json!("critical"), &json!("critical"))
    );
    assert_eq!(health["status"], "red");
    let report = data(&server, &format!("{SYSTEM}/metrics/")).await;
    assert_eq!(report["redis"]["working"], false, "{report}");
    let alerts = data(&server, &format!("{SYSTEM}/alerts/")).await.to_string();
    assert!(alerts.contains("127.0.0.1:1") && !alerts.contains("hunter2"), "{alerts}");
    let finished = server.stop().await;
    assert!(!finished.stderr.contains("hunter2"), "{}", finished.stderr);
}

#[tokio::test]
async fn api_description_exists_as_json_and_as_a_page() {
    let server = Server::start().await;
    let description = get(server.address, "/api/openapi.json").await.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3."), "{description}");
    let page = get(server.address, "/api/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.text().contains("GET /api/admin/system/history"));
    server.stop().await;
}

#[tokio::test]
async fn history_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--data-dir", folder.path().to_str().unwrap()];
    let server = ticked(&flags, 3).await;
    let mut socket = Socket::json(server.address).await;
    let frame = socket.in_a_row(1).await;
    server.kill().await;
    let server = ticked(&flags, 1).await;
    let seconds = frame["time"].as_i64().unwrap() / 1000 - 1;
    let path =
        format!("{SYSTEM}/history/?metric=host_memory_used_bytes&start={seconds}&end={}&step=1", seconds + 1);
    let history = data(&server, &path).await;
    assert!(history["series"][0]["avg"][0].is_number(), "{history}");
    server.stop().await;
}
