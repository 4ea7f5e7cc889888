//! Mattermost and Rocket.Chat: incoming webhooks in Slack's form with
//! [attachments](https://developers.mattermost.com/integrate/reference/message-attachments/), since neither shows blocks
//! ([Rocket.Chat](https://docs.rocket.chat/docs/integrations)).

use super::chat_hook::ChatForm;
use crate::http::Responses;
use crate::template::{Escape, slack};
use crate::text::{colour, headline, truncate};
use crate::{Line, Message};
use serde_json::{Value, json};

/// Maximum characters of a text, below Mattermost's limit of 16,383 for a post with its attachments.
const MAX_TEXT: usize = 4000;
/// Maximum characters of a field.
const MAX_FIELD: usize = 500;
/// Maximum fields.
const MAX_FIELDS: usize = 16;

/// Form of these channels.
pub(crate) const FORM: ChatForm =
    ChatForm { escape: Escape::Slack, body, responses: Responses { retry_after: None, failure: None } };

fn body(message: &Message, text: Option<&str>) -> Value {
    let heading = plain(&headline(message));
    let mut attachment = json!({
        "fallback": heading,
        "color": format!("#{:06x}", colour(message)),
        "title": plain(&message.title),
        "text": text.map_or_else(|| links(message), |text| truncate(text, MAX_TEXT)),
        "fields": if text.is_some() { Vec::new() } else { fields(message) },
        "footer": message.time_text(),
    });
    if let (Some(link), Some(attachment)) = (message.links.first(), attachment.as_object_mut()) {
        attachment.insert("title_link".to_owned(), link.url.clone().into());
    }
    json!({ "text": heading, "attachments": [attachment] })
}

fn fields(message: &Message) -> Vec<Value> {
    let field = |Line { label, text }: &Line| json!({ "title": plain(label), "value": truncate(&plain(text), MAX_FIELD), "short": text.len() < 40 });
    message.lines.iter().take(MAX_FIELDS).map(field).collect()
}

fn links(message: &Message) -> String {
    let mut text = String::new();
    for link in &message.links {
        let link = format!("[{}]({})", plain(&link.label).replace(['[', ']'], ""), link.url);
        // A truncated link is broken: add it whole or not at all.
        if text.chars().count() + link.chars().count() + 3 <= MAX_TEXT {
            text.push_str(if text.is_empty() { "" } else { " · " });
            text.push_str(&link);
        }
    }
    text
}

/// Escapes a text, and separates the at sign of mentions such as `@channel`, which would notify everyone.
fn plain(text: &str) -> String {
    slack(text).replace('@', "@\u{200b}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::message::tests::sample;

    #[test]
    fn attachment_matches_the_golden_file() {
        let body_text = serde_json::to_string_pretty(&body(&sample(), None)).unwrap();
        golden::check("attachments.json", body_text.as_bytes());
        let text = body(&sample(), Some("*text*"));
        assert_eq!(text["attachments"][0]["text"], "*text*");
        let mention = body(&Message { title: "@channel".to_owned(), ..sample() }, None).to_string();
        assert!(!mention.contains("@channel"), "{mention}");
    }

    #[test]
    fn largest_message_is_within_the_limit_of_mattermost() {
        let mut message = sample();
        message.lines = vec![Line { label: "l".repeat(500), text: "x".repeat(5000) }; 100];
        message.links = vec![message.links[0].clone(); 10];
        message.links.iter_mut().for_each(|link| link.url = format!("https://host/{}", "x".repeat(2000)));
        let body = body(&message.fitted().unwrap(), None);
        assert!(body.to_string().chars().count() < 16_383);
    }
}
