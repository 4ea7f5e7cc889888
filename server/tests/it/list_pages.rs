//! Server-rendered parts of pages other than alerts: overview head, routes, processes, settings.

use crate::support::{ConfigFile, Response, Server, Socket, get};

fn html(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    answer.text().replace('\u{a0}', " ")
}

async fn part(server: &Server, path: &str) -> String {
    html(&get(server.address, &format!("/api/fragment/{path}")).await)
}

/// The part as soon as `is_there` holds; checked again after every frame.
async fn part_when(server: &Server, path: &str, is_there: impl Fn(&str) -> bool) -> String {
    let mut socket = Socket::json(server.address).await;
    let mut last = String::new();
    for _ in 0..60 {
        last = part(server, path).await;
        if is_there(&last) {
            return last;
        }
        socket.in_a_row(2).await;
    }
    panic!("{path} never came to what was expected: {last}")
}

fn assert_parts(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[tokio::test]
async fn overview_head_shows_the_state_and_what_to_configure() {
    let config = ConfigFile::with(
        "[[rules]]\nid = 'some-memory'\nname = 'Some <memory>'\nmetric = 'host_memory_used_ratio'\n\
         component = 'memory'\ncritical = 0.0001\n",
    );
    let mut server = Server::start_with(&config.flags(), &[]).await;
    server.logged("alert fired").await;
    let html = part_when(&server, "overview", |html| html.contains("class=\"line\"")).await;
    assert_parts(
        &html,
        &[
            "<h2 id=\"verdict\">Critical</h2>",
            "Health score ",
            "Some &lt;memory&gt;: ",
            "href=\"/alerts?rule=some-memory\"",
            "id=\"vital-host\"",
            "class=\"spark\"",
            "Threshold: above 80.0 %",
            "href=\"/alerts?view=rule&amp;id=cpu\"",
            "Configure Database",
            "<code>postgres.url</code>",
            "Configure Redis",
            "<code>redis.targets</code>",
            "id=\"vital-latency\"",
            "Threshold: above 1.0 s",
        ],
    );
    assert!(!html.contains("<memory>"), "{html}");
    // The page has it without scripts, above its panels.
    let page = get(server.address, "/").await.html();
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"));
    assert!(place("id=\"verdict\"") < place("data-panel=\"cpu\""), "{page}");
    server.stop().await;
}

#[tokio::test]
async fn unreachable_targets_are_critical() {
    let flags = ["--postgres-url", "postgresql://u:sesame@127.0.0.1:1/d"];
    let server = Server::start_with(&flags, &[]).await;
    let html = part_when(&server, "overview", |html| html.contains("Database: down")).await;
    assert_parts(&html, &["<h2 id=\"verdict\">Critical</h2>", "Unreachable.", "Configure Redis"]);
    assert!(!html.contains("sesame") && !html.contains("Configure Database"), "{html}");
    server.stop().await;
}

#[tokio::test]
async fn routes_are_counted_sorted_and_filtered() {
    let server = Server::start().await;
    // An increase is visible only between two ticks.
    let mut socket = Socket::json(server.address).await;
    for _ in 0..3 {
        assert_eq!(get(server.address, "/api/live").await.status, 200);
        socket.in_a_row(2).await;
    }
    assert_eq!(get(server.address, "/api/no/such/thing").await.status, 404);
    let html = part_when(&server, "performance", |html| html.contains("/api/live")).await;
    assert_parts(
        &html,
        &["Routes", "Watchglass (self)", "sort=p95", "last 5 minutes", "aria-sort=\"descending\""],
    );
    let hour = part(&server, "performance?window=1h&sort=route&filter=LIVE").await;
    assert_parts(
        &hour,
        &[
            "last hour",
            "/api/live",
            "aria-sort=\"ascending\"",
            "Show all",
            "href=\"/performance?window=1h&amp;filter=LIVE&amp;sort=route&amp;dir=desc\"",
        ],
    );
    assert!(!hour.contains("unmatched"), "{hour}");
    let none = part(&server, "performance?filter=%3Cscript%3E").await;
    assert!(none.contains("No route matches") && !none.contains("<script>"), "{none}");
    let page = get(server.address, "/performance?sort=route").await;
    assert_eq!(page.status, 200);
    assert_parts(
        &page.html(),
        &[
            "<h1>Performance</h1>",
            "data-panel=\"request-latency\"",
            "id=\"routes-title\"",
            // Heat map cells of the latency distribution: the lightest and the darkest.
            "class=\"area heat-0\" data-colour=\"0\" d=\"M",
            "class=\"area heat-6\" data-colour=\"0\" d=\"M",
            "<span class=\"name\">longer</span>",
        ],
    );
    server.stop().await;
}

#[tokio::test]
async fn processes_are_listed_now_and_in_the_past() {
    let server = Server::start().await;
    let html = part_when(&server, "processes?sort=memory", |html| html.contains("<table")).await;
    assert_parts(&html, &["Processes now: ", "MiB", "sort=cpu", "◀ 1 min"]);
    assert!(!html.contains("▶"), "{html}");
    let time = Socket::json(server.address).await.in_a_row(2).await["time"].as_i64().unwrap();
    let then = part(&server, &format!("processes?at={time}&filter=a&sort=command")).await;
    assert_parts(&then, &["Processes at ", "value=\"20", ">Now<", "filter=a"]);
    for (query, expected) in [
        ("at=1000", "No data for this time"),
        ("at=4102444800000", "This time is in the future."),
        ("when=2001-02-03T04:05", "value=\"2001-02-03T04:05:00\""),
    ] {
        assert_parts(&part(&server, &format!("processes?{query}")).await, &[expected]);
    }
    let page = get(server.address, "/processes").await;
    assert_eq!(page.status, 200);
    assert_parts(&page.html(), &["<h1>Processes</h1>", "data-panel=\"top-memory\"", "id=\"commands-title\""]);
    server.stop().await;
}

#[tokio::test]
async fn settings_show_their_source_and_no_secrets() {
    let config = ConfigFile::with(
        "redis_prefix = 'team'\n[channels.hook]\nkind = 'webhook'\nurl = 'http://127.0.0.1:1/sesame'\n",
    );
    let [flag, file] = config.flags();
    let flags = [flag, file, "--history-days", "8", "--redis-targets", "redis://me:sesame@127.0.0.1:1"];
    let server = Server::start_with(&flags, &[("WATCHGLASS_LOG_LEVEL", "debug")]).await;
    let page = get(server.address, "/settings").await;
    assert_eq!(page.status, 200);
    let page = page.html();
    for html in [page.replace('\u{a0}', " "), part(&server, "settings").await] {
        assert_parts(
            &html,
            &[
                "<h1>Settings</h1>",
                &format!("{file}:1"),
                "<code>--history-days</code>",
                "<code>WATCHGLASS_LOG_LEVEL</code>",
                "<td>default</td>",
                "<dt>1 s resolution</dt><dd>8 days</dd>",
                "redis://127.0.0.1:1",
                "href=\"/alerts?view=rule&amp;id=cpu\"",
                "<dt>hook</dt>",
                env!("CARGO_PKG_VERSION"),
            ],
        );
        assert!(!html.contains("sesame"), "{html}");
    }
    server.stop().await;
}

#[tokio::test]
async fn invalid_queries_are_rejected_with_the_accepted_form() {
    let server = Server::start().await;
    for (path, expected) in [
        ("performance?sort=size", "sort is \"size\": it must be one of route"),
        ("performance?sort=p95&dir=up", "it must be asc or desc"),
        ("processes?at=now", "it must be milliseconds since 1970"),
        ("processes?when=yesterday", "such as 2026-11-22T02:20:30"),
        ("processes?sort=%22", "it must be one of command"),
    ] {
        let answer = get(server.address, &format!("/api/fragment/{path}")).await;
        assert_eq!(answer.status, 400, "{path}");
        let message = answer.error("bad_parameter");
        assert!(message.contains(expected), "{path}: {message}");
    }
    let long = format!("/api/fragment/performance?filter={}", "x".repeat(200));
    assert!(get(server.address, &long).await.error("bad_parameter").contains("at most 100"), "{long}");
    // The page is rendered and shows the error.
    let page = get(server.address, "/processes?at=now").await;
    assert_eq!(page.status, 200);
    assert!(page.html().contains("This page cannot be shown"), "{}", page.html());
    server.stop().await;
}
