//! Alerts of disks, file systems and applications that are removed, and of those of which nothing is known any more.

use crate::ingest::report;
use crate::support::{ConfigFile, ProcFolder, Server, Socket, data, get, post, post_form, within};
use serde_json::{Value, json};

/// Fires for each disk that is idle: the counters of the recorded file stand still.
const IDLE: &str = "[[rules]]\nid = 'idle-disk'\nname = 'Idle disk'\nmetric = 'host_disk_written_bytes_total'\n\
                    component = 'disk'\nsubject_label = 'device'\ncomparison = 'below'\nwarning = 1.0\n\
                    [[rules]]\nid = 'some-memory'\nname = 'Some memory'\nmetric = 'host_memory_used_ratio'\n\
                    component = 'memory'\ncritical = 0.0001\n";

fn is(alert: &Value, device: &str, change: &str) -> bool {
    alert["rule"] == "idle-disk" && alert["subject"] == device && alert["change"] == change
}

fn identity(alert: &Value) -> String {
    json!({ "rule": alert["rule"], "labels": alert["labels"] }).to_string()
}

/// Waits until an alert fires. It may have done so before the socket was connected, which gets later changes only.
async fn firing(server: &Server, socket: &mut Socket, rule: &str, subject: &str) {
    within(&format!("{rule} fires for {subject}"), async {
        loop {
            let active = data(server.address, "/api/admin/system/alerts/").await;
            let is_it = |alert: &Value| alert["rule"] == rule && alert["subject"] == subject;
            if active["alerts"].as_array().unwrap().iter().any(is_it) {
                return;
            }
            socket.in_a_row(1).await;
        }
    })
    .await;
}

#[tokio::test]
async fn alert_of_an_unplugged_disk_resolves_and_that_of_an_unreadable_one_waits_for_an_operator() {
    let proc = ProcFolder::whole();
    let folder = tempfile::tempdir().unwrap();
    let config = ConfigFile::with(IDLE);
    let mut flags = vec!["--host-proc", proc.path(), "--host-name", "h"];
    flags.extend(config.flags_with_data(&folder));
    let server = Server::start_with(&flags, &[]).await;
    let mut socket = Socket::json(server.address).await;
    firing(&server, &mut socket, "idle-disk", "vda").await;
    firing(&server, &mut socket, "idle-disk", "nvme0n1").await;

    let all = std::fs::read_to_string(proc.file("diskstats")).unwrap();
    let rest: String =
        all.lines().filter(|line| !line.contains("nvme0n1")).flat_map(|line| [line, "\n"]).collect();
    proc.write("diskstats", rest.as_bytes());
    let gone = socket.alert_where("the disk is gone", |alert| is(alert, "nvme0n1", "resolved")).await;
    assert_eq!(gone["message"], "Idle disk on nvme0n1: no longer exists");
    assert!(!socket.alerts.iter().any(|alert| is(alert, "vda", "resolved")), "{:?}", socket.alerts);

    proc.write("diskstats", &b"no kernel writes this\n".repeat(5));
    let lost = socket.alert_where("no data", |alert| is(alert, "vda", "no_data")).await;
    assert_eq!((&lost["no_data"], &lost["resolved"]), (&json!(true), &Value::Null));
    let active = data(server.address, "/api/admin/system/alerts/").await;
    let find = |rule: &str, subject: &str| {
        let is_it = |alert: &&Value| alert["rule"] == rule && alert["subject"] == subject;
        active["alerts"].as_array().unwrap().iter().find(is_it).cloned().unwrap()
    };
    let (vda, memory) = (find("idle-disk", "vda"), find("some-memory", ""));
    assert_eq!((&vda["state"], &memory["state"]), (&json!("no_data"), &json!("firing")));
    assert!(vda["no_data_since"].is_string() && memory["no_data_since"].is_null(), "{vda} {memory}");
    let page = get(server.address, "/alerts").await;
    let page = page.text();
    assert!(page.contains("<b>No data</b> since <time") && page.contains("value=\"resolve\""), "{page}");

    let refused = post(server.address, "/api/admin/alerts/resolve", &identity(&memory)).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("has_data")));
    let resolved = post(server.address, "/api/admin/alerts/resolve", &identity(&vda)).await;
    assert_eq!(resolved.status, 200, "{}", resolved.text());
    let saved = std::fs::read_to_string(folder.path().join("alerts-past.jsonl")).unwrap();
    assert!(saved.contains("resolved manually"), "saved before the answer: {saved}");
    let event = socket.alert_where("resolved manually", |alert| is(alert, "vda", "resolved")).await;
    assert!(event["message"].as_str().unwrap().ends_with("; resolved manually"), "{event}");
    let again = post(server.address, "/api/admin/alerts/resolve", &identity(&vda)).await;
    assert_eq!((again.status, &again.json()["error"]["code"]), (404, &json!("not_firing")));
    let audit = data(server.address, "/api/admin/audit?what=alert").await;
    assert!(audit.to_string().contains("idle-disk"), "{audit}");

    // The form does the same, and the data that returns makes the alert fire again.
    proc.write("diskstats", all.as_bytes());
    socket.alert_where("the disk is back", |alert| is(alert, "vda", "fired")).await;
    proc.write("diskstats", &b"no kernel writes this\n".repeat(5));
    socket.alert_where("no data again", |alert| is(alert, "vda", "no_data")).await;
    let form =
        format!("do=resolve&view=active&rule=idle-disk&labels={}", encoded(&vda["labels"].to_string()));
    let answer = post_form(server.address, "/alerts", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    socket.alert_where("resolved by the form", |alert| is(alert, "vda", "resolved")).await;
    server.stop().await;
}

