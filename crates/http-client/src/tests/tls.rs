//! HTTPS, directly and through proxies.

use super::{LIMITS, LONG, OK, SHORT, accept, listen, read, respond};
use crate::connection::AsyncStream;
use crate::{Bytes, Client, Delivery, Error, Limits, Proxies};
use http::Request;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use watchglass_test_servers::{Certificates, SERVER_NAME};

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_file(&certificates.server).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&certificates.key).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(chain, key).unwrap()).into()
}

fn client_config(certificates: &Certificates) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&certificates.authority).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

fn client(limits: Limits, certificates: &Certificates) -> Client {
    Client::new(limits, Proxies::none()).with_tls(client_config(certificates))
}

fn post(authority: &str) -> Request<Bytes> {
    Request::post(format!("https://{authority}/path")).body("body".into()).unwrap()
}

#[tokio::test]
async fn encrypted_connections_are_reused() {
    let Some(certificates) = Certificates::generate() else { return };
    let (listener, authority) = listen().await;
    let client = client(LIMITS, &certificates);
    let server = async {
        let mut stream = acceptor(&certificates).accept(accept(&listener).await).await.unwrap();
        for _ in 0..2 {
            let request = read(&mut stream).await.unwrap();
            assert!(
                request.starts_with("POST /path HTTP/1.1\r\n") && request.ends_with("\r\n\r\nbody"),
                "{request}"
            );
            respond(&mut stream, OK).await;
        }
    };
    let requests = async {
        for _ in 0..2 {
            assert_eq!(client.send(post(&authority)).await.unwrap().body, b"ok");
        }
    };
    tokio::join!(server, requests);
}

#[tokio::test]
async fn certificates_are_verified() {
    let (Some(ours), Some(others)) = (Certificates::generate(), Certificates::generate()) else { return };
    let (listener, authority) = listen().await;
    let client = client(LIMITS, &others);
    for host in [authority.clone(), authority.replace("127.0.0.1", "localhost")] {
        let server = async { drop(acceptor(&ours).accept(accept(&listener).await).await) };
        let (error, ()) = tokio::join!(client.send(post(&host)), server);
        let error = error.unwrap_err();
        assert!(error.to_string().starts_with("cannot connect: invalid peer certificate: "), "{error}");
        assert_eq!(error.delivery(), Delivery::Incomplete);
    }
}

#[tokio::test]
async fn servers_without_tls_are_reported() {
    let Some(certificates) = Certificates::generate() else { return };
    let (listener, authority) = listen().await;
    let plain = async { respond(&mut accept(&listener).await, OK).await };
    let patient = client(LIMITS, &certificates);
    let (error, ()) = tokio::join!(patient.send(post(&authority)), plain);
    assert!(matches!(error, Err(Error::Connect { .. })), "{error:?}");
    let client = client(Limits { connect: SHORT, total: LONG, ..LIMITS }, &certificates);
    let (_hanging, error) = tokio::join!(accept(&listener), client.send(post(&authority)));
    assert_eq!(error.unwrap_err().to_string(), "cannot connect: timed out after 0.1 s");
}

/// A client whose proxy is `proxy`.
fn proxied(proxy: &str, certificates: &Certificates) -> Client {
    let read = |name: &str| (name == "HTTPS_PROXY").then(|| proxy.to_owned());
    Client::new(LIMITS, Proxies::from_variables(read)).with_tls(client_config(certificates))
}

#[tokio::test]
async fn refused_tunnels_are_reported() {
    let Some(certificates) = Certificates::generate() else { return };
    let (listener, proxy) = listen().await;
    let client = proxied(&format!("http://user:s3cret@{proxy}"), &certificates);
    for (response, expected) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "tunnel error: proxy authorization required"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "tunnel error: unsuccessful"),
        ("", "tunnel error: unexpected end of file"),
    ] {
        let server = async {
            let mut stream = accept(&listener).await;
            let request = read(&mut stream).await.unwrap();
            respond(&mut stream, response).await;
            request
        };
        let (error, request) = tokio::join!(client.send(post("server.example")), server);
        assert!(request.starts_with("CONNECT server.example:443 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nProxy-Authorization: Basic dXNlcjpzM2NyZXQ=\r\n"), "{request}");
        let error = error.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot connect: proxy {proxy}: {expected}"));
        assert_eq!(error.delivery(), Delivery::Incomplete);
    }
}

#[tokio::test]
async fn tunnels_are_encrypted_to_the_server_and_reused() {
    let Some(certificates) = Certificates::generate() else { return };
    let acceptor = acceptor(&certificates);
    for scheme in ["http", "https"] {
        let (listener, address) = listen().await;
        let client = proxied(&format!("{scheme}://{address}"), &certificates);
        // Proxy and server in one.
        let serve = async |stream: &mut (dyn AsyncStream + '_)| {
            let request = read(stream).await.unwrap();
            assert!(request.starts_with(&format!("CONNECT {SERVER_NAME}:8443 HTTP/1.1\r\n")), "{request}");
            respond(stream, "HTTP/1.1 200 Connection established\r\n\r\n").await;
            let mut stream = acceptor.accept(stream).await.unwrap();
            for _ in 0..2 {
                let request = read(&mut stream).await.unwrap();
                assert!(request.starts_with("POST /path HTTP/1.1\r\n"), "{request}");
                assert!(request.contains(&format!("\r\nhost: {SERVER_NAME}:8443\r\n")), "{request}");
                respond(&mut stream, OK).await;
            }
        };
        let server = async {
            let mut stream = accept(&listener).await;
            if scheme == "http" {
                serve(&mut stream).await;
            } else {
                let mut stream = acceptor.accept(stream).await.unwrap();
                serve(&mut stream).await;
            }
        };
        let requests = async {
            for _ in 0..2 {
                let response = client.send(post(&format!("{SERVER_NAME}:8443"))).await.unwrap();
                assert_eq!(response.body, b"ok");
            }
        };
        tokio::join!(server, requests);
    }
}
