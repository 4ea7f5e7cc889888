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
    let dom = answer.dom();
    assert_eq!(dom.text("title"), format!("{} · Watchglass", dom.text("h1")));
    assert!(dom.text("h1").starts_with("Load") && dom.text("h1").ends_with(": data"), "{}", dom.text("h1"));
    dom.assert_has("a[href='/panels/load/csv?window=15m'][download]");
    dom.assert_says("thead th:first-child", "Time (UTC)");
    dom.assert_has("tbody tr:first-child th[scope=row] time[datetime]");
    // Without data there is no table.
    let dom = get(server.address, "/panels/load?from=1000000000000&to=1000003600000").await.dom();
    dom.assert_says("main", "No data for this time range");
    assert!(!dom.has("table"));
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
    let dom = get(server.address, "/?log=memory&clip=cpu.memory").await.dom();
    let look = |id: &str| dom.text(&format!("[data-panel={id}] .look"));
    assert!(look("memory").contains("Logarithmic axis. Clipped at p99"), "{}", look("memory"));
    assert!(
        !look("cpu").contains("Logarithmic") && look("cpu").contains("Clipped at p99"),
        "{}",
        look("cpu")
    );
    assert!(!look("load").contains("Clipped at p99"), "{}", look("load"));
    // Menu entries toggle the option of their chart and keep those of other charts.
    let clip = |id: &str| format!("[data-panel={id}] [data-way=clip]");
    assert_eq!(dom.attr(&clip("cpu"), "aria-current"), Some("true"));
    let link = dom.attr(&clip("memory"), "href").unwrap();
    assert!(link.contains("clip=cpu&") || link.ends_with("clip=cpu"), "{link}");
    dom.assert_has("[data-panel=load] a[href='/panels/load/csv?window=5m']");
    let dom = get(server.address, "/?at=1700000000000").await.dom();
    dom.assert_says("a", "Processes at 22:13:20 UTC");
    server.stop().await;
}
