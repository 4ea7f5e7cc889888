//! TLS connections.

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

/// Certificate and key files of a server.
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

    /// Installs the files like renewal tools: by renaming.
    fn install(&self, made: &Certificates) {
        for (from, name) in [(&made.key, "key.pem"), (&made.server, "cert.pem")] {
            std::fs::copy(from, self.path("new")).unwrap();
            std::fs::rename(self.path("new"), self.path(name)).unwrap();
        }
    }
}

/// A TLS connection to a server whose certificate is signed by `authority`.
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

/// The whole response to a request in a new connection.
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
async fn tls_is_served_and_cookies_are_secure() {
    // Certificates are made with OpenSSL; skip the test without it.
    let Some(made) = Certificates::generate() else { return };
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

    // Plain HTTP gets an error that names https.
    let plain = exchange(address, live(address).as_bytes()).await.unwrap();
    assert_eq!(plain.status, 400);
    assert!(plain.text().contains("https://"), "{}", plain.text());
    server.stop().await;
}

#[tokio::test]
async fn certificates_are_reloaded_without_a_restart_if_valid() {
    let (Some(one), Some(two)) = (Certificates::generate(), Certificates::generate()) else { return };
    let files = Files::of(&one);
    let flags = ["--tls-cert", &files.path("cert.pem"), "--tls-key", &files.path("key.pem")];
    let mut server = Server::announced(&flags, &[]).await;
    let address = server.address;
    assert!(ask(address, &one.authority, &live(address)).await.starts_with("HTTP/1.1 200"));
    assert!(connect(address, &two.authority).await.is_err());

    // The certificate is valid for two days.
    assert!(server.logged("alert fired rule=\"certificate\"").await.contains("severity=Critical"));

    std::fs::write(files.path("cert.pem"), "broken").unwrap();
    // A connection makes the server check the files, at most once per second.
    within("that it is noticed", async {
        while !server.log().contains("TLS certificate reload failed") {
            assert!(ask(address, &one.authority, &live(address)).await.starts_with("HTTP/1.1 200"));
        }
    })
    .await;
    // The reload error is reported like a probe failure.
    assert!(server.logged("probe failed probe=\"tls\"").await.contains("tls_cert"));

    files.install(&two);
    within("the new certificate", async { while connect(address, &two.authority).await.is_err() {} }).await;
    server.logged("TLS certificate reloaded").await;
    server.logged("probe recovered probe=\"tls\"").await;
    server.stop().await;
}

#[tokio::test]
async fn invalid_files_are_named_before_startup() {
    let Some(made) = Certificates::generate() else { return };
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
