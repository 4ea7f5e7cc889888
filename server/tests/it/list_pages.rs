//! Server-rendered parts of pages other than alerts: overview head, routes, processes, settings.

use crate::support::{ConfigFile, Dom, Server, Socket, get};

async fn page(server: &Server, path: &str) -> Dom {
    let answer = get(server.address, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    answer.dom()
}

async fn part(server: &Server, path: &str) -> Dom {
    page(server, &format!("/api/fragment/{path}")).await
}

/// The part as soon as `is_there` holds; checked again after every frame.
async fn part_when(server: &Server, path: &str, is_there: impl Fn(&Dom) -> bool) -> Dom {
    let mut socket = Socket::json(server.address).await;
    for _ in 0..60 {
        let last = part(server, path).await;
        if is_there(&last) {
            return last;
        }
        socket.in_a_row(2).await;
    }
    panic!("{path} never came to what was expected")
}

/// Checks elements and parts of their texts.
fn assert_parts(dom: &Dom, parts: &[(&str, &str)]) {
    for (selector, part) in parts {
        dom.assert_says(selector, part);
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
    let dom = part_when(&server, "overview", |dom| dom.has(".spark path.line")).await;
    assert_parts(
        &dom,
        &[
            ("h2#verdict", "Critical"),
            (".verdict .score", "Health score "),
            (".reasons a[href='/alerts?rule=some-memory']", "Some <memory>: "),
            ("#vital-host", "Host"),
            (".limit a[href='/alerts?view=rule&id=cpu']", "Threshold: above 80.0 %"),
            (".vital .limit a[href='/database']", "Configure Database"),
            (".vital code", "postgres.url"),
            (".vital .limit a[href='/cache']", "Configure Redis"),
            (".vital code", "redis.targets"),
            ("[aria-labelledby=vital-latency] .limit", "Threshold: above 1.0 s"),
        ],
    );
    // Names are escaped.
    assert!(!dom.has("memory"));
    // The page has it without scripts, above its panels.
    let page = page(&server, "/").await;
    page.assert_has(".fragment:has(#verdict) ~ * [data-panel=cpu]");
    server.stop().await;
}

#[tokio::test]
async fn unreachable_targets_are_critical() {
    let flags = ["--postgres-url", "postgresql://u:sesame@127.0.0.1:1/d"];
    let server = Server::start_with(&flags, &[]).await;
    let is_down = |dom: &Dom| dom.says(".reasons", "Database: down");
    let dom = part_when(&server, "overview", is_down).await;
    assert_parts(
        &dom,
        &[("h2#verdict", "Critical"), (".vital", "Unreachable."), (".vital", "Configure Redis")],
    );
    assert!(!dom.says(".vital", "Configure Database"));
    let answer = get(server.address, "/api/fragment/overview").await;
    assert!(!answer.text().contains("sesame"), "{}", answer.text());
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
    let dom = part_when(&server, "performance", |dom| dom.says("tbody td", "/api/live")).await;
    assert_parts(
        &dom,
        &[
            ("#routes-title", "Routes"),
            ("tbody td", "Watchglass (self)"),
            (".list-head .facts", "last 5 minutes"),
            ("th[aria-sort=descending]", ""),
        ],
    );
    dom.assert_has("th a[href*='sort=p95']");
    let hour = part(&server, "performance?window=1h&sort=route&filter=LIVE").await;
    assert_parts(
        &hour,
        &[
            (".list-head .facts", "last hour"),
            ("tbody td", "/api/live"),
            (
                "th[aria-sort=ascending] a[href='/performance?window=1h&filter=LIVE&sort=route&dir=desc']",
                "Route",
            ),
            (".filter a", "Show all"),
        ],
    );
    assert!(!hour.says("tbody td", "unmatched"));
    let none = part(&server, "performance?filter=%3Cscript%3E").await;
    none.assert_says(".empty", "No route matches \"<script>\"");
    assert!(!none.has("script"));
    let page = page(&server, "/performance?sort=route").await;
    assert_parts(&page, &[("h1", "Performance"), ("#routes-title", "Routes")]);
    // Heat map cells of the latency distribution: the lightest and the darkest.
    for shade in [0, 6] {
        page.assert_has(&format!("[data-panel] path.area.heat-{shade}[data-colour='0'][d^=M]"));
    }
    page.assert_has("[data-panel=request-latency]");
    page.assert_says(".legend .name", "longer");
    server.stop().await;
}

#[tokio::test]
async fn processes_are_listed_now_and_in_the_past() {
    let server = Server::start().await;
    let dom = part_when(&server, "processes?sort=memory", |dom| dom.has("table")).await;
    assert_parts(
        &dom,
        &[
            ("h2", "Processes now: "),
            ("td.number", "MiB"),
            (".moments a", "◀ 1 min"),
            ("th a[href*='sort=cpu']", ""),
        ],
    );
    assert!(!dom.says(".moments", "▶"));
    let time = Socket::json(server.address).await.in_a_row(2).await["time"].as_i64().unwrap();
    let then = part(&server, &format!("processes?at={time}&filter=a&sort=command")).await;
    assert_parts(
        &then,
        &[("h2", "Processes at "), (".moments a", "Now"), (".moments a[href*='filter=a']", "")],
    );
    then.assert_has("[name=when][value^='20']");
    for (query, expected) in
        [("at=1000", "No data for this time"), ("at=4102444800000", "This time is in the future.")]
    {
        part(&server, &format!("processes?{query}")).await.assert_says("[data-part=processes]", expected);
    }
    let dom = part(&server, "processes?when=2001-02-03T04:05").await;
    assert_eq!(dom.attr("[name=when]", "value"), Some("2001-02-03T04:05:00"));
    let page = page(&server, "/processes").await;
    assert_parts(&page, &[("h1", "Processes"), ("#commands-title", "Processes")]);
    page.assert_has("[data-panel=top-memory]");
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
    for path in ["/settings", "/api/fragment/settings"] {
        let dom = page(&server, path).await;
        assert_parts(
            &dom,
            &[
                ("h1", "Settings"),
                ("td", &format!("{file}:1")),
                ("td code", "--history-days"),
                ("td code", "WATCHGLASS_LOG_LEVEL"),
                ("td", "default"),
                ("dt", "1 s resolution"),
                ("dt + dd", "8 days"),
                ("td", "redis://127.0.0.1:1"),
                ("td a[href='/alerts?view=rule&id=cpu']", ""),
                ("dt", "hook"),
                (".facts", env!("CARGO_PKG_VERSION")),
            ],
        );
        let answer = get(server.address, path).await;
        assert!(!answer.text().contains("sesame"), "{}", answer.text());
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
    // The page is rendered, shows the error and has its status.
    for (path, status) in [
        ("/processes?at=now", 400),
        ("/alerts?view=nothing", 404),
        ("/alerts?view=rule&id=nothing", 404),
        ("/settings?view=nothing", 404),
    ] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, status, "{path}");
        answer.dom().assert_says("[role=alert] h1", "This page cannot be shown");
    }
    server.stop().await;
}
