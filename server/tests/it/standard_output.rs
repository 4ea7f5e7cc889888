//! Standard output that cannot be written.

use crate::support::within;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File, OpenOptions};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The program with a standard output that is full.
fn start(home: &tempfile::TempDir, arguments: &[&str]) -> Child {
    let full: File = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchglass"));
    command.env_clear().env("HOME", home.path()).args(arguments).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).spawn().unwrap()
}

#[tokio::test]
async fn full_standard_output_stops_commands_but_not_the_server() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("watchglass.toml");
    fs::write(&config, "").unwrap();
    let check = start(&home, &["check-config", config.to_str().unwrap()]).wait_with_output();
    let check = within("the end of the command", check).await.unwrap();
    let error = String::from_utf8(check.stderr).unwrap();
    assert_eq!(check.status.code(), Some(1), "{error}");
    assert!(error.starts_with("watchglass: cannot write to standard output: No space left"), "{error}");

    let mut server = start(&home, &["serve", "--listen", "127.0.0.1:0"]);
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    within("the start", async {
        while !log.next_line().await.unwrap().expect("the server has stopped").contains("server started") {}
    })
    .await;
    let process = Pid::from_raw(i32::try_from(server.id().unwrap()).unwrap()).unwrap();
    kill_process(process, Signal::TERM).unwrap();
    let status = within("the end of the server", server.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
}
