//! A data directory that is deleted, created again and replaced while the server runs.

use crate::access::{PASSWORD, cookie_of, is_signed_in, send as send_as, sign_in};
use crate::support::{Server, post, request, run, until};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;
use watchglass_test_servers::RedisServer;

/// A server with the user bob, who is signed in, and its data directory in `folder`.
async fn server_of_bob(folder: &TempDir) -> (Server, PathBuf, String) {
    let data = folder.path().join("data");
    let server = Server::start_with(&["--data-dir", data.to_str().unwrap()], &[]).await;
    let user = json!({ "name": "bob", "role": "viewer", "password": PASSWORD }).to_string();
    assert_eq!(post(server.address, "/api/admin/users", &user).await.status, 200);
    let cookie = cookie_of(&sign_in(server.address, "bob", PASSWORD).await);
    (server, data, cookie)
}

/// Fails to start a second server on the same directory.
async fn second_server(data: &std::path::Path) -> String {
    let finished =
        run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()], &[]).await;
    assert_eq!(finished.code, Some(1), "{}", finished.stdout);
    finished.stderr
}

#[tokio::test]
async fn public_data_directory_is_reported_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    for (mode, is_reported) in [(0o755, true), (0o700, false)] {
        fs::set_permissions(&data, fs::Permissions::from_mode(mode)).unwrap();
        let mut server = Server::start_with(&["--data-dir", data.to_str().unwrap()], &[]).await;
        server.logged("server started").await;
        let found = server.log().contains("other users can read the data directory");
        assert_eq!(found, is_reported, "{}", server.log());
        server.stop().await;
    }
}

#[tokio::test]
async fn deleted_directory_is_reported_signs_nobody_out_and_is_filled_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, data, cookie) = server_of_bob(&folder).await;
    let rule =
        json!({ "id": "own", "name": "Own", "metric": "host_load1", "component": "x", "critical": 1e9 });
    assert_eq!(post(server.address, "/api/admin/rules", &rule.to_string()).await.status, 200);
    fs::remove_dir_all(&data).unwrap();
    let line = server.logged("data directory not writable").await;
    assert!(line.contains("ERROR") && line.contains("deleted while the server was running"), "{line}");
    let fired = server.logged("data-directory").await;
    assert!(fired.contains("alert fired"), "{fired}");
    let page = request(server.address, "GET", "/", &[]).await;
    page.dom().assert_says(".problems", "deleted while the server was running");
    assert!(is_signed_in(&server, &cookie).await);
    assert_eq!(sign_in(server.address, "bob", PASSWORD).await.status, 200);
    assert!(!data.exists(), "it is not created without a lock");

    fs::create_dir(&data).unwrap();
    server.logged("locked again").await;
    server.logged("data directory writable again").await;
    server.logged("sessions saved again").await;
    let refused = second_server(&data).await;
    assert!(refused.contains("in use by another watchglass"), "{refused}");
    assert!(is_signed_in(&server, &cookie).await);
    server.stop().await;
    for (name, part) in [("access.json", "bob"), ("rules.json", "own"), ("alerts.json", "version")] {
        let saved = fs::read_to_string(data.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(saved.contains(part), "{name}: {saved}");
    }
    assert!(fs::read_dir(data.join("history")).unwrap().next().is_some());
    assert!(data.join("outbox/outbox.1").exists());
}

#[tokio::test]
async fn deleted_subdirectories_are_created_and_filled_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, data, _) = server_of_bob(&folder).await;
    let (history, outbox) = (data.join("history"), data.join("outbox"));
    for path in [&history, &outbox] {
        fs::remove_dir_all(path).unwrap();
        server.logged(&format!("missing directory created directory={}", path.display())).await;
    }
    let has_samples =
        || fs::read_dir(&history).unwrap().any(|file| file.unwrap().metadata().unwrap().len() > 1000);
    until("the files", &server, async || has_samples() && outbox.join("outbox.1").exists()).await;
    server.stop().await;
}

#[tokio::test]
async fn keys_and_identity_stay_the_same_in_a_new_directory() {
    let (redis, folder) = (RedisServer::start(&[]).unwrap(), tempfile::tempdir().unwrap());
    let (data, url) = (folder.path().join("data"), redis.url());
    let path = data.to_str().unwrap();
    let flags = ["--data-dir", path, "--redis-url", &url, "--public-url", "http://watch.example"];
    let mut server = Server::start_with(&flags, &[]).await;
    let user = json!({ "name": "bob", "role": "viewer", "password": PASSWORD }).to_string();
    assert_eq!(post(server.address, "/api/admin/users", &user).await.status, 200);
    let browser = sign_in(server.address, "bob", PASSWORD).await.browser_cookie().unwrap().to_owned();
    let names = ["link.key", "browser.key", "server-id"];
    let files = || names.map(|name| fs::read_to_string(data.join(name)).unwrap_or_default());
    let before = files();
    assert!(before.iter().all(|text| text.len() >= 32), "{names:?}");

    fs::remove_dir_all(&data).unwrap();
    server.logged("data directory not writable").await;
    fs::create_dir(&data).unwrap();
    until("the files", &server, async || files() == before && data.join("access.json").exists()).await;
    server.stop().await;

    // The next start finds them: a browser is still known.
    let server = Server::start_with(&flags, &[]).await;
    let attempt = async |password: &str, cookie: &str| {
        let body = json!({ "username": "bob", "password": password }).to_string();
        send_as(server.address, "/api/login", "application/json", cookie, &body).await.status
    };
    while attempt("wrong horse", "").await != 429 {}
    assert_eq!((attempt(PASSWORD, "").await, attempt(PASSWORD, &browser).await), (429, 200));
    assert!(files() == before);
    server.stop().await;
}

#[tokio::test]
async fn directory_of_another_server_in_its_place_is_reported_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, data, cookie) = server_of_bob(&folder).await;
    let aside = data.with_file_name("aside");
    fs::rename(&data, &aside).unwrap();
    fs::create_dir(&data).unwrap();
    fs::write(data.join("access.json"), "restored").unwrap();
    let line = server.logged("replaced by a directory with other data").await;
    assert!(line.contains("ERROR"), "{line}");
    assert!(is_signed_in(&server, &cookie).await);
    let names: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["access.json"]);
    assert_eq!(fs::read_to_string(data.join("access.json")).unwrap(), "restored");

    fs::remove_dir_all(&data).unwrap();
    fs::rename(&aside, &data).unwrap();
    server.logged("data directory writable again").await;
    server.stop().await;
}
