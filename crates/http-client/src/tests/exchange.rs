//! Requests and responses.

use super::{LIMITS, OK, SHORT, accept, client, listen, post, read, respond};
use crate::{Bytes, Limits, Response};
use http::{Request, StatusCode};
use tokio::io::AsyncWriteExt;

/// The response of a server that sends `response` and keeps the connection open.
async fn exchange(limits: Limits, response: &str) -> Response {
    let (listener, authority) = listen().await;
    let client = client(limits);
    let server = async {
        let mut stream = accept(&listener).await;
        read(&mut stream).await.unwrap();
        respond(&mut stream, response).await;
        stream
    };
    let (_stream, response) = tokio::join!(server, client.send(post(&authority, "a")));
    response.unwrap()
}

#[tokio::test]
async fn request_is_complete_and_its_connection_is_reused() {
    let (listener, authority) = listen().await;
    let client = client(LIMITS);
    let server = async {
        let mut stream = accept(&listener).await;
        let mut requests = Vec::new();
        for _ in 0..3 {
            requests.push(read(&mut stream).await.unwrap());
            respond(&mut stream, OK).await;
        }
        requests
    };
    let requests = async {
        let response = client.send(post(&authority, "body")).await.unwrap();
        assert_eq!((response.status, response.body.as_slice()), (StatusCode::OK, b"ok".as_slice()));
        assert!(!response.is_truncated);
        client.clone().send(post(&authority, "")).await.unwrap();
        let get = Request::get(format!("http://{authority}")).body(Bytes::new()).unwrap();
        client.send(get).await.unwrap();
    };
    let (received, ()) = tokio::join!(server, requests);
    let host = format!("host: {authority}\r\n");
    let head = "POST /path?a=b HTTP/1.1\r\nx-token: s3cret\r\n";
    assert_eq!(received[0], format!("{head}content-length: 4\r\n{host}\r\nbody"));
    assert_eq!(received[1], format!("{head}content-length: 0\r\n{host}\r\n"));
    assert_eq!(received[2], format!("GET / HTTP/1.1\r\n{host}\r\n"));
}

#[tokio::test]
async fn connections_are_not_kept_without_idle_time() {
    let (listener, authority) = listen().await;
    let client = client(Limits { idle: std::time::Duration::ZERO, ..LIMITS });
    let server = async {
        for _ in 0..2 {
            let mut stream = accept(&listener).await;
            read(&mut stream).await.unwrap();
            respond(&mut stream, OK).await;
            assert_eq!(read(&mut stream).await, None);
        }
    };
    let requests = async {
        for _ in 0..2 {
            client.send(post(&authority, "a")).await.unwrap();
        }
    };
    tokio::join!(server, requests);
}

#[tokio::test]
async fn redirects_are_returned_and_not_followed() {
    let (elsewhere, other) = listen().await;
    let redirect =
        format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{other}/\r\ncontent-length: 0\r\n\r\n");
    let response = exchange(LIMITS, &redirect).await;
    assert_eq!(response.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(response.headers["location"], format!("http://{other}/"));
    // The next connection is this one: nobody has come before.
    let (mine, accepted) = tokio::join!(tokio::net::TcpStream::connect(&other), accept(&elsewhere));
    assert_eq!(accepted.peer_addr().unwrap(), mine.unwrap().local_addr().unwrap());
}

#[tokio::test]
async fn status_and_headers_are_those_of_the_final_response() {
    let continued = format!("HTTP/1.1 100 Continue\r\n\r\n{OK}");
    assert_eq!(exchange(LIMITS, &continued).await.status, StatusCode::OK);
    let busy = "HTTP/1.0 503 \r\nRetry-After:  7 \r\ncontent-length: 0\r\nset-cookie: a=b\r\n\r\n";
    let response = exchange(LIMITS, busy).await;
    assert_eq!((response.status.as_u16(), response.retry_after()), (503, Some("7")));
    let chunked = "HTTP/1.1 404 no\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let response = exchange(LIMITS, chunked).await;
    assert_eq!((response.body.as_slice(), response.retry_after()), (b"abcde".as_slice(), None));
}

#[tokio::test]
async fn slow_bodies_are_cut() {
    let slow = "HTTP/1.1 500 no\r\ncontent-length: 9\r\n\r\nthe start";
    let response = exchange(LIMITS, slow).await;
    assert_eq!((response.body.as_slice(), response.is_truncated), (b"the start".as_slice(), false));
    let limits = Limits { body: SHORT, ..LIMITS };
    for headers in ["content-length: 99", "transfer-encoding: chunked", "a: b"] {
        let body = if headers.starts_with('t') { "9\r\nthe start\r\n" } else { "the start" };
        let response = exchange(limits, &format!("HTTP/1.1 500 no\r\n{headers}\r\n\r\n{body}")).await;
        assert_eq!(
            (response.body.as_slice(), response.is_truncated),
            (b"the start".as_slice(), true),
            "{headers}"
        );
    }
}

#[tokio::test]
async fn endless_bodies_are_cut_and_the_connection_is_closed() {
    let (listener, authority) = listen().await;
    let client = client(LIMITS);
    let server = async {
        let mut stream = accept(&listener).await;
        read(&mut stream).await.unwrap();
        respond(&mut stream, "HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    };
    let (response, ()) = tokio::join!(client.send(post(&authority, "a")), super::within(server));
    let response = response.unwrap();
    assert_eq!((response.body.len(), response.is_truncated), (16 << 10, true));
}