#[tokio::test]
async fn alert_of_an_unplugged_disk_resolves_although_another_line_is_never_readable() {
    let proc = ProcFolder::whole();
    let all = std::fs::read_to_string(proc.file("diskstats")).unwrap();
    let with_garbage = |lines: &str| format!("{lines}no kernel writes this\n");
    proc.write("diskstats", with_garbage(&all).as_bytes());
    let config = ConfigFile::with(IDLE);
    let [flag, file] = config.flags();
    let server = Server::start_with(&["--host-proc", proc.path(), flag, file], &[]).await;
    let mut socket = Socket::json(server.address).await;
    firing(&server, &mut socket, "idle-disk", "nvme0n1").await;

    let rest: String =
        all.lines().filter(|line| !line.contains("nvme0n1")).flat_map(|line| [line, "\n"]).collect();
    proc.write("diskstats", with_garbage(&rest).as_bytes());
    let gone = socket.alert_where("the disk is gone", |alert| is(alert, "nvme0n1", "resolved")).await;
    assert_eq!(gone["message"], "Idle disk on nvme0n1: no longer exists");
    // One more line that cannot be read may be that of the other disk.
    let other: String =
        all.lines().filter(|line| !line.contains("vda")).flat_map(|line| [line, "\n"]).collect();
    proc.write("diskstats", with_garbage(&with_garbage(&other)).as_bytes());
    socket.alert_where("no data", |alert| is(alert, "vda", "no_data")).await;
    server.stop().await;
}

/// Fires for each file system, and for an application with requests in flight.
const USED: &str = "[[rules]]\nid = 'used'\nname = 'Disk in use'\nmetric = 'host_filesystem_used_ratio'\n\
                    component = 'disk'\nsubject_label = 'mountpoint'\ncomparison = 'below'\nwarning = 2.0\n\
                    [[rules]]\nid = 'busy'\nname = 'Busy'\nmetric = 'http_requests_in_flight'\n\
                    matchers = [{ label = 'app', operator = '=', value = 'shop' }]\n\
                    component = 'requests'\nsubject_label = 'app'\nwarning = 5.0\n";

