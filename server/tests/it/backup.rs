//! Backup of a running server, and restore.

use crate::support::{Server, data, get, post, run, until};
use serde_json::json;
use std::path::Path;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Everything that users have created, as the API of a server lists it.
async fn made(server: &Server) -> Vec<serde_json::Value> {
    let mut all = Vec::new();
    for path in ["/api/admin/rules/mine", "/api/admin/silences"] {
        // Whatever the status: the backup may be from before a change was saved.
        all.push(get(server.address, path).await.json());
    }
    all
}

#[tokio::test]
async fn backups_of_a_running_server_are_restored_on_another() {
    let folder = tempfile::tempdir().unwrap();
    let (home, copy) = (folder.path().join("data"), folder.path().join("copy"));
    let file = folder.path().join("w.backup");
    let server = Server::start_with(&["--data-dir", text(&home)], &[]).await;
    let rule = json!({
        "id": "mine", "name": "Mine", "metric": "host_load1", "component": "cpu", "critical": 1e9
    });
    let answer = post(server.address, "/api/admin/rules", &rule.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let silence = json!({ "author": "ada", "reason": "a test", "matchers": [{ "label": "rule", "operator": "=", "value": "mine" }] });
    let answer = post(server.address, "/api/admin/silences", &silence.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let history = "/api/admin/system/history/?metric=host_load1&step=1s&period=1h";
    let rows = async |server: &Server| {
        let found = data(server.address, history).await;
        let times = found["timestamps"].as_array().unwrap().clone();
        let values = found["series"][0]["avg"].as_array().cloned();
        times
            .into_iter()
            .zip(values.unwrap_or_default())
            .filter(|(_, value)| !value.is_null())
            .collect::<Vec<_>>()
    };
    until("some history", &server, async || rows(&server).await.len() >= 3).await;
    let (before, expected) = (rows(&server).await, made(&server).await);

    // Accepted changes are being written in the background: a later backup has them.
    let flags = ["--data-dir", text(&home)];
    until("a backup with that history", &server, async || {
        let done = run(&["backup", text(&file), flags[0], flags[1]], &[]).await;
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
        assert!(done.stdout.contains("files, ") && !done.stdout.contains("skipped"), "{}", done.stdout);
        let _ = std::fs::remove_dir_all(&copy);
        let done = run(&["restore", text(&file), "--data-dir", text(&copy)], &[]).await;
        assert_eq!(done.code, Some(0), "{done:?}");
        let other = Server::start_with(&["--data-dir", text(&copy)], &[]).await;
        let found = rows(&other).await;
        let is_all = before.iter().all(|row| found.contains(row)) && made(&other).await == expected;
        assert!(other.stop().await.stderr.lines().all(|line| !line.contains(" ERROR ")));
        is_all
    })
    .await;

    let done = run(&["backup", "--verify", text(&file)], &[]).await;
    assert!(done.code == Some(0) && done.stdout.contains(": OK; "), "{done:?}");
    // The data directory of a running server cannot be restored, and the server is not affected.
    for more in [&[][..], &["--replace"]] {
        let mut arguments = vec!["restore", text(&file), "--data-dir", text(&home)];
        arguments.extend(more);
        let refused = run(&arguments, &[]).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
        assert!(
            refused.stderr.contains("stop it") && refused.stderr.contains("another folder"),
            "{refused:?}"
        );
    }
    assert_eq!(get(server.address, "/api/live").await.status, 200);
    server.stop().await;
    // After a stop it can be restored.
    let done = run(&["restore", text(&file), "--data-dir", text(&home), "--replace"], &[]).await;
    assert!(done.code == Some(0) && done.stdout.contains("was renamed to"), "{done:?}");
    let server = Server::start_with(&["--data-dir", text(&home)], &[]).await;
    assert_eq!(made(&server).await, expected);
    server.stop().await;
}

#[tokio::test]
async fn damaged_backups_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("w.backup");
    std::fs::write(&file, [0; 5000]).unwrap();
    let home = folder.path().join("data");
    for arguments in [
        &["backup", "--verify", text(&file)][..],
        &["restore", text(&file), "--data-dir", text(&home)],
        &["backup", text(&file), "--data-dir", text(&home)],
    ] {
        let refused = run(arguments, &[]).await;
        assert!(refused.code == Some(1) && !refused.stderr.contains("panic"), "{refused:?}");
    }
    assert!(!home.exists());
}
