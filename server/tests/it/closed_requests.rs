//! Clients that leave before they have an answer.

use crate::support::{Connection, Server, get, request_text};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;

const PAGES: [&str; 8] =
    ["/", "/trends", "/alerts", "/database", "/cache", "/performance", "/processes", "/settings"];

/// Requests `path` and closes the connection after `delay`.
async fn leave(address: SocketAddr, path: &str, delay: Duration) {
    let mut connection = Connection::open(address).await;
    connection.send(request_text(address, "GET", path, &[("Accept", "text/html")]).as_bytes()).await;
    tokio::time::sleep(delay).await;
}

#[tokio::test]
async fn page_requests_may_be_closed_at_any_point() {
    let server = Server::start().await;
    let address = server.address;
    let mut clients = JoinSet::new();
    for path in PAGES {
        clients.spawn(async move {
            for delay in (0..=200).step_by(5) {
                leave(address, path, Duration::from_millis(delay)).await;
            }
        });
    }
    clients.join_all().await;
    for path in PAGES {
        assert_eq!(get(address, path).await.status, 200, "{path}");
    }
    // It checks the log for panics.
    server.stop().await;
}
