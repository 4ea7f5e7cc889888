//! Processes of the host: REST, page, restart, and a full disk.

use crate::support::{Server, TestToken, data, get, request, until};
use serde_json::Value;
use std::process::{Child, Command, Stdio};

/// A process with a secret in its arguments, which ends with this value.
struct Sleeper(Child);

impl Sleeper {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "read line", "sleeper"]).args(arguments);
        Self(command.stdin(Stdio::piped()).spawn().unwrap())
    }

    fn pid(&self) -> u64 {
        u64::from(self.0.id())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn process(list: &Value, pid: u64) -> Option<Value> {
    list["processes"].as_array().unwrap().iter().find(|process| process["pid"] == pid).cloned()
}

async fn as_viewer(server: &Server, path: &str) -> Value {
    let bearer = TestToken::Viewer.bearer();
    let answer = request(server.address, "GET", path, &[("authorization", &bearer)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].clone()
}

#[tokio::test]
async fn processes_of_now_and_the_past_are_listed_with_arguments_for_administrators_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let flags = ["--data-dir", path.to_str().unwrap()];
    let sleeper = Sleeper::start(&["--password", "hunter2-secret", "--user", "ada"]);
    let pid = sleeper.pid();
    let server = Server::start_with(&flags, &[]).await;
    let is_measured = async || {
        let list = data(server.address, "/api/processes").await;
        process(&list, pid).is_some_and(|process| process["cpu_ratio"].is_number())
    };
    until("two readings", &server, is_measured).await;
    let list = data(server.address, "/api/processes").await;
    let found = process(&list, pid).unwrap();
    assert_eq!(found["command"], "sh");
    assert_eq!(found["arguments"], "sh -c read line sleeper --password *** --user ada");
    assert!(found["memory_bytes"].as_u64().unwrap() > 10_000 && found["threads"] == 1, "{found}");
    assert!(found["started"].as_str().unwrap().starts_with("20") && found["user"].is_string(), "{found}");
    let hidden = process(&as_viewer(&server, "/api/processes").await, pid).unwrap();
    assert_eq!((&hidden["command"], &hidden["arguments"]), (&found["command"], &Value::Null));

    let time = list["time"].as_str().unwrap();
    let query = format!("/api/processes/history?pid={pid}");
    let history = data(server.address, &query).await;
    assert_eq!((&history["total"], &history["step_seconds"]), (&1.into(), &5.into()), "{history}");
    let row = &history["processes"][0];
    assert!(row["points"].as_array().unwrap().len() >= 2 && row["process"]["command"] == "sh", "{row}");
    assert_eq!(as_viewer(&server, &query).await["processes"][0]["process"]["arguments"], Value::Null);

    let page = get(server.address, &format!("/processes?filter={pid}")).await;
    assert!(page.text().contains("--password ***") && !page.text().contains("hunter2"), "{}", page.text());
    let bearer = TestToken::Viewer.bearer();
    let page = request(server.address, "GET", "/processes", &[("authorization", &bearer)]).await;
    assert!(page.status == 200 && !page.text().contains("--password"), "{}", page.text());
    let metrics = get(server.address, "/metrics").await;
    for name in ["watchglass_records_bytes", "watchglass_records_refused_total"] {
        assert!(metrics.text().contains(&format!("\n{name}")), "{name}");
    }
    for (path, part) in [
        ("/api/processes?at=yesterday", "at: "),
        ("/api/processes/history", "pid or command is required"),
        ("/api/processes/history?pid=1&start=2026-01-01T00:00:00Z", "seven days"),
        ("/api/processes/history?pid=x", "pid"),
    ] {
        let answer = get(server.address, path).await;
        assert!(answer.status == 400 && answer.text().contains(part), "{path}: {}", answer.text());
    }
    server.stop().await;

    // The process has ended, and the records have it.
    drop(sleeper);
    let server = Server::start_with(&flags, &[]).await;
    let past = data(server.address, &format!("/api/processes?at={time}")).await;
    assert_eq!(process(&past, pid), Some(found));
    let when = time.trim_end_matches('Z').split('.').next().unwrap();
    let page = get(server.address, &format!("/processes?filter={pid}&when={when}")).await;
    assert!(page.text().contains("--password ***"), "{}", page.text());
    let before = data(server.address, "/api/processes?at=1000").await;
    assert_eq!((&before["time"], before["processes"].as_array().map(Vec::len)), (&Value::Null, Some(0)));
    server.stop().await;
    let files = std::fs::read_dir(path.join("records")).unwrap();
    for file in files.map(|file| file.unwrap().path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"hunter2"), "{}", file.display());
    }
}

#[tokio::test]
async fn full_disk_is_reported_and_records_are_taken_again_when_there_is_room() {
    let Some(mut server) = Server::on_small_disk(16).await else { return };
    let has_table = async || data(server.address, "/api/processes").await["time"].is_string();
    until("a reading", &server, has_table).await;
    let fill = server.fill_disk();
    // More than what is left in the last block of the log.
    let mut random = 1_u64;
    let mut word = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{random:x} ")
    };
    let many: Vec<String> = (0..60).map(|_| (0..20).map(|_| word()).collect()).collect();
    let sleepers: Vec<Sleeper> = many.iter().map(|text| Sleeper::start(&[text])).collect();
    let lost = server.logged("probe=\"records\"").await;
    assert!(lost.contains("probe failed") && lost.contains("records lost since"), "{lost}");
    // The newest table is shown nevertheless.
    assert!(data(server.address, "/api/processes").await["time"].is_string());
    std::fs::remove_file(fill).unwrap();
    let again = server.logged("process tables recorded again").await;
    assert!(again.contains("since="), "{again}");
    drop(sleepers);
    server.stop().await;
}
