//! Body of webhooks and input of commands: the message as JSON.

use crate::{AlertDetails, AlertStatus, Message, SendError};
use serde::Serialize;

/// Version of the body.
pub(crate) const VERSION: u16 = 1;

#[derive(Serialize)]
struct Body<'a> {
    version: u16,
    #[serde(flatten)]
    message: Message,
    status: AlertStatus,
    alerts: &'a [AlertDetails],
    truncated_alerts: usize,
}

/// The message as JSON: its fields, then `status`, `alerts` and `truncated_alerts`.
///
/// # Errors
/// It cannot be serialised.
pub(crate) fn json(message: &Message) -> Result<Vec<u8>, SendError> {
    let group = message.group.as_ref();
    let body = Body {
        version: VERSION,
        message: Message { group: None, ..message.clone() },
        status: message.status(),
        alerts: group.map_or(&[], |group| group.alerts.as_slice()),
        truncated_alerts: group.map_or(0, |group| group.truncated),
    };
    serde_json::to_vec(&body)
        .map_err(|error| SendError::permanent(format!("cannot serialise the message as JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert_group::tests::sample_with_alerts;
    use crate::golden;
    use crate::message::tests::sample;

    #[test]
    fn body_matches_the_golden_file_and_only_adds_fields() {
        let body = json(&sample_with_alerts()).unwrap();
        golden::check("webhook.json", &body);
        // The fields of earlier versions come first, unchanged.
        let before = [b"{\"version\":1,".as_slice(), &serde_json::to_vec(&sample()).unwrap()[1..]].concat();
        assert!(body.starts_with(&before[..before.len() - 1]), "{}", String::from_utf8_lossy(&body));
        let without = String::from_utf8(json(&sample()).unwrap()).unwrap();
        assert!(
            without.ends_with(",\"status\":\"firing\",\"alerts\":[],\"truncated_alerts\":0}"),
            "{without}"
        );
    }
}
