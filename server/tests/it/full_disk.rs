//! A disk that is full: users sign in and out, the alert, and what a stop reports.

use crate::access::{PASSWORD, cookie_of, is_signed_in, send as send_as, sign_in};
use crate::support::{Server, post};
use rustix::process::Signal;
use serde_json::json;

/// A server on a small disk with the user bob; `None` where the system allows no mount namespace.
async fn server_of_bob() -> Option<Server> {
    let server = Server::on_small_disk(16).await?;
    let user = json!({ "name": "bob", "role": "viewer", "password": PASSWORD }).to_string();
    let added = post(server.address, "/api/admin/users", &user).await;
    assert_eq!(added.status, 200, "{added:?}");
    Some(server)
}

#[tokio::test]
async fn users_sign_in_on_a_full_disk_and_stay_signed_in_after_it() {
    let Some(mut server) = server_of_bob().await else { return };
    let address = server.address;
    let before = cookie_of(&sign_in(address, "bob", PASSWORD).await);
    let fill = server.fill_disk();
    let answer = sign_in(address, "bob", PASSWORD).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let reason = answer.json()["data"]["not_saved"].as_str().unwrap().to_owned();
    assert!(reason.contains("No space left on device"), "{reason}");
    let kept = cookie_of(&answer);
    let form = format!("username=bob&password={}&next=%2Falerts", PASSWORD.replace(' ', "+"));
    let page = send_as(address, "/api/login", "application/x-www-form-urlencoded", "", &form).await;
    assert_eq!(page.status, 200);
    for part in ["No space left on device", "ends when the server restarts", "href=\"/alerts\""] {
        assert!(page.text().contains(part), "{part:?} is not in {}", page.text());
    }
    // A session of before the disk was full ends in memory.
    assert!(is_signed_in(&server, &before).await && is_signed_in(&server, &kept).await);
    assert_eq!(send_as(address, "/api/logout", "application/json", &before, "").await.status, 200);
    assert!(!is_signed_in(&server, &before).await && is_signed_in(&server, &kept).await);
    server.logged("sessions not saved").await;
    server.logged("data directory not writable").await;
    let fired = server.logged("data-directory").await;
    assert!(fired.contains("alert fired"), "{fired}");

    std::fs::remove_file(fill).unwrap();
    server.logged("sessions saved again").await;
    server.logged("data directory writable again").await;
    let saved = std::fs::read_to_string(server.on_disk("access.json")).unwrap();
    assert_eq!(saved.matches("\"user\": \"bob\"").count(), 2, "{saved}");
    assert!(!is_signed_in(&server, &before).await && is_signed_in(&server, &kept).await);
    server.stop().await;
}

#[tokio::test]
async fn stop_on_a_full_disk_reports_what_is_lost() {
    let Some(mut server) = server_of_bob().await else { return };
    server.fill_disk();
    assert_eq!(sign_in(server.address, "bob", PASSWORD).await.status, 200);
    // The first write of samples fails some seconds later: the last block of their file has room left.
    server.logged("probe=\"history\"").await;
    server.signal(Signal::TERM);
    let finished = server.finished().await;
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    for part in
        ["samples lost at shutdown", "lost_seconds", "not saved before the stop, and lost: ", "sessions: "]
    {
        assert!(finished.stderr.contains(part), "{part:?} is not in {}", finished.stderr);
    }
    assert!(!finished.stderr.contains("panic"), "{}", finished.stderr);
}
