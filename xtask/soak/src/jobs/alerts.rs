//! Reads the firing alerts every ten seconds.

use crate::context::{Context, now_millis};
use crate::http;
use serde_json::Value;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(10);

/// Records each alert once.
pub(crate) fn alerts(context: &Context) {
    while context.is_running() {
        let response = http::get(context.address, "/api/admin/system/alerts", &context.tokens.admin);
        let body = response.map(|response| response.json()).unwrap_or_default();
        for alert in body.pointer("/data/alerts").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| alert.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let label = |name: &str| alert.pointer(&format!("/labels/{name}")).and_then(Value::as_str);
            // The rule for applications that are down has the label of all sources.
            let of_source = || label("probe").and_then(|source| source.strip_prefix("app:"));
            let app = label("app").or_else(of_source).map(str::to_owned);
            context.record(|record| {
                let key = (text("rule"), text("subject"), text("timestamp"));
                record.add_alert(key, &text("component"), app, now_millis() / 1000);
            });
        }
        context.pause(INTERVAL);
    }
}
