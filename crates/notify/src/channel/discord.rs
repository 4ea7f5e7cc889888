//! Discord webhook ([Execute Webhook](https://discord.com/developers/docs/resources/webhook#execute-webhook)): an embed
//! within the [limits of embeds](https://discord.com/developers/docs/resources/message#embed-object-embed-limits).

use super::chat_hook::ChatForm;
use crate::http::Responses;
use crate::template::Escape;
use crate::text::{colour, escape_markdown, headline, truncate};
use crate::{Line, Message};
use serde_json::{Value, json};
use watchglass_model::time_text::format_millis;

/// Maximum characters of the text above the embed.
const MAX_CONTENT: usize = 2000;
const MAX_TITLE: usize = 256;
const MAX_DESCRIPTION: usize = 4096;
const MAX_FIELDS: usize = 25;
const MAX_FIELD_NAME: usize = 256;
const MAX_FIELD_VALUE: usize = 1024;
/// Maximum characters of an embed in total, below Discord's limit of 6,000.
const MAX_TOTAL: usize = 5900;

/// Form of this channel. Responses with status 429 have the seconds to wait in their body.
pub(crate) const FORM: ChatForm = ChatForm {
    escape: Escape::Markdown,
    body,
    responses: Responses { retry_after: Some("/retry_after"), failure: None },
};

fn body(message: &Message, text: Option<&str>) -> Value {
    let title = truncate(&message.title, MAX_TITLE);
    let description = match text {
        Some(text) => truncate(text, MAX_DESCRIPTION),
        None => links(message),
    };
    let mut left = MAX_TOTAL.saturating_sub(title.chars().count() + description.chars().count());
    let mut fields = Vec::new();
    for line in message.lines.iter().take(if text.is_some() { 0 } else { MAX_FIELDS }) {
        let Line { label, text } = line;
        let (name, value) = (field(label, MAX_FIELD_NAME), field(text, MAX_FIELD_VALUE));
        let length = name.chars().count() + value.chars().count();
        if length > left {
            break;
        }
        left -= length;
        fields.push(json!({ "name": name, "value": value }));
    }
    let mut embed = json!({
        "title": title,
        "description": description,
        "color": colour(message),
        "timestamp": format_millis(message.time),
        "fields": fields,
    });
    if let (Some(link), Some(embed)) = (message.links.first(), embed.as_object_mut()) {
        embed.insert("url".to_owned(), link.url.clone().into());
    }
    json!({
        // Shown in push notifications.
        "content": truncate(&escape_markdown(&headline(message)), MAX_CONTENT),
        "embeds": [embed],
        // No text may notify everyone.
        "allowed_mentions": { "parse": [] },
    })
}

/// Discord rejects empty names and values.
fn field(text: &str, limit: usize) -> String {
    if text.is_empty() { "–".to_owned() } else { truncate(&escape_markdown(text), limit) }
}

/// Links, each whole or not at all.
fn links(message: &Message) -> String {
    let mut text = String::new();
    let mut length = 0;
    for link in &message.links {
        let link = format!("[{}](<{}>)", escape_markdown(&link.label), link.url);
        length += link.chars().count() + 3;
        if length > MAX_DESCRIPTION / 2 {
            break;
        }
        text.push_str(if text.is_empty() { "" } else { " · " });
        text.push_str(&link);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert_group::tests::sample_resolved;
    use crate::golden;
    use crate::message::tests::sample;

    #[test]
    fn embed_matches_the_golden_file() {
        golden::check(
            "discord.json",
            serde_json::to_string_pretty(&body(&sample(), None)).unwrap().as_bytes(),
        );
        assert_eq!(body(&sample_resolved(), None)["embeds"][0]["color"], 0x2e_a0_43);
        let text = body(&sample(), Some("**text**"));
        assert_eq!(text["embeds"][0]["description"], "**text**");
        assert_eq!(text["embeds"][0]["fields"], json!([]));
    }

    #[test]
    fn largest_message_is_within_the_limits_of_discord() {
        let mut message = sample();
        message.title = "*".repeat(1000);
        message.lines = vec![Line { label: String::new(), text: "_".repeat(5000) }; 100];
        message.links = vec![message.links[0].clone(); 10];
        message.links.iter_mut().for_each(|link| link.url = format!("https://host/{}", "x".repeat(1000)));
        let body = body(&message.fitted().unwrap(), None);
        let length = |value: &Value| value.as_str().unwrap().chars().count();
        assert!(length(&body["content"]) <= 2000);
        let embed = &body["embeds"][0];
        let fields = embed["fields"].as_array().unwrap();
        assert!(!fields.is_empty() && fields.len() <= 25);
        let mut total = length(&embed["title"]) + length(&embed["description"]);
        assert!(length(&embed["title"]) <= 256 && length(&embed["description"]) <= 4096);
        for field in fields {
            assert!(
                (1..=256).contains(&length(&field["name"])) && (1..=1024).contains(&length(&field["value"]))
            );
            total += length(&field["name"]) + length(&field["value"]);
        }
        assert!(total <= 6000, "{total}");
    }
}
