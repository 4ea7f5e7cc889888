//! Alerts that are silenced or acknowledged do not interrupt the users of open pages.

use crate::support::{ConfigFile, ProcFolder, Server, Socket, get, post, send};
use serde_json::{Value, json};

/// A rule on two probes; rules on others depend on this machine.
const RULES: &str = "[[rules]]\nid = 'probe'\nenabled = false\n[[rules]]\nid = 'cpu'\nenabled = false\n\
                     [[rules]]\nid = 'memory'\nenabled = false\n[[rules]]\nid = 'disk'\nenabled = false\n\
                     [[rules]]\nid = 'mine'\nname = 'Mine'\nmetric = 'up'\ncomponent = 'probes'\n\
                     comparison = 'below'\nwarning = 1.0\nsubject_label = 'probe'\n\
                     matchers = [{ label = 'probe', operator = '=~', value = 'memory|load' }]\n";

#[tokio::test]
async fn silenced_alerts_interrupt_nobody_and_handled_ones_are_not_counted() {
    let proc = ProcFolder::whole();
    let config = ConfigFile::with(RULES);
    let mut flags = vec!["--host-proc", proc.path()];
    flags.extend(config.flags());
    let server = Server::start_with(&flags, &[]).await;
    let address = server.address;
    let count =
        async || get(address, "/api/fn/alerts?window_seconds=300").await.json()["firing"].as_u64().unwrap();
    let of = |subject: &'static str, change: &'static str| {
        move |alert: &Value| alert["subject"] == subject && alert["change"] == change
    };
    let silence = json!({
        "id": "works", "author": "ada", "reason": "a test",
        "matchers": [{ "label": "probe", "operator": "=", "value": "load" }],
    });
    assert_eq!(post(address, "/api/admin/silences", &silence.to_string()).await.status, 200);
    let mut socket = Socket::json(address).await;
    socket.in_a_row(1).await;
    assert_eq!(count().await, 0);

    proc.write("meminfo", b"rubbish");
    let fired = socket.alert_where("memory fires", of("memory", "fired")).await;
    assert_eq!((&fired["suppressed"], count().await), (&json!(false), 1), "{fired}");
    let note = json!({ "rule": "mine", "labels": fired["labels"], "who": "ada" });
    assert_eq!(post(address, "/api/admin/alerts/acknowledge", &note.to_string()).await.status, 200);
    assert_eq!(count().await, 0, "acknowledged alerts are not counted");

    proc.write("loadavg", b"rubbish");
    let fired = socket.alert_where("load fires", of("load", "fired")).await;
    assert_eq!((&fired["suppressed"], count().await), (&json!(true), 0), "{fired}");
    proc.restore("loadavg");
    let resolved = socket.alert_where("load is resolved", of("load", "resolved")).await;
    assert_eq!(resolved["suppressed"], true, "nobody knows that it fired: {resolved}");
    proc.restore("meminfo");
    let resolved = socket.alert_where("memory is resolved", of("memory", "resolved")).await;
    assert_eq!(resolved["suppressed"], false, "users wait for it: {resolved}");
    server.stop().await;
}

/// A rule on a probe that inhibits one on another, which may recover for a second after that.
const DEPENDING: &str = "[notifications]\ninhibit_settle_seconds = 1\n\
                         [[notifications.inhibit_rules]]\nsource_component = 'cause'\n\
                         target_components = ['probes']\nequal = 'host'\n\
                         [[rules]]\nid = 'cause'\nname = 'Cause'\nmetric = 'up'\ncomponent = 'cause'\n\
                         comparison = 'below'\nwarning = 1.0\nlabels = { down = 'true' }\n\
                         matchers = [{ label = 'probe', operator = '=', value = 'load' }]\n";

#[tokio::test]
async fn open_pages_learn_when_an_alert_that_fires_on_is_suppressed_and_when_no_longer() {
    let proc = ProcFolder::whole();
    let config = ConfigFile::with(&format!("{DEPENDING}{RULES}"));
    let mut flags = vec!["--host-proc", proc.path()];
    flags.extend(config.flags());
    let server = Server::start_with(&flags, &[]).await;
    let address = server.address;
    let count =
        async || get(address, "/api/fn/alerts?window_seconds=300").await.json()["firing"].as_u64().unwrap();
    let of =
        |change: &'static str| move |alert: &Value| alert["subject"] == "memory" && alert["change"] == change;
    let mut socket = Socket::json(address).await;
    proc.write("meminfo", b"rubbish");
    let fired = socket.alert_where("memory fires", of("fired")).await;
    assert_eq!((&fired["suppressed"], count().await), (&json!(false), 1), "{fired}");

    // A silence begins, and is removed.
    let silence = json!({
        "id": "works", "author": "ada", "reason": "a test",
        "matchers": [{ "label": "probe", "operator": "=", "value": "memory" }],
    });
    assert_eq!(post(address, "/api/admin/silences", &silence.to_string()).await.status, 200);
    let silenced = socket.alert_where("it is silenced", of("suppressed")).await;
    assert_eq!((&silenced["suppressed"], count().await), (&json!(true), 0), "{silenced}");
    assert_eq!(silenced["fired"], fired["fired"]);
    assert_eq!(send(address, "DELETE", "/api/admin/silences/works", "").await.status, 200);
    let unsilenced = socket.alert_where("it is no longer silenced", of("unsuppressed")).await;
    assert_eq!((&unsilenced["suppressed"], count().await), (&json!(false), 1), "{unsilenced}");

    // What inhibits it fires, and resolves.
    proc.write("loadavg", b"rubbish");
    socket.alert_where("it is inhibited", of("suppressed")).await;
    assert_eq!(count().await, 1, "only the cause");
    proc.restore("loadavg");
    socket.alert_where("it is no longer inhibited", of("unsuppressed")).await;
    assert_eq!(count().await, 1);
    server.stop().await;
}
