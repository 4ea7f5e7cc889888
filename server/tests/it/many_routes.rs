//! Pages with more series than their charts draw.

use crate::ingest::report;
use crate::support::{Dom, Server, Socket, get};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Applications of the tests. Each has five series in the chart of the requests and 14 in that of their distribution; those of
/// this server come on top.
const APPS: usize = 15;
const REQUESTS: usize = (APPS + 1) * 5;
const DISTRIBUTION: usize = (APPS + 1) * 14;

/// A server with applications whose request rates rise with their numbers, once the history has their rates.
async fn with_applications() -> Server {
    let server = Server::start_with(&["--host-name", "h"], &[]).await;
    let mut socket = Socket::json(server.address).await;
    for _ in 0..3 {
        for app in 0..APPS {
            let count = 100 * (app + 1);
            let route =
                json!({ "route": "/pay", "methods": { "GET": { "2xx": count } }, "durations": [0.02] });
            let body = json!({ "version": 1, "app": format!("app-{app:02}"), "routes": [route] });
            assert_eq!(report(server.address, &body.to_string()).await.status, 200);
        }
        socket.in_a_row(2).await;
    }
    server
}

fn panel<'a>(dom: &'a Dom, id: &str) -> impl Fn(&str) -> Vec<String> + 'a {
    let panel = format!("[data-panel={id}] ");
    move |selector| dom.texts(&format!("{panel}{selector}"))
}

#[tokio::test]
async fn charts_draw_the_highest_series_and_link_to_all() {
    let server = with_applications().await;
    let answer = get(server.address, "/performance?window=15m").await;
    let dom = answer.dom();
    for (id, series) in [("requests", REQUESTS), ("request-distribution", DISTRIBUTION)] {
        let panel = panel(&dom, id);
        let note = format!("50 of {series} series shown, with the highest values. All series");
        assert_eq!(panel(".more-series"), [note], "{id}");
        assert_eq!(panel(".legend li").len(), 50, "{id}");
        let link = format!("[data-panel={id}] .more-series a[href='/panels/{id}?window=15m']");
        dom.assert_has(&link);
    }
    let drawn = panel(&dom, "requests")(".legend .name");
    for app in 0..APPS {
        assert!(drawn.contains(&format!("app-{app:02} 2xx")), "{drawn:?}");
    }
    assert_eq!(panel(&dom, "requests-in-flight")(".more-series"), [""]);
    // Many applications have one value in a header.
    assert!(panel(&dom, "requests")(".figure")[0].ends_with("(sum of 16 applications)"));
    // The list of routes is below the charts: as it grows, it does not move them.
    let text = answer.text();
    let place = |part: &str| text.rfind(part).unwrap_or_else(|| panic!("{part}: {text}"));
    assert!(place("data-panel=") < place("data-part=\"performance\""));
    dom.assert_has(".page-head a[href='#routes-title']");
    server.stop().await;
}

#[tokio::test]
async fn histories_have_the_drawn_series_only() {
    let server = with_applications().await;
    let history = get(server.address, "/api/fn/history?window_seconds=3600&rows=3600").await.json();
    let limited = |id: &str| {
        let of_panel = |one: &&Value| one["panel"] == id;
        history["limited"].as_array().unwrap().iter().find(of_panel).map(|one| one["series"].clone())
    };
    assert_eq!(limited("requests"), Some(json!(REQUESTS)));
    assert_eq!(limited("request-distribution"), Some(json!(DISTRIBUTION)));
    assert_eq!(limited("requests-in-flight"), None);
    let tracks = history["tracks"].as_array().unwrap();
    let snapshot = get(server.address, "/api/fn/snapshot?window_seconds=300&rows=75").await.json();
    let series = snapshot["state"]["series"].as_array().unwrap();
    let metric = |track: &Value| {
        let id = usize::try_from(track["series"].as_u64().unwrap()).unwrap();
        series[id]["metric"].as_str().unwrap().to_owned()
    };
    let count = |name: &str| tracks.iter().filter(|track| metric(track) == name).count();
    assert_eq!((count("http_responses_total"), count("http_requests_by_duration_total")), (50, 50));
    let rows = tracks.iter().map(|track| track["low"].as_array().unwrap().len()).sum::<usize>();
    // One more row of each series may be incomplete.
    assert!(rows <= 300_000 + tracks.len(), "{rows}");
    server.stop().await;
}

#[tokio::test]
async fn data_page_has_all_series_on_several_pages() {
    let server = with_applications().await;
    let mut found = BTreeSet::new();
    for (page, columns, position, links) in [
        (1, 50, "Series 1 to 50 of 80", vec!["/panels/requests?window=5m&page=2"]),
        (2, 30, "Series 51 to 80 of 80", vec!["/panels/requests?window=5m&page=1"]),
    ] {
        let dom = get(server.address, &format!("/panels/requests?window=5m&page={page}")).await.dom();
        dom.assert_says(".pager", position);
        assert_eq!(dom.attrs(".pager a", "href"), links);
        let names = dom.texts("thead th.number");
        assert_eq!(names.len(), columns, "{names:?}");
        assert!(
            names.iter().all(|name| name.starts_with("app") || name.starts_with("this server")),
            "{names:?}"
        );
        found.extend(names);
    }
    assert_eq!(found.len(), REQUESTS);
    let dom = get(server.address, "/panels/requests-in-flight?window=5m").await.dom();
    assert!(!dom.has(".pager"));
    let answer = get(server.address, "/panels/requests?page=0").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("must be from 1 to 10000"), "{}", answer.text());
    server.stop().await;
}
