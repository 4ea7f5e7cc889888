//! Alerts that are silenced or acknowledged do not interrupt the users of open pages.

use crate::support::{ConfigFile, ProcFolder, Server, Socket, get, post};
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
