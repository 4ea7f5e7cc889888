//! Requests through proxies.

use super::{LIMITS, OK, accept, listen, post, read, respond};
use crate::{Client, Delivery, Error, Proxies};

/// A client whose proxy for both kinds of URL is `proxy`.
fn client(proxy: &str, exceptions: &str) -> Client {
    let read = |name: &str| match name {
        "ALL_PROXY" => Some(proxy.to_owned()),
        "NO_PROXY" => Some(exceptions.to_owned()),
        _ => None,
    };
    Client::new(LIMITS, Proxies::from_variables(read))
}

#[tokio::test]
async fn plain_proxies_get_the_whole_url() {
    let (listener, proxy) = listen().await;
    let client = client(&format!("http://user:p%40ss@{proxy}"), "");
    let server = async {
        let mut stream = accept(&listener).await;
        let request = read(&mut stream).await.unwrap();
        respond(&mut stream, OK).await;
        assert!(
            read(&mut stream)
                .await
                .unwrap()
                .starts_with("POST http://server.example:81/path?a=b HTTP/1.1\r\n")
        );
        respond(&mut stream, "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").await;
        request
    };
    let requests = async {
        client.send(post("server.example:81", "a")).await.unwrap();
        client.send(post("server.example:81", "b")).await.unwrap()
    };
    let (request, second) = tokio::join!(server, requests);
    assert!(request.starts_with("POST http://server.example:81/path?a=b HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nhost: server.example:81\r\n"), "{request}");
    assert!(request.contains("\r\nproxy-authorization: Basic dXNlcjpwQHNz\r\n"), "{request}");
    assert_eq!(second.status.as_u16(), 407);
}

#[tokio::test]
async fn no_proxy_and_loopback_targets_are_contacted_directly() {
    let (listener, authority) = listen().await;
    // The proxy is the server itself: only a direct request has a relative URL.
    let client = client(&format!("http://{authority}"), "*.example,localhost");
    for host in [&authority, &authority.replace("127.0.0.1", "localhost")] {
        let server = async {
            let mut stream = accept(&listener).await;
            let request = read(&mut stream).await.unwrap();
            respond(&mut stream, OK).await;
            request
        };
        let (request, response) = tokio::join!(server, client.send(post(host, "a")));
        response.unwrap();
        assert!(request.starts_with("POST /path?a=b HTTP/1.1\r\n"), "{request}");
    }
}

#[tokio::test]
async fn unreachable_proxies_are_named_without_their_password() {
    let proxy = format!("127.0.0.1:{}", watchglass_test_servers::free_port());
    let error =
        client(&format!("http://u:s3cret@{proxy}"), "").send(post("server.example", "a")).await.unwrap_err();
    let expected = format!("cannot connect: proxy {proxy}: Connection refused");
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert_eq!(error.delivery(), Delivery::Incomplete);
    assert!(matches!(error, Error::Connect { .. }));
}

#[tokio::test]
async fn invalid_proxies_are_reported_with_their_variable() {
    let error =
        client("socks5://u:s3cret@127.0.0.1:1", "").send(post("server.example", "a")).await.unwrap_err();
    let expected = "cannot connect: the environment variable ALL_PROXY is not the URL of an HTTP proxy: use http://host:port";
    assert_eq!(error.to_string(), expected);
}