fn changed(rule: &str, subject: &str, change: &str) -> impl Fn(&Value) -> bool {
    let expected = [rule, subject, change].map(|text| json!(text));
    move |alert| ["rule", "subject", "change"].map(|field| alert[field].clone()) == expected
}

#[tokio::test]
async fn alert_of_an_unmounted_file_system_resolves() {
    let proc = ProcFolder::whole();
    let mounted = tempfile::tempdir().unwrap();
    let mountpoint = mounted.path().to_str().unwrap();
    let rest = std::fs::read_to_string(proc.file("1/mountinfo")).unwrap();
    let line = format!("50 27 254:16 / {mountpoint} rw,relatime - ext4 /dev/vdb rw\n");
    proc.write("1/mountinfo", format!("{rest}{line}").as_bytes());
    let config = ConfigFile::with(USED);
    let [flag, file] = config.flags();
    let server = Server::start_with(&["--host-proc", proc.path(), flag, file], &[]).await;
    let mut socket = Socket::json(server.address).await;
    firing(&server, &mut socket, "used", mountpoint).await;

    proc.write("1/mountinfo", rest.as_bytes());
    let gone = socket.alert_where("it is unmounted", changed("used", mountpoint, "resolved")).await;
    assert_eq!(gone["message"], format!("Disk in use on {mountpoint}: no longer exists"));
    let is_other = |alert: &Value| alert["rule"] == "used" && alert["change"] != "fired";
    let others = socket.alerts.iter().filter(|alert| is_other(alert)).count();
    assert_eq!(others, 1, "the file system / keeps firing: {:?}", socket.alerts);
    server.stop().await;
}

#[tokio::test]
async fn alert_of_a_silent_application_has_no_data_and_that_of_a_deregistered_one_resolves() {
    let config = ConfigFile::with(USED);
    let [flag, file] = config.flags();
    let server = Server::start_with(&["--host-name", "h", flag, file], &[]).await;
    let mut socket = Socket::json(server.address).await;
    let busy = r#"{"version":1,"app":"shop","in_flight":9}"#;
    assert_eq!(report(server.address, busy).await.status, 200);
    let fired = socket.alert_where("a busy application", changed("busy", "shop", "fired")).await;
    let silent = socket.alert_where("a silent application", changed("busy", "shop", "no_data")).await;
    assert_eq!((&silent["no_data"], &silent["resolved"]), (&json!(true), &Value::Null));
    let active = data(server.address, "/api/admin/system/alerts/").await;
    let states = active["alerts"].as_array().unwrap().iter().map(|alert| (&alert["rule"], &alert["state"]));
    assert!(states.clone().any(|state| state == (&json!("busy"), &json!("no_data"))), "{active}");

    // It reports again: the alert goes on.
    assert_eq!(report(server.address, busy).await.status, 200);
    let back = socket.alert_where("its data is back", changed("busy", "shop", "data_returned")).await;
    assert_eq!((&back["no_data"], &back["fired"]), (&json!(false), &fired["fired"]));
    let refused = post(server.address, "/api/admin/alerts/resolve", &identity(&fired)).await;
    assert_eq!(refused.status, 409, "{}", refused.text());

    socket.alert_where("it is silent again", changed("busy", "shop", "no_data")).await;
    let resolved = post(server.address, "/api/admin/alerts/resolve", &identity(&fired)).await;
    assert_eq!(resolved.status, 200, "{}", resolved.text());
    socket.alert_where("resolved manually", changed("busy", "shop", "resolved")).await;

    // It is back, and deregisters.
    assert_eq!(report(server.address, busy).await.status, 200);
    socket.alert_where("it fires again", changed("busy", "shop", "fired")).await;
    let leaving = r#"{"version":1,"app":"shop","leaving":true}"#;
    assert_eq!(report(server.address, leaving).await.status, 200);
    socket.alert_where("it has deregistered", changed("busy", "shop", "resolved")).await;
    server.stop().await;
}

/// Percent-encodes everything but letters and digits.
fn encoded(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
