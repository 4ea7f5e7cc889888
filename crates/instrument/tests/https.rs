//! Test of the reporter over HTTPS, in a process of its own that trusts the CA of the test.
#![expect(clippy::unwrap_used, reason = "a test ends at the first unexpected error")]

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use watchglass_instrument::push::{Destination, Reporter};
use watchglass_test_servers::{Certificates, Process};

const URL: &str = "WATCHGLASS_INSTRUMENT_TEST_URL";

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_file(&certificates.server).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&certificates.key).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(chain, key).unwrap()).into()
}

/// The application. Without its destination this test does nothing.
#[tokio::test]
async fn application() {
    let Ok(url) = std::env::var(URL) else { return };
    let destination = Destination::parse(&url).unwrap().with_token("t0k").unwrap();
    let _reporter = Reporter::start(Arc::default(), "shop", destination).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn reports_are_encrypted() {
    let Some(certificates) = Certificates::generate() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "application"])
        .env(URL, format!("https://{}/below", listener.local_addr().unwrap()))
        .env("SSL_CERT_FILE", &certificates.authority);
    let _application = Process::start(&mut command);
    let exchange = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor(&certificates).accept(stream).await.unwrap();
        // Two reports over the same connection.
        for _ in 0..2 {
            let mut request = String::new();
            while !request.ends_with('}') {
                let mut bytes = [0; 4096];
                let count = stream.read(&mut bytes).await.unwrap();
                assert_ne!(count, 0, "{request}");
                request.push_str(std::str::from_utf8(bytes.get(..count).unwrap()).unwrap());
            }
            assert!(request.starts_with("POST /below/api/ingest HTTP/1.1\r\n"), "{request}");
            assert!(request.contains("\r\nauthorization: Bearer t0k\r\n"), "{request}");
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            stream.flush().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), exchange).await.unwrap();
}
