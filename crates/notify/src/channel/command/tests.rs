use super::*;
use crate::alert_group::tests::sample_with_alerts;
use crate::message::tests::sample;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use watchglass_test_servers::wait_until;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A shell script as the program of a channel.
fn script(folder: &Path, text: &str) -> Command {
    let path = folder.join("notify");
    // Renamed into place: a file that is still open for writing cannot be run.
    fs::write(folder.join("new"), format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(folder.join("new"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::rename(folder.join("new"), &path).unwrap();
    let settings = CommandSettings {
        command: vec![path.display().to_string(), "an argument; $(x)".to_owned()],
        pass_env: vec!["KEY".to_owned()],
        timeout_seconds: None,
    };
    settings.check().unwrap();
    let environment = |name: &str| match name {
        "PATH" => std::env::var("PATH").ok(),
        "KEY" => Some("s3cret-key".to_owned()),
        _ => Some("hidden".to_owned()).filter(|_| name == "OTHER"),
    };
    Command::open(&settings, Context::new("night", &environment)).unwrap()
}

fn send(command: &Command, message: &Message) -> Result<(), SendError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(command.send(message, NOW))
}

#[test]
fn program_gets_message_arguments_and_variables() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let text = format!("cat > {0}.json; echo \"$1\" > {0}.args; env > {0}.env", out.display());
    let command = script(folder.path(), &text);
    send(&command, &sample_with_alerts()).unwrap();
    let read = |kind: &str| fs::read_to_string(out.with_extension(kind)).unwrap();
    assert_eq!(read("json").as_bytes(), body::json(&sample_with_alerts()).unwrap());
    assert_eq!(read("args"), "an argument; $(x)\n");
    let variables = read("env");
    for expected in [
        "WATCHGLASS_CHANNEL=night",
        "WATCHGLASS_MESSAGE_ID=cpu:fired:1700000000000",
        "WATCHGLASS_STATUS=firing",
        "WATCHGLASS_SEVERITY=critical",
        "WATCHGLASS_TITLE=CPU of <web-1> is 93 %, above 80 %",
        "WATCHGLASS_TIME=2023-11-14T22:13:20.123Z",
        "WATCHGLASS_LINK=https://watch.example/trends?at=1700000000000&range=1h",
        "KEY=s3cret-key",
    ] {
        assert!(variables.lines().any(|line| line == expected), "{expected}: {variables}");
    }
    assert!(!variables.contains("OTHER") && !variables.contains("CARGO"), "{variables}");
    assert!(!format!("{command:?}").contains("s3cret"));
}

#[test]
fn exit_status_decides_about_retries() {
    let folder = tempfile::tempdir().unwrap();
    for (text, is_permanent, expected) in [
        ("echo the $KEY is wrong >&2; exit 64", true, "exit status: 64: the … is wrong"),
        ("echo out; exit 78", true, "exit status: 78: out"),
        ("exit 1", false, "exit status: 1"),
        ("head -c 3000000 /dev/zero; exit 75", false, "exit status: 75"),
        ("kill -TERM $$", false, "signal: 15"),
    ] {
        let error = send(&script(folder.path(), text), &sample()).unwrap_err();
        assert_eq!(matches!(error, SendError::Permanent { .. }), is_permanent, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().len() < 600);
    }
    let settings = CommandSettings { command: vec!["/none".to_owned()], ..CommandSettings::default() };
    let command = Command::open(&settings, Context::new("night", &|_| None)).unwrap();
    let error = send(&command, &sample()).unwrap_err();
    assert!(matches!(error, SendError::Permanent { .. }), "{error}");
    assert!(error.to_string().starts_with("cannot start /none: "), "{error}");
}

#[test]
fn program_and_its_children_are_killed_at_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let text = format!("sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait", pids.display());
    let command = script(folder.path(), &text).with_deadline(Duration::from_secs(2));
    let error = send(&command, &sample()).unwrap_err().to_string();
    assert!(error.ends_with("was killed after 2 s"), "{error}");
    let child = fs::read_to_string(&pids).unwrap();
    let status = PathBuf::from(format!("/proc/{}/stat", child.trim()));
    wait_until("the child has ended", || {
        // A zombie has ended and waits for its new parent.
        let state = fs::read_to_string(&status).unwrap_or_default();
        (state.is_empty() || state.contains(") Z ")).then_some(())
    });
}

#[test]
fn invalid_settings_are_rejected() {
    for (command, expected) in [
        (vec![], "command is empty"),
        (vec!["notify"], "command starts with \"notify\""),
        (vec!["/bin/a", "b\0"], "command is too long or has zero bytes"),
    ] {
        let command = command.into_iter().map(str::to_owned).collect();
        let error =
            CommandSettings { command, ..CommandSettings::default() }.check().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let valid = CommandSettings { command: vec!["/bin/a".to_owned()], ..CommandSettings::default() };
    let late = CommandSettings { timeout_seconds: Some(51), ..valid.clone() };
    assert!(late.check().unwrap_err().to_string().starts_with("timeout_seconds is 51"));
    let names = CommandSettings { pass_env: vec!["A B".to_owned()], ..valid.clone() };
    assert!(names.check().unwrap_err().to_string().starts_with("pass_env has an invalid name"));
    let missing = CommandSettings { pass_env: vec!["NONE".to_owned()], ..valid };
    let error = Command::open(&missing, Context::new("night", &|_| None)).unwrap_err().to_string();
    assert!(error.starts_with("pass_env NONE is not set"), "{error}");
}
