//! Many clients at the same time.

use crate::support::{Connection, Server, Socket, get, request_text};

/// Pages are rendered on many threads; a value bound to one thread would panic.
#[tokio::test(flavor = "multi_thread")]
async fn many_pages_are_rendered_concurrently() {
    const CONNECTIONS: usize = 16;
    const EACH: usize = 10;
    let server = Server::start().await;
    let address = server.address;
    let mut socket = Socket::json(address).await;
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await;
                for turn in 0..EACH {
                    let (path, status) = match (number + turn) % 4 {
                        0 => ("/?window=1h", 200),
                        1 => ("/no-such-page", 404),
                        _ => ("/", 200),
                    };
                    connection.send(request_text(address, "GET", path, &[]).as_bytes()).await;
                    let answer = connection.response().await.expect("an answer");
                    assert_eq!(answer.status, status, "{}", answer.text());
                    assert!(answer.html().contains("</body></html>"), "{}", answer.text());
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // The server keeps ticking and answering, and does not keep rendered pages: 160 pages are about 6 MB of text.
    socket.in_a_row(2).await;
    assert_eq!(get(address, "/").await.status, 200);
    if let Some(bytes) = server.resident_bytes() {
        assert!(bytes < 512 << 20, "{bytes} bytes in use");
    }
    server.stop().await;
}

#[tokio::test]
async fn live_connections_get_the_same_frames() {
    let server = Server::start().await;
    let mut sockets = Vec::new();
    for _ in 0..100 {
        sockets.push(Socket::json(server.address).await);
    }
    // The last connection starts with the newest frame; all others get it later.
    let last = sockets.last_mut().unwrap().metrics().await;
    let mut came = 0;
    for socket in &mut sockets[..99] {
        let mut frame = socket.metrics().await;
        while frame["seq"].as_u64() < last["seq"].as_u64() {
            frame = socket.metrics().await;
        }
        // On a busy machine a connection may skip a frame, but frames with the same number are equal.
        if frame["seq"] == last["seq"] {
            assert_eq!(frame, last);
            came += 1;
        }
    }
    assert!(came > 0, "none of 99 got frame {}", last["seq"]);
    server.stop().await;
}
