//! Settings of notification channels, and the formats of their messages.

use crate::notifications::Receiver;
use crate::support::{ConfigFile, Server};
use serde_json::json;

#[tokio::test]
async fn invalid_channels_are_named_at_startup() {
    for (channel, expected) in [
        ("kind = 'pigeon'", "channels.a: kind is \"pigeon\": must be command, discord"),
        ("kind = 'webhook'\nurl = 'nonsense'", "channels.a: url"),
        ("kind = 'slack'\nurl_env = 'NOT_SET_ANYWHERE'", "NOT_SET_ANYWHERE is not set"),
    ] {
        let config = ConfigFile::with(&format!("[channels.a]\n{channel}\n"));
        let [flag, path] = config.flags();
        let finished = crate::support::run(&["serve", "--listen", "127.0.0.1:0", flag, path], &[]).await;
        assert_eq!(finished.code, Some(1), "{channel}");
        assert!(finished.stderr.contains(expected), "{channel}: {}", finished.stderr);
    }
}

#[tokio::test]
async fn unknown_channels_of_routes_are_errors_of_serve_and_check_config() {
    let config = ConfigFile::with(
        "[channels.hook]\nkind = 'webhook'\nurl = 'http://127.0.0.1:1/'\n\
         [[notifications.routes]]\nname = 'all'\nchannels = ['hok']\n",
    );
    let [flag, path] = config.flags();
    let serve = ["serve", "--listen", "127.0.0.1:0", flag, path];
    for arguments in [serve.as_slice(), &["check-config", path]] {
        let finished = crate::support::run(arguments, &[]).await;
        assert_eq!(finished.code, Some(1), "{arguments:?}");
        let expected =
            "line 6: notifications.routes[0].channels: unknown channel \"hok\"; configured channels: hook";
        assert!(finished.stderr.contains(path) && finished.stderr.contains(expected), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn webhooks_in_the_format_of_alertmanager_have_its_fields() {
    let receiver = Receiver::new().await;
    let config = receiver.config_with("format = 'alertmanager'\n");
    let server = Server::start_with(&config.flags(), &[]).await;
    let body = receiver.request().await.accept().await;
    assert_eq!((&body["version"], &body["receiver"]), (&json!("4"), &json!("hook")), "{body}");
    assert_eq!(body["alerts"][0]["labels"]["alertname"], "some-memory");
    assert_eq!(body["groupLabels"]["component"], "memory");
    assert_eq!(body["alerts"][0]["endsAt"], "0001-01-01T00:00:00Z");
    server.stop().await;
}
