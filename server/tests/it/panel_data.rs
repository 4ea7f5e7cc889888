//! Chart data as a page with a table, and as CSV.

use crate::support::{Server, Socket, get};

/// A server with a few seconds of history, and the time of its newest values.
async fn with_past() -> (Server, i64) {
    let server = Server::start_with(&["--host-name", "test-host"], &[]).await;
    let last = Socket::json(server.address).await.in_a_row(4).await;
    let time = last["time"].as_i64().unwrap();
    (server, time)
}

#[tokio::test]
async fn csv_has_the_series_of_the_chart_in_its_window() {
    let (server, time) = with_past().await;
    let range = format!("from={}&to={time}", time - 60_000);
    for query in ["window=5m", &range] {
        let answer = get(server.address, &format!("/panels/memory/csv?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        assert!(answer.header("content-type").unwrap().starts_with("text/csv"), "{query}");
        assert_eq!(
            answer.header("content-disposition"),
            Some("attachment; filename=\"watchglass-memory.csv\""),
            "{query}"
        );
        let text = answer.text();
        let mut lines = text.lines();
        let head = lines.next().unwrap();
        assert!(head.starts_with("time,\"host_memory_") && head.contains("test-host"), "{query}: {head}");
        // Only the series of this memory chart, each with min, avg and max.
        assert!(head.split("\",\"").all(|field| field.contains("host_memory_")), "{query}: {head}");
        assert_eq!(
            head.matches(" avg\"").count() * 3,
            head.matches("\"host_memory_").count(),
            "{query}: {head}"
        );
        let rows: Vec<&str> = lines.collect();
        assert!(
            rows.iter().any(|row| row.split(',').skip(1).all(|field| field.parse::<f64>().is_ok())),
            "{text}"
        );
        assert!(rows.len() <= 3602, "{query}: {}", rows.len());
    }
    server.stop().await;
}

#[tokio::test]
async fn data_page_has_a_table() {
    let (server, _) = with_past().await;
    let answer = get(server.address, "/panels/load?window=15m&hide=1").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let html = answer.html();
    for part in [
        "<title>Load average: data · Watchglass</title>",
        "<h1>Load average: data</h1>",
        "href=\"/panels/load/csv?window=15m\" download",
        "Time (UTC)</th>",
        "<tbody><tr><th scope=\"row\"><time datetime=\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    // Without data there is no table.
    let html = get(server.address, "/panels/load?from=1000000000000&to=1000003600000").await.html();
    assert!(html.contains("No data for this time range") && !html.contains("<table"), "{html}");
    server.stop().await;
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let server = Server::start().await;
    for (path, status, part) in [
        ("/panels/no-such-panel", 404, "no-such-panel"),
        ("/panels/no-such-panel/csv", 404, "Unknown panel"),
        ("/panels/cpu/csv?window=9y", 400, "Unknown time range"),
        ("/panels/cpu?from=1&to=2", 400, "Invalid time range"),
        ("/panels/cpu?from=0&to=9999999999999", 400, "at most 8 days"),
    ] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.text().contains(part), "{path}: {}", answer.text());
    }
    server.stop().await;
}

#[tokio::test]
async fn axis_options_follow_the_url() {
    let (server, _) = with_past().await;
    let html = get(server.address, "/?log=memory&clip=cpu.memory").await.html();
    let of = |id: &str| {
        let (_, rest) = html.split_once(&format!("data-panel=\"{id}\"")).unwrap();
        rest.split_once("</article>").unwrap().0.to_owned()
    };
    assert!(of("memory").contains("Logarithmic axis. Clipped at p99"), "{}", of("memory"));
    assert!(!of("cpu").contains("Logarithmic") && of("cpu").contains("Clipped at p99"), "{}", of("cpu"));
    assert!(!of("load").contains("Clipped at p99"), "{}", of("load"));
    // Menu entries toggle the option of their chart and keep those of other charts.
    assert!(of("cpu").contains("aria-current=\"true\""), "{}", of("cpu"));
    assert!(of("memory").contains("clip=cpu&") || of("memory").contains("clip=cpu\""), "{}", of("memory"));
    assert!(of("load").contains("href=\"/panels/load/csv?window=5m\""), "{}", of("load"));
    let html = get(server.address, "/?at=1700000000000").await.html();
    assert!(html.contains("Processes at 22:13:20 UTC</a>"), "{html}");
    server.stop().await;
}
