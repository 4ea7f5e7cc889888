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
    let dom = answer.dom();
    assert_eq!(dom.text("h1"), "host<&>\"name");
    assert_eq!(dom.text("title"), "Overview · Watchglass");
    for panel in ["cpu", "memory"] {
        dom.assert_has(&format!("[data-panel={panel}]"));
    }
    // A current value with its unit, and a line with more than one point.
    let numbers = dom.texts("[data-panel=memory] .number");
    assert!(numbers.iter().any(|number| number.ends_with("GiB") || number.ends_with("MiB")), "{numbers:?}");
    let paths = dom.attrs(".chart path", "d");
    assert!(paths.iter().any(|path| path.starts_with('M') && path.contains('L')), "no line: {paths:?}");
    server.stop().await;
}

#[tokio::test]
async fn service_pages_show_what_to_configure_without_targets() {
    let server = Server::start().await;
    for (path, title, parts) in [
        (
            "/database",
            "Database",
            ["PostgreSQL is not monitored", "[postgres] url = \"", "WATCHGLASS_POSTGRES_URL"],
        ),
        ("/cache", "Cache", ["Redis is not monitored", "[redis] targets = \"", "WATCHGLASS_REDIS_TARGETS"]),
    ] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_html(&answer);
        let dom = answer.dom();
        assert_eq!(dom.text("title"), format!("{title} · Watchglass"));
        assert_eq!(dom.text("h1"), title);
        for part in parts {
            dom.assert_says("section[aria-labelledby=set-up]", part);
        }
        assert_eq!(dom.attrs("[aria-current=page]", "href"), [path]);
    }
    server.stop().await;
}

#[tokio::test]
async fn pages_and_live_connections_have_the_same_build_id() {
    let server = Server::start().await;
    let hello = Socket::open(server.address, None).await.text().await;
    let page = get(server.address, "/").await.dom();
    assert_eq!(page.attr("meta[name=watchglass-build]", "content"), hello["build"].as_str());
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
    let has_script = page.text().contains("hydrate('')");
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
        let dom = answer.dom();
        assert_eq!(dom.text("h1"), "Page not found", "{path}");
        assert_eq!(dom.text("title"), "Page not found · Watchglass", "{path}");
        dom.assert_has("main a[href='/']");
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
        assert_eq!(answer.dom().attr("html", "data-theme"), theme, "{cookie}");
        assert!(!answer.text().contains("<script>alert"), "{path}");
    }
    server.stop().await;
}
