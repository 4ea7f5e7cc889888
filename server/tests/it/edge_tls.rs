//! Connections that the server itself encrypts.

use crate::support::{Server, exchange, run, within};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use watchglass_test_servers::Certificates;

const PASSWORD: &str = "correct horse battery";

/// Files that a server is told of.
struct Files(TempDir);

impl Files {
    fn of(made: &Certificates) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.install(made);
        files
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Puts them in place as programs that renew certificates do: by renaming.
    fn install(&self, made: &Certificates) {
        for (from, name) in [(&made.key, "key.pem"), (&made.server, "cert.pem")] {
            std::fs::copy(from, self.path("new")).unwrap();
            std::fs::rename(self.path("new"), self.path(name)).unwrap();
        }
    }
}

/// An encrypted connection to a server whose certificate `authority` vouches for.
async fn connect(address: SocketAddr, authority: &Path) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&std::fs::read(authority).unwrap()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::from(IpAddr::from([127, 0, 0, 1]));
    within("a handshake", TlsConnector::from(Arc::new(config)).connect(name, stream)).await
}

/// The whole answer to a request in a connection of its own.
async fn ask(address: SocketAddr, authority: &Path, request: &str) -> String {
    let mut stream = connect(address, authority).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within("an answer", stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

fn live(address: SocketAddr) -> String {
    format!("GET /api/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn connections_are_encrypted_and_cookies_are_for_such_alone() {
    // Without OpenSSL there is nothing to test with.
    let Some(made) = Certificates::make() else { return };
    let files = Files::of(&made);
    let (certificate, key) = (files.path("cert.pem"), files.path("key.pem"));
    let server = Server::unseeded(&[
        ("WATCHGLASS_TLS_CERT", &certificate),
        ("WATCHGLASS_TLS_KEY", &key),
        ("WATCHGLASS_ADMIN_PASSWORD", PASSWORD),
    ])
    .await;
    let address = server.address;
    assert!(server.announcement().contains(&format!("https://{address}/")), "{}", server.announcement());
    let answer = ask(address, &made.authority, &live(address)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("strict-transport-security: max-age="), "{answer}");
    let stream = connect(address, &made.authority).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    drop(stream);

    let body = serde_json::json!({ "username": "admin", "password": PASSWORD }).to_string();
    let login = format!(
        "POST /api/login HTTP/1.1\r\nHost: {address}\r\nOrigin: https://{address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(address, &made.authority, &login).await;
    assert!(answer.contains("__Host-watchglass=") && answer.contains("; Secure"), "{answer}");
    let other = login.replace("Origin: https", "Origin: http");
    assert!(ask(address, &made.authority, &other).await.contains("bad_origin"));

    // Who does not encrypt is told to.
    let plain = exchange(address, live(address).as_bytes()).await.unwrap();
    assert_eq!(plain.status, 400);
    assert!(plain.text().contains("https://"), "{}", plain.text());
    server.stop().await;
}

#[tokio::test]
async fn a_new_certificate_counts_without_a_restart_and_a_broken_one_does_not() {
    let (Some(one), Some(two)) = (Certificates::make(), Certificates::make()) else { return };
    let files = Files::of(&one);
    let flags = ["--tls-cert", &files.path("cert.pem"), "--tls-key", &files.path("key.pem")];
    let mut server = Server::announced(&flags, &[]).await;
    let address = server.address;
    assert!(ask(address, &one.authority, &live(address)).await.starts_with("HTTP/1.1 200"));
    assert!(connect(address, &two.authority).await.is_err());

    // It is one of two days.
    assert!(server.logged("an alert fires rule=\"certificate\"").await.contains("severity=Critical"));

    std::fs::write(files.path("cert.pem"), "broken").unwrap();
    // Each connection lets the server look, once a second at most.
    within("that it is noticed", async {
        while !server.log().contains("connections keep the certificate of before") {
            assert!(ask(address, &one.authority, &live(address)).await.starts_with("HTTP/1.1 200"));
        }
    })
    .await;
    // It is a problem like that of any probe.
    assert!(server.logged("no data probe=\"tls\"").await.contains("tls_cert"));

    files.install(&two);
    within("the new certificate", async { while connect(address, &two.authority).await.is_err() {} }).await;
    server.logged("connections have the new certificate").await;
    server.logged("data again probe=\"tls\"").await;
    server.stop().await;
}

#[tokio::test]
async fn files_that_are_no_good_are_named_before_anything_is_served() {
    let Some(made) = Certificates::make() else { return };
    let files = Files::of(&made);
    std::fs::write(files.path("key.pem"), "no key").unwrap();
    let text = format!("tls_cert = '{}'\ntls_key = '{}'\n", files.path("cert.pem"), files.path("key.pem"));
    std::fs::write(files.path("w.toml"), text).unwrap();
    let file = files.path("w.toml");
    for arguments in [&["check-config", &file][..], &["serve", "--listen", "127.0.0.1:0", "--config", &file]]
    {
        let finished = run(arguments, &[]).await;
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(
            finished.stderr.contains("tls_key: ") && finished.stderr.contains("key.pem has no key"),
            "{finished:?}"
        );
    }
    files.install(&made);
    assert_eq!(run(&["check-config", &file], &[]).await.code, Some(0));
}
