//! TLS connections: only servers with a valid certificate are accepted.
//!
//! Trusted certificates are set by an environment variable, which a test cannot change for its own process: it runs
//! [`one_round`] in a child process.

use crate::support::{Certificates, INTERVAL, PostgresServer, RedisServer, free_port, round};
use std::path::Path;
use std::process::{Command, Stdio};
use watchglass_probes::{Postgres, Probe, Redis};

const URL: &str = "WATCHGLASS_TEST_URL";
const EXPECTED: &str = "WATCHGLASS_TEST_EXPECTED";

#[test]
fn one_round() {
    let (Ok(url), Ok(expected)) = (std::env::var(URL), std::env::var(EXPECTED)) else {
        return;
    };
    let mut probe: Box<dyn Probe> = if url.starts_with("redis") {
        Box::new(Redis::new(&url, INTERVAL).unwrap())
    } else {
        Box::new(Postgres::new(&url, INTERVAL).unwrap())
    };
    let outcome = round(probe.as_mut()).map(|values| !values.is_empty());
    match expected.as_str() {
        "values" => assert_eq!(outcome, Ok(true)),
        error => assert!(outcome.as_ref().is_err_and(|found| found.contains(error)), "{outcome:?}"),
    }
}

/// Checks the result of a round with `url` when the certificates in `trusted` are trusted.
fn expect(url: &str, trusted: &Path, expected: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "encrypted::one_round", "--nocapture"]).stdin(Stdio::null());
    command.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR").env(URL, url).env(EXPECTED, expected);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{expected}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
}

#[test]
fn redis_certificates_are_verified() {
    let (Some(ours), Some(others)) = (Certificates::generate(), Certificates::generate()) else {
        return;
    };
    let port = free_port().to_string();
    let files = [ours.server.to_str().unwrap(), ours.key.to_str().unwrap(), ours.authority.to_str().unwrap()];
    let [certificate, key, authority] = files;
    let Some(server) = RedisServer::start(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        certificate,
        "--tls-key-file",
        key,
        "--tls-ca-cert-file",
        authority,
        "--tls-auth-clients",
        "no",
        "--requirepass",
        "open-sesame",
    ]) else {
        return;
    };
    let url = format!("rediss://:open-sesame@127.0.0.1:{port}");
    expect(&url, &ours.authority, "values");
    expect(&url, &others.authority, "invalid peer certificate");
    // The certificate is for an IP address, not for this name.
    expect(&url.replace("127.0.0.1", "localhost"), &ours.authority, "invalid peer certificate");
    // Without TLS, Redis waits for the end of a line.
    expect(&url.replace(&port, &server.port.to_string()), &ours.authority, "no response from");
}

#[test]
fn postgresql_certificates_are_verified() {
    let (Some(ours), Some(others)) = (Certificates::generate(), Certificates::generate()) else {
        return;
    };
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let url = format!("{}?sslmode=require", server.url());
    expect(&url, &ours.authority, "server does not support TLS");
    server.enable_tls(&ours);
    expect(&url, &ours.authority, "values");
    expect(&url, &others.authority, "invalid peer certificate");
    expect(&url.replace("127.0.0.1", "localhost"), &ours.authority, "invalid peer certificate");
    expect(&server.url(), &ours.authority, "no pg_hba.conf entry");
}
