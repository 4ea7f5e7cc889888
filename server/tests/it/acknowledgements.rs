//! Acknowledgements over REST: created, removed, and removed with the deprecated route.

use crate::notifications::Receiver;
use crate::support::{Server, TestToken, data, post, request, send};
use serde_json::{Value, json};

const PATH: &str = "/api/admin/alerts/acknowledge";
const DEPRECATED_PATH: &str = "/api/admin/alerts/acknowledge/withdraw";

#[tokio::test]
async fn acknowledgements_are_removed_by_delete_and_by_the_deprecated_route() {
    let receiver = Receiver::new().await;
    let config = receiver.config();
    let server = Server::start_with(&config.flags(), &[]).await;
    receiver.request().await.accept().await;
    let alert = async || {
        let found = data(server.address, "/api/admin/system/alerts/").await;
        let alerts = found["alerts"].as_array().unwrap();
        alerts.iter().find(|alert| alert["rule"] == "some-memory").unwrap().clone()
    };
    let labels = alert().await["labels"].take();
    let note = json!({ "rule": "some-memory", "labels": labels, "who": "ada" }).to_string();
    let key = json!({ "rule": "some-memory", "labels": labels }).to_string();

    for (method, path, is_deprecated) in [("DELETE", PATH, false), ("POST", DEPRECATED_PATH, true)] {
        assert_eq!(post(server.address, PATH, &note).await.status, 200);
        assert_eq!(alert().await["acknowledged_by"], "ada");
        let removed = send(server.address, method, path, &key).await;
        assert_eq!((removed.status, &removed.json()["data"]), (200, &json!({ "done": true })), "{removed:?}");
        assert_eq!(alert().await["acknowledged_by"], Value::Null);
        let twice = send(server.address, method, path, &key).await;
        assert_eq!(twice.status, 404);
        twice.error("not_acknowledged");
        // Errors name the successor as well.
        for response in [&removed, &twice] {
            let headers = (response.header("deprecation"), response.header("link"));
            let expected = match is_deprecated {
                true => {
                    (Some("@1796083200"), Some("</api/admin/alerts/acknowledge>; rel=\"successor-version\""))
                }
                false => (None, None),
            };
            assert_eq!(headers, expected, "{method} {path}");
        }
    }
    let audit = data(server.address, "/api/admin/audit").await;
    let removals = audit.as_array().unwrap().iter().filter(|row| row["what"] == "acknowledgement");
    assert_eq!(removals.filter(|row| row["deed"] == "removed").count(), 2, "{audit}");
    // Both need the role of an administrator.
    for (method, path) in [("DELETE", PATH), ("POST", DEPRECATED_PATH)] {
        let viewer = [("Authorization", TestToken::Viewer.bearer())];
        let viewer = viewer.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(request(server.address, method, path, &viewer).await.status, 403, "{method} {path}");
    }

    let log = server.stop().await.stderr;
    let warnings: Vec<&str> =
        log.lines().filter(|line| line.contains("deprecated route requested")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    for part in
        ["WARN", "POST /api/admin/alerts/acknowledge/withdraw", "DELETE /api/admin/alerts/acknowledge"]
    {
        assert!(warnings[0].contains(part), "{part}: {}", warnings[0]);
    }
}
