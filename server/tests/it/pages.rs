//! Pages as rendered by the server, without scripts.

use crate::support::{Response, Server, Socket, get, request};
use flate2::read::GzDecoder;
use std::io::Read;

/// A server whose overview has data: rates need two ticks, and a line needs two rates.
async fn with_history(flags: &[&str]) -> Server {
    let server = Server::start_with(flags, &[]).await;
    Socket::json(server.address).await.in_a_row(4).await;
    server
}

fn assert_html(answer: &Response) {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let text = answer.html();
    assert!(text.starts_with("<!DOCTYPE html>") && text.contains("</body></html>"), "{text}");
    // Leptos writes this where a value never arrived.
    assert!(!text.contains("Loading…"), "{text}");
}

#[tokio::test]
async fn overview_shows_host_numbers_and_charts() {
    let server = with_history(&["--host-name", "host<&>\"name"]).await;
    let answer = get(server.address, "/").await;
    assert_eq!(answer.status, 200);
    assert_html(&answer);
    let text = answer.html();
    assert!(text.contains("<h1>host&lt;&amp;&gt;\"name</h1>"), "{text}");
    assert!(text.contains("<title>Overview · Watchglass</title>"), "{text}");
    for panel in ["cpu", "memory"] {
        assert!(text.contains(&format!("data-panel=\"{panel}\"")), "no panel {panel}: {text}");
    }
    // A current value with its unit, and a line with more than one point.
    let numbers: Vec<&str> =
        text.split("class=\"number\">").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert!(numbers.iter().any(|number| number.ends_with("GiB") || number.ends_with("MiB")), "{numbers:?}");
    let charts: Vec<&str> = text.split("class=\"chart\"").skip(1).collect();
    let is_drawn = |chart: &&str| {
        let path =
            chart.split("<path ").nth(1).and_then(|path| path.split(" d=\"").nth(1)?.split('"').next());
        path.is_some_and(|path| path.starts_with('M') && path.contains('L'))
    };
    assert!(charts.iter().any(is_drawn), "no line: {text}");
    server.stop().await;
}

#[tokio::test]
async fn service_pages_show_what_to_configure_without_targets() {
    let server = Server::start().await;
    for (path, title, parts) in [
        (
            "/database",
            "Database",
            ["PostgreSQL is not monitored", "[postgres]\nurl = \"", "WATCHGLASS_POSTGRES_URL"],
        ),
        ("/cache", "Cache", ["Redis is not monitored", "[redis]\ntargets = \"", "WATCHGLASS_REDIS_TARGETS"]),
    ] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_html(&answer);
        let text = answer.html();
        assert!(text.contains(&format!("<title>{title} · Watchglass</title>")), "{text}");
        assert!(text.contains(&format!("<h1>{title}</h1>")), "{text}");
        for part in parts {
            assert!(text.contains(part), "{path}: no {part:?} in {text}");
        }
        let current: Vec<_> = text.match_indices("aria-current=\"page\"").collect();
        assert_eq!(current.len(), 1, "{text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn pages_and_live_connections_have_the_same_build_id() {
    let server = Server::start().await;
    let hello = Socket::open(server.address, None).await.text().await;
    let text = get(server.address, "/").await;
    let build = format!("<meta name=\"watchglass-build\" content=\"{}\"", hello["build"].as_str().unwrap());
    assert!(text.text().contains(&build), "{build} is not in {}", text.text());
    server.stop().await;
}

#[tokio::test]
async fn assets_of_pages_exist() {
    let server = Server::start().await;
    let page = get(server.address, "/").await;
    let links = ["href=\"/", "src=\"/", "import start, { hydrate } from '/", "module_or_path: '/"];
    let paths: Vec<String> = links
        .iter()
        .flat_map(|link| page.text().split(link).skip(1))
        .map(|rest| format!("/{}", rest.split(['"', '\'']).next().unwrap()))
        // Files of `public` have stable names and exist only with the front end; API paths are not files.
        .filter(|path| {
            !["/favicon.svg", "/apple-touch-icon.png", "/watchglass.webmanifest"].contains(&path.as_str())
        })
        .filter(|path| path.contains('.') && !path.starts_with("/api/"))
        .collect();
    // Without a front end pages must not load scripts.
    let has_script = page.text().contains("hydrate()");
    assert_eq!(has_script, paths.iter().any(|path| path.ends_with(".wasm")), "{paths:?}");
    for path in &paths {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("cache-control").unwrap().contains("immutable"), "{path}: {answer:?}");
        let tag = answer.header("etag").unwrap();
        let again = request(server.address, "GET", path, &[("If-None-Match", tag)]).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let packed = request(server.address, "GET", path, &[("Accept-Encoding", "gzip")]).await;
        assert_eq!(unpacked(&packed), answer.body, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn pages_are_compressed_on_request() {
    let server = with_history(&["--host-name", "test-host"]).await;
    let plain = get(server.address, "/").await;
    assert_eq!(plain.header("content-encoding"), None);
    let packed = request(server.address, "GET", "/", &[("Accept-Encoding", "gzip")]).await;
    assert_eq!((packed.status, packed.header("content-encoding")), (200, Some("gzip")));
    assert!(packed.header("vary").unwrap().to_ascii_lowercase().contains("accept-encoding"));
    assert!(String::from_utf8(unpacked(&packed)).unwrap().contains("<h1>test-host<"));
    assert!(packed.body.len() * 2 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
    server.stop().await;
}

/// The body as it was before compression, if it was compressed.
fn unpacked(answer: &Response) -> Vec<u8> {
    match answer.header("content-encoding") {
        None => answer.body.clone(),
        Some(encoding) => {
            assert_eq!(encoding, "gzip");
            let mut bytes = Vec::new();
            GzDecoder::new(answer.body.as_slice()).read_to_end(&mut bytes).unwrap();
            bytes
        }
    }
}

#[tokio::test]
async fn unknown_pages_link_to_the_overview() {
    let server = Server::start().await;
    for path in
        ["/no-such-page", "/trends/x", "/no-such-page?window=5m", "/%3Cscript%3Ealert(1)%3C/script%3E"]
    {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_html(&answer);
        for part in [">Page not found</h1>", "<title>Page not found · Watchglass</title>", "<a href=\"/\">"]
        {
            assert!(answer.html().contains(part), "{path}: no {part:?} in {}", answer.text());
        }
        // The page shows the URL, which must be escaped.
        assert!(!answer.text().contains("<script>alert"), "{path}: {}", answer.text());
    }
    server.stop().await;
}

#[tokio::test]
async fn any_query_and_cookie_give_a_page() {
    let server = Server::start().await;
    for (path, cookie, theme) in [
        ("/?window=5m", "theme=dark", Some("dark")),
        ("/?window=1h", "a=b; theme=light", Some("light")),
        ("/?window=nonsense&window=", "theme=\"><script>alert(1)</script>", None),
        ("/?window=%00%ff", "theme=", None),
        ("/?%3Cscript%3Ealert(1)%3C/script%3E", ";;;=;", None),
        ("/?", "\u{e9}", None),
    ] {
        let answer = request(server.address, "GET", path, &[("Cookie", cookie)]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_html(&answer);
        let attribute =
            answer.text().split("data-theme=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
        assert_eq!(attribute, theme, "{cookie}");
        assert!(!answer.text().contains("<script>alert"), "{path}");
    }
    server.stop().await;
}
