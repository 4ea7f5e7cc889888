//! Microsoft Teams: webhook of a Workflow ("Post to a channel when a webhook request is received") with an
//! [Adaptive Card](https://adaptivecards.io/explorer/AdaptiveCard.html) 1.4.

use super::chat_hook::ChatForm;
use crate::http::Responses;
use crate::template::Escape;
use crate::text::{escape_markdown, headline, truncate, truncate_bytes};
use crate::{AlertStatus, Message, Severity};
use serde_json::{Value, json};

/// Maximum bytes of facts or of a template's text: a message of Teams may have 28 KB.
const MAX_BYTES: usize = 16 << 10;
/// Maximum buttons that Teams shows.
const MAX_ACTIONS: usize = 6;
/// Maximum characters of a heading, with escapes.
const MAX_HEADING: usize = 500;

/// Form of this channel. Connectors of the former kind report failures with status 200.
pub(crate) const FORM: ChatForm = ChatForm {
    escape: Escape::Markdown,
    body,
    responses: Responses { retry_after: None, failure: Some("Webhook message delivery failed") },
};

fn body(message: &Message, text: Option<&str>) -> Value {
    let heading = json!({
        "type": "TextBlock",
        "text": truncate(&escape_markdown(&headline(message)), MAX_HEADING),
        "size": "Medium",
        "weight": "Bolder",
        "color": colour(message),
        "wrap": true,
    });
    let details = match text {
        Some(text) => json!({ "type": "TextBlock", "text": truncate_bytes(text, MAX_BYTES), "wrap": true }),
        None => json!({ "type": "FactSet", "facts": facts(message) }),
    };
    let time = json!({ "type": "TextBlock", "text": message.time_text(), "isSubtle": true, "wrap": true });
    // Each URL has at most 2 KB.
    let action =
        |link: &crate::Link| json!({ "type": "Action.OpenUrl", "title": link.label, "url": link.url });
    let mut left = 8 << 10;
    let actions = message.links.iter().take(MAX_ACTIONS).map(action).take_while(|action| {
        let length = action.to_string().len();
        let fits = length <= left;
        left -= length.min(left);
        fits
    });
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": [heading, details, time],
                "actions": actions.collect::<Vec<_>>(),
            },
        }],
    })
}

/// Lines as facts, as many as fit.
fn facts(message: &Message) -> Vec<Value> {
    let mut left = MAX_BYTES;
    let fact = |line: &crate::Line| json!({ "title": escape_markdown(&line.label), "value": escape_markdown(&line.text) });
    let facts = message.lines.iter().map(fact).take_while(|fact| {
        let length = fact.to_string().len();
        let fits = length <= left;
        left -= length.min(left);
        fits
    });
    facts.collect()
}

fn colour(message: &Message) -> &'static str {
    match (message.status(), message.severity) {
        (AlertStatus::Resolved, _) => "Good",
        (_, Severity::Critical) => "Attention",
        (_, Severity::Warning) => "Warning",
        (_, Severity::Info) => "Accent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert_group::tests::sample_resolved;
    use crate::message::tests::sample;
    use crate::{Line, golden};

    #[test]
    fn card_matches_the_golden_file() {
        golden::check("teams.json", serde_json::to_string_pretty(&body(&sample(), None)).unwrap().as_bytes());
        let content = |message: &Message, text| body(message, text)["attachments"][0]["content"].clone();
        assert_eq!(content(&sample_resolved(), None)["body"][0]["color"], "Good");
        assert_eq!(content(&sample(), Some("**a**"))["body"][1]["text"], "**a**");
    }

    #[test]
    fn largest_message_is_within_the_limit_of_teams() {
        let mut message = sample();
        message.title = "*".repeat(1000);
        message.lines = vec![Line { label: "€".repeat(500), text: "\"".repeat(5000) }; 100];
        message.links = vec![message.links[0].clone(); 10];
        message.links.iter_mut().for_each(|link| link.url = format!("https://host/{}", "x".repeat(2000)));
        let message = message.fitted().unwrap();
        for text in [None, Some("€".repeat(20_000))] {
            let body = body(&message, text.as_deref());
            assert!(body.to_string().len() < 28_000, "{}", body.to_string().len());
            let content = &body["attachments"][0]["content"];
            assert!((1..=6).contains(&content["actions"].as_array().unwrap().len()));
        }
        assert!(!facts(&message).is_empty());
    }
}
