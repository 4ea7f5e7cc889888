//! Failed requests: what is known of them, and that nothing is sent twice.

use super::{LIMITS, OK, SHORT, accept, client, listen, post, read, respond, within};
use crate::{Bytes, Client, Delivery, Error, Limits};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use watchglass_test_servers::free_port;

/// More than all buffers between client and server.
const LARGE: usize = 16 << 20;

async fn error(client: &Client, request: Request<Bytes>) -> Error {
    client.send(request).await.unwrap_err()
}

#[tokio::test]
async fn unsupported_urls_are_rejected() {
    for (url, expected) in [
        ("/path", "the host is missing"),
        ("ftp://host/", "use http:// or https://"),
        ("http://user:s3cret@host/", "users and passwords are not supported"),
        ("https://host/", "TLS is not configured"),
    ] {
        let request = Request::get(url).body(Bytes::new()).unwrap();
        assert_eq!(error(&client(LIMITS), request).await, Error::InvalidUrl(expected), "{url}");
    }
}

#[tokio::test]
async fn unreachable_servers_are_reported() {
    let client = client(LIMITS);
    let refused = error(&client, post(&format!("127.0.0.1:{}", free_port()), "a")).await;
    assert!(refused.to_string().starts_with("cannot connect: Connection refused"), "{refused}");
    assert_eq!(refused.delivery(), Delivery::Incomplete);
    let unknown = error(&client, post("nobody.invalid", "a")).await;
    assert!(matches!(unknown, Error::Connect { .. }), "{unknown}");
}

#[tokio::test]
async fn closed_idle_connections_are_replaced() {
    let (listener, authority) = listen().await;
    let client = client(LIMITS);
    let server = async {
        let mut stream = accept(&listener).await;
        read(&mut stream).await.unwrap();
        respond(&mut stream, OK).await;
        drop(stream);
    };
    let (response, ()) = tokio::join!(client.send(post(&authority, "1")), server);
    response.unwrap();
    // The runtime reads the events of its sockets between two turns of a task.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let server = async {
        let mut stream = accept(&listener).await;
        let request = read(&mut stream).await.unwrap();
        respond(&mut stream, OK).await;
        request
    };
    let (response, request) = tokio::join!(client.send(post(&authority, "2")), server);
    response.unwrap();
    assert!(request.ends_with("\r\n\r\n2"), "{request}");
}

#[tokio::test]
async fn requests_that_may_have_arrived_are_not_repeated() {
    let (listener, authority) = listen().await;
    let client = client(LIMITS);
    let server = async {
        let mut stream = accept(&listener).await;
        read(&mut stream).await.unwrap();
        respond(&mut stream, OK).await;
        // The server stops after it has read the second request on the same connection.
        read(&mut stream).await.unwrap();
        drop(stream);
        let mut stream = accept(&listener).await;
        let request = read(&mut stream).await.unwrap();
        respond(&mut stream, OK).await;
        request
    };
    let requests = async {
        client.send(post(&authority, "1")).await.unwrap();
        let lost = error(&client, post(&authority, "2")).await;
        let reason = "connection closed".to_owned();
        assert_eq!(lost, Error::Send { reason, delivery: Delivery::Uncertain });
        assert_eq!(lost.to_string(), "no response: connection closed");
        client.send(post(&authority, "3")).await.unwrap();
    };
    let (next, ()) = tokio::join!(server, requests);
    assert!(next.ends_with("\r\n\r\n3"), "{next}");
}

#[tokio::test]
async fn servers_that_do_not_respond_time_out() {
    let (listener, authority) = listen().await;
    let client = client(Limits { total: SHORT, ..LIMITS });
    let server = async {
        let mut stream = accept(&listener).await;
        read(&mut stream).await.unwrap();
        assert_eq!(read(&mut stream).await, None, "the connection is closed");
    };
    let (late, ()) = tokio::join!(error(&client, post(&authority, "a")), server);
    assert_eq!(late, Error::Timeout { after: SHORT, delivery: Delivery::Uncertain });
    assert_eq!(late.to_string(), "no response within 0.1 s");
}

#[tokio::test]
async fn incomplete_requests_stay_incomplete() {
    let (listener, authority) = listen().await;
    let client = client(Limits { total: SHORT, ..LIMITS });
    let (mut stream, late) =
        tokio::join!(accept(&listener), error(&client, post(&authority, vec![b'x'; LARGE])));
    assert_eq!(late, Error::Timeout { after: SHORT, delivery: Delivery::Incomplete });
    // The server reads only now that the client has given up.
    let mut received = Vec::new();
    within(stream.read_to_end(&mut received)).await.unwrap();
    assert!(received.len() < LARGE, "{}", received.len());
}

#[tokio::test]
async fn early_responses_are_read() {
    let (listener, authority) = listen().await;
    let client = client(LIMITS);
    let server = async {
        let mut stream = accept(&listener).await;
        stream.read_u8().await.unwrap();
        respond(&mut stream, "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\n\r\n").await;
        stream
    };
    let (stream, response) = tokio::join!(server, client.send(post(&authority, vec![b'x'; LARGE])));
    assert_eq!(response.unwrap().status.as_u16(), 413);
    drop(stream);
    // Without a response, the connection is reset in the middle of the request.
    let server = async {
        let mut stream = accept(&listener).await;
        stream.read_u8().await.unwrap();
    };
    let ((), reset) = tokio::join!(server, error(&client, post(&authority, vec![b'x'; LARGE])));
    assert!(matches!(reset, Error::Send { delivery: Delivery::Incomplete, .. }), "{reset}");
    assert!(reset.to_string().starts_with("cannot send the request: "), "{reset}");
}

#[tokio::test]
async fn other_protocols_are_reported() {
    let many = format!("HTTP/1.1 200 OK\r\n{}", "a: b\r\n".repeat(1 << 15));
    let long = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(1 << 15));
    for response in ["SSH-2.0-OpenSSH\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 x\r\n\r\n", &many, &long]
    {
        let (listener, authority) = listen().await;
        let client = client(LIMITS);
        let server = async {
            let mut stream = accept(&listener).await;
            read(&mut stream).await.unwrap();
            // The client may stop reading before the end.
            drop(stream.write_all(response.as_bytes()).await);
            drop(read(&mut stream));
        };
        let (invalid, ()) = tokio::join!(error(&client, post(&authority, "a")), server);
        assert!(matches!(invalid, Error::NotHttp { delivery: Delivery::Uncertain, .. }), "{invalid}");
        assert!(invalid.to_string().starts_with("invalid HTTP/1.1 response: "), "{invalid}");
    }
}
