//! Data directory of an earlier version, see `tests/recorded/README.md`: this version starts from it and has everything.

use crate::support::{JSON, Server, Socket, request, send};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded/0.1.0");
/// Times that the server wrote are from here on, in Unix milliseconds.
const RECORDED: i64 = 1_796_156_558_000;
/// Upper bound of these times.
const RECORDED_END: i64 = RECORDED + 60_000;
/// Token `recorded`.
const TOKEN: &str = "wg_r2YREL7v-0ER8tw8Ln3fOxaljVdLrcoGCIaJgqe8uVg";
/// Session of `admin`.
const COOKIE: &str = "watchglass=wg_eLhvfd85HSzvduNpTB-jxhw9VRIU6nuMTEtFBiQr-4A";

/// A copy of the folder, as if it had been written just now: sessions and annotations expire by the clock.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // Whole seconds, as ticks are; the same for all files, because they refer to each other by time.
    let seconds = i64::try_from(since.as_secs()).unwrap() - RECORDED_END / 1000;
    copy_files(Path::new(FOLDER), folder.path(), seconds * 1000);
    folder
}

fn copy_files(from: &Path, to: &Path, offset: i64) {
    for entry in from.read_dir().unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_files(&from, &to, offset);
        } else if from.extension().is_some_and(|kind| kind == "json" || kind == "jsonl") {
            std::fs::write(&to, moved(&std::fs::read_to_string(&from).unwrap(), offset)).unwrap();
            std::fs::set_permissions(&to, PermissionsExt::from_mode(0o600)).unwrap();
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

/// The text with the times of the recording moved by `offset`.
fn moved(text: &str, offset: i64) -> String {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let mut moved = String::new();
    for part in text.split_inclusive(|letter| !is_digit(letter)) {
        let digits = part.trim_end_matches(|letter| !is_digit(letter));
        match digits.parse::<i64>() {
            Ok(time) if (RECORDED..RECORDED_END).contains(&time) => {
                moved += &(time + offset).to_string();
                moved += &part[digits.len()..];
            }
            _ => moved += part,
        }
    }
    moved
}

async fn start(folder: &TempDir) -> Server {
    let data = folder.path().to_str().unwrap();
    Server::announced(&["--data-dir", data, "--host-name", "recorded"], &[]).await
}

async fn get(server: &Server, path: &str) -> Value {
    let bearer = format!("Bearer {TOKEN}");
    let answer = request(server.address, "GET", path, &[("Authorization", &bearer)]).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()["data"].take()
}

async fn page(server: &Server, path: &str) -> String {
    let answer = request(server.address, "GET", path, &[("Authorization", ""), ("Cookie", COOKIE)]).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.html()
}

/// The element of a list whose `field` is `value`.
fn find<'a>(list: &'a Value, field: &str, value: &str) -> &'a Value {
    let found = list.as_array().unwrap().iter().find(|one| one[field] == value);
    found.unwrap_or_else(|| panic!("no {field} {value}: {list}"))
}

/// Checks that everything recorded is there.
async fn assert_complete(server: &Server) {
    let users = get(server, "/api/admin/users").await;
    assert_eq!(
        (&find(&users, "name", "admin")["role"], users.as_array().unwrap().len()),
        (&json!("admin"), 2)
    );
    assert_eq!(find(&users, "name", "ada")["role"], "viewer");
    for (name, password) in [("admin", "recorded-by-0.1.0"), ("ada", "ada-of-0.1.0")] {
        let body = json!({ "username": name, "password": password }).to_string();
        let answer = send(server.address, "POST", "/api/login", &body).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    let tokens = get(server, "/api/admin/tokens").await;
    assert_eq!(find(&tokens, "name", "recorded")["role"], "admin");
    assert_eq!(find(&tokens, "name", "reports")["role"], "ingest");

    let rules = get(server, "/api/admin/rules").await;
    assert_eq!(find(&rules, "id", "disk")["enabled"], false);
    let own = find(&rules, "id", "memory-any");
    assert_eq!(
        (&own["name"], &own["metric"], &own["warning"]),
        (&json!("Memory is used"), &json!("host_memory_used_bytes"), &json!(1.0))
    );
    let silences = get(server, "/api/admin/silences").await;
    let silence = find(&silences, "id", "maintenance");
    assert_eq!(
        (&silence["author"], &silence["reason"], &silence["matchers"]),
        (
            &json!("ada"),
            &json!("recorded"),
            &json!([{ "label": "component", "operator": "=", "value": "memory" }])
        )
    );
    let weekly = &silence["weekly"];
    assert_eq!(weekly["days"].as_array().map(Vec::len), Some(7), "{silence}");
    assert_eq!(
        (&weekly["from"], &weekly["to"], &weekly["zone"]),
        (&json!("00:00"), &json!("23:59"), &json!("UTC"))
    );
    let annotations = get(server, "/api/admin/annotations").await;
    let deploy = find(&annotations, "text", "Deploy 1");
    assert_eq!((&deploy["kind"], &deploy["author"]), (&json!("deploy"), &json!("recorded")));
    let audit = get(server, "/api/admin/audit?who=recorded").await;
    for what in ["user", "token", "rule", "silence", "annotation", "acknowledgement"] {
        find(&audit, "what", what);
    }

    let alerts = get(server, "/api/admin/system/alerts/").await;
    let alert = find(&alerts["alerts"], "rule", "memory-any");
    assert_eq!(
        (&alert["labels"], &alert["acknowledged_by"]),
        (&json!({ "host": "recorded" }), &json!("ada"))
    );
    let stylesheet = page(server, "/api/layout.css").await;
    assert!(stylesheet.contains("[data-panel=\"cpu\"]"), "{stylesheet}");
}

#[tokio::test]
async fn data_of_0_1_0_is_complete_and_undamaged() {
    let folder = copy();
    // The second start reads what this version has written.
    for _ in 0..2 {
        let server = start(&folder).await;
        // Rules were evaluated at least once.
        let mut socket = Socket::open_as(("cookie", COOKIE), server.address, Some(JSON)).await;
        assert_eq!(socket.text().await["type"], "hello");
        socket.in_a_row(2).await;
        assert_complete(&server).await;
        let finished = server.stop().await;
        assert!(!finished.stderr.contains(" ERROR "), "{}", finished.stderr);
    }
    let names: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("damaged")), "{names:?}");
}
