//! The first start where other machines reach the server: in a container, or on a LAN by its IP address.
//!
//! Servers of tests listen on loopback only, so the test runs in a network namespace of its own. Where the system does not
//! allow one, it is skipped.

use std::process::Command;

/// Runs the script in a new network namespace, and returns its output.
fn first_start(scheme: &str, flags: &[&str]) -> Option<String> {
    let in_namespace = |command: &[&str]| {
        let mut run = Command::new("unshare");
        run.args(["--map-root-user", "--net"]).args(command);
        run
    };
    let is_possible = in_namespace(&["sh", "-c", "ip link set lo up && curl --version"]).output();
    if !is_possible.is_ok_and(|done| done.status.success()) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/first_start.sh");
    let arguments = ["bash", script, env!("CARGO_BIN_EXE_watchglass"), data.to_str().unwrap(), scheme];
    let done = in_namespace(&arguments).args(flags).output().unwrap();
    let log = std::fs::read_to_string(data.with_extension("log")).unwrap_or_default();
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{error}\n{log}");
    Some(String::from_utf8(done.stdout).unwrap())
}

#[test]
fn other_machines_use_a_self_signed_certificate() {
    let Some(output) = first_start("https", &[]) else { return };
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[..2], ["sign in by address: 200", "cookie: __Host-watchglass"], "{output}");
    assert_ne!(lines[2], "page has charts: 0");
    assert_eq!(
        lines[3..],
        ["page warns: 0", "sign in by name: 200", "sign in by foreign name: 421", "fingerprint: 1"]
    );
}

#[test]
fn plain_http_has_to_be_set_and_pages_warn_of_it() {
    let Some(output) = first_start("http", &["--insecure-http", "true"]) else { return };
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[..2], ["sign in by address: 200", "cookie: watchglass"], "{output}");
    assert_ne!(lines[2], "page has charts: 0");
    assert_eq!(
        lines[3..],
        ["page warns: 1", "sign in by name: 200", "sign in by foreign name: 421", "fingerprint: 0"]
    );
}
