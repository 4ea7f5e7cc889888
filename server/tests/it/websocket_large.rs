//! Live connection of a server with thousands of series.

use crate::support::{BINARY, JSON, Server, Socket, TestToken, exchange, within};
use serde_json::{Value, json};

#[tokio::test]
async fn thousands_of_series_are_sent_in_bounded_messages() {
    let server = Server::start_with(&["--host-name", "h"], &[]).await;
    let routes: Vec<Value> = (0..200)
        .map(|route| {
            json!({
                "route": format!("/{}/{route}", "long".repeat(20)),
                "methods": { "GET": { "2xx": 12, "4xx": 1, "5xx": 1 } },
                "latency": { "sum": 0.2, "bins": [[462, 14]] },
            })
        })
        .collect();
    for app in 0..5 {
        let body = json!({ "version": 1, "app": format!("shop{app}"), "instance": "a1b2c3d4e5f60718",
            "seconds": 1.0, "in_flight": 0, "routes": routes });
        let body = body.to_string();
        let bearer = TestToken::Ingest.bearer();
        let text = format!(
            "POST /api/ingest HTTP/1.1\r\nHost: {}\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            server.address,
            body.len()
        );
        let response = exchange(server.address, text.as_bytes()).await.unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
    }
    for (protocol, limit) in [(JSON, 130 << 10), (BINARY, 8 << 10)] {
        let mut socket = Socket::open(server.address, Some(protocol)).await;
        assert_eq!(socket.text().await["type"], "hello");
        within("all series", async {
            loop {
                match protocol {
                    JSON => drop(socket.metrics().await),
                    _ => drop(socket.binary_metrics().await),
                }
                if socket.state["series"].as_array().unwrap().len() > 3000 {
                    break;
                }
            }
        })
        .await;
        let keys = socket.series_keys();
        assert!(keys.iter().any(|key| key.contains("app=\"shop4\"") && key.contains("long/199")));
        assert!(socket.largest <= limit, "{protocol}: {} bytes", socket.largest);
        assert!(socket.seen.iter().any(|kind| kind == "state_part"), "{:?}", socket.seen);
    }
    server.stop().await;
}
