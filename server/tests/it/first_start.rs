//! The first start where other machines reach the server: in a container, or on a LAN by its IP address.
//!
//! Servers of tests listen on loopback only, so the test runs in a network namespace of its own, and a second one is the other
//! machine. It is skipped where the system does not allow an unprivileged process to make them.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// From the start of the program to a live chart on another machine, with a new data directory.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs the script in a new network namespace.
fn script(arguments: &[&str]) -> std::io::Result<Output> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/first_start.sh");
    Command::new("unshare").args(["--map-root-user", "--net", "bash", script]).args(arguments).output()
}

/// Output of the script with a server; `None` where the system does not allow network namespaces.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
fn first_start(scheme: &str, flags: &[&str]) -> Option<String> {
    let possible = script(&[]);
    if !possible.as_ref().is_ok_and(|done| done.status.success()) {
        eprintln!("skipped: no network namespaces, or no ip, nsenter or curl: {possible:?}");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let arguments = [env!("CARGO_BIN_EXE_watchglass"), data.to_str().unwrap(), scheme];
    let start = Instant::now();
    let done = script(&[&arguments, flags].concat()).unwrap();
    let elapsed = start.elapsed();
    let log = std::fs::read_to_string(data.with_extension("log")).unwrap_or_default();
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{error}\n{log}");
    assert!(elapsed < LIMIT, "{elapsed:?}");
    Some(String::from_utf8(done.stdout).unwrap())
}

/// Checks the output lines up to those of the page: `cookie` is the name of the session cookie.
fn assert_live(lines: &[&str], cookie: &str) {
    assert_eq!(lines[..3], ["sign in by address: 200", &format!("cookie: {cookie}"), "live: 3"], "{lines:?}");
    assert_ne!(lines[3], "page has charts: 0");
}

#[test]
fn other_machines_use_a_self_signed_certificate() {
    let Some(output) = first_start("https", &[]) else { return };
    let lines: Vec<&str> = output.lines().collect();
    assert_live(&lines, "__Host-watchglass");
    assert_eq!(
        lines[4..],
        ["page warns: 0", "sign in by name: 200", "sign in by foreign name: 421", "fingerprint: 1"]
    );
}

#[test]
fn plain_http_has_to_be_set_and_pages_warn_of_it() {
    let Some(output) = first_start("http", &["--insecure-http", "true"]) else { return };
    let lines: Vec<&str> = output.lines().collect();
    assert_live(&lines, "watchglass");
    assert_eq!(
        lines[4..],
        ["page warns: 1", "sign in by name: 200", "sign in by foreign name: 421", "fingerprint: 0"]
    );
}
