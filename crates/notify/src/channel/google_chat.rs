//! Google Chat webhook with a [card](https://developers.google.com/workspace/chat/api/reference/rest/v1/cards).

use super::chat_hook::ChatForm;
use crate::http::Responses;
use crate::message::is_valid_id;
use crate::template::Escape;
use crate::text::{escape, headline, truncate, truncate_bytes};
use crate::{Line, Link, Message};
use serde_json::{Value, json};

/// Maximum bytes of the lines and of the text of a template: a message may have 32,000 bytes.
const MAX_BYTES: usize = 16 << 10;
/// Maximum bytes of the buttons.
const MAX_LINK_BYTES: usize = 8 << 10;
/// Maximum characters of the heading.
const MAX_HEADING: usize = 200;

/// Form of this channel.
pub(crate) const FORM: ChatForm =
    ChatForm { escape: Escape::Html, body, responses: Responses { retry_after: None, failure: None } };

fn body(message: &Message, text: Option<&str>) -> Value {
    let mut widgets = match text {
        Some(text) => vec![json!({ "textParagraph": { "text": truncate_bytes(text, MAX_BYTES) } })],
        None => fitting(message.lines.iter().map(line), MAX_BYTES),
    };
    let buttons = fitting(message.links.iter().map(button), MAX_LINK_BYTES);
    if !buttons.is_empty() {
        widgets.push(json!({ "buttonList": { "buttons": buttons } }));
    }
    let heading = truncate(&headline(message), MAX_HEADING);
    let header = json!({ "title": heading, "subtitle": message.time_text() });
    let card_id = if is_valid_id(&message.id) { message.id.as_str() } else { "message" };
    // A section needs a widget.
    let sections = if widgets.is_empty() { Vec::new() } else { vec![json!({ "widgets": widgets })] };
    json!({
        // Shown where cards are not, such as in a push notification.
        "fallbackText": heading,
        "cardsV2": [{ "cardId": card_id, "card": { "header": header, "sections": sections } }],
    })
}

/// As many values as fit into the bytes.
fn fitting(values: impl Iterator<Item = Value>, bytes: usize) -> Vec<Value> {
    let mut left = bytes;
    let fits = |value: &Value| {
        let length = value.to_string().len();
        let fits = length <= left;
        left -= length.min(left);
        fits
    };
    values.take_while(fits).collect()
}

fn line(line: &Line) -> Value {
    json!({ "decoratedText": { "topLabel": line.label, "text": escape(&line.text), "wrapText": true } })
}

fn button(link: &Link) -> Value {
    json!({ "text": link.label, "onClick": { "openLink": { "url": link.url } } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::message::tests::sample;

    #[test]
    fn card_matches_the_golden_file() {
        let card = serde_json::to_string_pretty(&body(&sample(), None)).unwrap();
        golden::check("google-chat.json", card.as_bytes());
        let text = body(&sample(), Some("<b>a</b>"));
        assert_eq!(
            text["cardsV2"][0]["card"]["sections"][0]["widgets"][0]["textParagraph"]["text"],
            "<b>a</b>"
        );
        let bare = body(&Message { lines: Vec::new(), links: Vec::new(), ..sample() }, None);
        assert_eq!(bare["cardsV2"][0]["card"]["sections"], json!([]));
    }

    #[test]
    fn largest_message_is_within_the_limit() {
        let mut message = sample();
        message.lines = vec![Line { label: "€".repeat(500), text: "<".repeat(5000) }; 100];
        message.links = vec![message.links[0].clone(); 10];
        message.links.iter_mut().for_each(|link| link.url = format!("https://host/{}", "x".repeat(2000)));
        let message = message.fitted().unwrap();
        for text in [None, Some("€".repeat(20_000))] {
            assert!(body(&message, text.as_deref()).to_string().len() < 32_000);
        }
    }
}
