//! End-to-end tests of the layer in an axum server.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what must not happen ends a test; the functions that several tests share are not known as tests"
)]

use axum::Router;
use axum::routing::{get, post};
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use watchglass_instrument::requests::{Recorder, RequestLayer, StatusClass, matched_path};

/// Signals that a handler's future was dropped.
struct Dropped(UnboundedSender<&'static str>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

struct Server {
    address: SocketAddr,
    recorder: Arc<Recorder>,
    /// Events of the handler that never responds.
    events: UnboundedReceiver<&'static str>,
}

/// The tests are single-threaded: tasks only interleave at await points.
async fn serve() -> Server {
    let recorder = Arc::new(Recorder::default());
    let (sender, events) = unbounded_channel();
    let waits = move || async move {
        let _dropped = Dropped(sender.clone());
        sender.send("began").unwrap();
        pending::<()>().await;
    };
    let router = Router::new()
        .route("/users/{id}", get(|| async { "a user" }))
        .route("/waits/{id}", get(waits))
        .route(
            "/panics",
            post(|| async {
                if true {
                    panic!("a test of a panic")
                }
            }),
        )
        .layer(RequestLayer::new(Arc::clone(&recorder), matched_path));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router).await });
    Server { address, recorder, events }
}

async fn send(server: &Server, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request =
        format!("{request} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Status line of the response; empty if the connection is closed without one.
async fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn responses_are_counted_by_template() {
    let server = serve().await;
    for (request, expected) in [
        ("GET /users/1", "HTTP/1.1 200 OK"),
        ("GET /users/2?x=1", "HTTP/1.1 200 OK"),
        ("PUT /users/2", "HTTP/1.1 405 Method Not Allowed"),
        ("GET /nowhere", "HTTP/1.1 404 Not Found"),
    ] {
        assert_eq!(answer(send(&server, request).await).await, expected, "{request}");
    }
    let snapshot = server.recorder.snapshot();
    let counts: Vec<_> = snapshot
        .routes
        .iter()
        .map(|route| {
            let of = |class| route.counts().of(class);
            (route.route.as_ref(), of(StatusClass::Success), of(StatusClass::ClientError))
        })
        .collect();
    assert_eq!(counts, [("unmatched", 0, 1), ("other", 0, 0), ("/users/{id}", 2, 1)]);
    assert_eq!(snapshot.in_flight(), 0);
}

#[tokio::test]
async fn client_disconnect_cancels_the_request() {
    let mut server = serve().await;
    let stream = send(&server, "GET /waits/1").await;
    assert_eq!(server.events.recv().await, Some("began"));
    assert_eq!(server.recorder.snapshot().in_flight(), 1);
    drop(stream);
    assert_eq!(server.events.recv().await, Some("dropped"));
    let snapshot = server.recorder.snapshot();
    assert_eq!(
        (snapshot.in_flight(), snapshot.counts().cancelled(), snapshot.counts().answered()),
        (0, 1, 0)
    );
}

#[tokio::test]
async fn handler_panics_count_as_server_errors() {
    let server = serve().await;
    assert_eq!(answer(send(&server, "POST /panics").await).await, "", "the connection ends");
    let snapshot = server.recorder.snapshot();
    assert_eq!((snapshot.in_flight(), snapshot.counts().of(StatusClass::ServerError)), (0, 1));
}
