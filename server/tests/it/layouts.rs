//! Personal panel layouts, edited with forms without scripts.

use crate::access::{PASSWORD, cookie_of, send, server, sign_in};
use crate::support::{JSON, Response, Server, Socket, data, exchange, request, request_text};
use std::net::SocketAddr;

/// Link to the stylesheet of the layout.
const STYLESHEET: &str = "link[href='/api/layout.css']";

async fn get(address: SocketAddr, path: &str, cookie: &str) -> Response {
    let answer = request(address, "GET", path, &[("Authorization", ""), ("Cookie", cookie)]).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer
}

async fn act(server: &Server, cookie: &str, form: &str) -> Response {
    send(server.address, "/layout", "application/x-www-form-urlencoded", cookie, form).await
}

/// Ids of the panels of a page, in order.
fn panels(page: &Response) -> Vec<String> {
    page.dom().attrs("[data-panel]", "data-panel").into_iter().map(str::to_owned).collect()
}

fn before(order: &[String], first: &str, second: &str) -> bool {
    let place = |id: &str| order.iter().position(|known| known == id).unwrap();
    place(first) < place(second)
}

#[tokio::test]
async fn layouts_apply_to_the_pages_of_their_user_only() {
    let server = server().await;
    let address = server.address;
    let cookie = cookie_of(&sign_in(address, "admin", PASSWORD).await);
    // At least one panel must have data.
    let mut socket = Socket::open_as(("cookie", &cookie), address, Some(JSON)).await;
    assert_eq!(socket.text().await["type"], "hello");
    socket.in_a_row(2).await;
    let page = get(address, "/", &cookie).await;
    assert!(before(&panels(&page), "cpu", "memory") && !page.dom().has(STYLESHEET));
    assert_eq!(get(address, "/api/layout.css", &cookie).await.text(), "");

    for (form, place) in [
        ("panel=memory&do=earlier", "/layout#place-memory"),
        ("panel=memory&do=wide", "/layout#place-memory"),
        ("panel=load&do=hide", "/layout#place-load"),
        ("section=Watchglass&do=section-earlier", "/layout#section-watchglass"),
    ] {
        let answer = act(&server, &cookie, form).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(place)), "{form}: {answer:?}");
    }
    let page = get(address, "/", &cookie).await;
    assert!(before(&panels(&page), "memory", "cpu"), "{:?}", panels(&page));
    page.dom().assert_has(STYLESHEET);
    let css = get(address, "/api/layout.css", &cookie).await;
    assert_eq!(css.header("content-type"), Some("text/css; charset=utf-8"));
    for part in ["[data-panel=\"memory\"]{grid-column:span 2}", ".panel[data-panel=\"load\"]"] {
        assert!(css.text().contains(part), "{part}: {}", css.text());
    }
    let editor = get(address, "/layout", &cookie).await.dom();
    assert_eq!(editor.text("#place-load .mark"), "Hidden");
    editor.assert_has("button[value=reset]");
    let asked = get(address, "/api/fn/snapshot?window_seconds=300&rows=2", &cookie).await.json();
    let order = asked["catalogue"]["panels"].as_array().unwrap().iter();
    let order: Vec<String> = order.map(|panel| panel["id"].as_str().unwrap().to_owned()).collect();
    assert!(before(&order, "memory", "cpu"), "{order:?}");

    let other = cookie_of(&sign_in(address, "admin", PASSWORD).await);
    assert!(before(&panels(&get(address, "/", &other).await), "memory", "cpu"), "the same person elsewhere");
    let reset = act(&server, &cookie, "do=reset").await;
    assert_eq!((reset.status, reset.header("location")), (303, Some("/layout")));
    assert!(before(&panels(&get(address, "/", &cookie).await), "cpu", "memory"));
}

#[tokio::test]
async fn invalid_layouts_are_rejected_and_change_nothing() {
    let server = server().await;
    let cookie = cookie_of(&sign_in(server.address, "admin", PASSWORD).await);
    for (form, reason) in [
        ("panel=cpu&do=dance", "unknown action \"dance\""),
        ("panel=none&do=hide", "unknown panel or section \"none\""),
        ("section=None&do=section-later", "unknown panel or section \"None\""),
        ("", "unknown action"),
    ] {
        let answer = act(&server, &cookie, form).await;
        assert_eq!(answer.status, 400, "{form}");
        assert!(answer.text().contains(reason), "{form}: {}", answer.text());
    }
    assert!(!get(server.address, "/layout", &cookie).await.dom().has("button[value=reset]"));
    let long = act(&server, &cookie, &format!("panel={}&do=hide", "x".repeat(5000))).await;
    assert_eq!(long.status, 413);
}

#[tokio::test]
async fn tokens_have_no_layout() {
    let server = Server::start().await;
    assert_eq!(data(server.address, "/api/admin/rules").await.as_array().map(Vec::is_empty), Some(false));
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let text = request_text(server.address, "POST", "/layout", &[kind, ("Content-Length", "17")]);
    let answer = exchange(server.address, (text + "panel=cpu&do=hide").as_bytes()).await.unwrap();
    assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (403, Some("forbidden")));
}

#[tokio::test]
async fn wall_pages_are_marked() {
    let server = Server::start().await;
    for (path, is_wall) in [
        ("/", false),
        ("/?kiosk", true),
        ("/?window=1h&kiosk=1", true),
        ("/?wall", true),
        ("/?wallet", false),
    ] {
        let page = crate::support::get(server.address, path).await;
        let page = page.dom();
        assert_eq!(page.has("[data-wall]"), is_wall, "{path}");
        assert_eq!(page.says("a, button", "Exit TV mode"), is_wall, "{path}");
    }
}
