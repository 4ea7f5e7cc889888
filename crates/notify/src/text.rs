//! Built-in rendering of a message as plain text and HTML.

use crate::{AlertStatus, Message, Severity};
use std::fmt::Write as _;

/// Headline: severity and title.
pub(crate) fn headline(message: &Message) -> String {
    format!("[{}] {}", message.severity, message.title)
}

/// Plain text: headline, details, links.
pub(crate) fn plain(message: &Message) -> String {
    let mut text = headline(message);
    text.push_str("\n\n");
    for line in &message.lines {
        // Writing to a `String` never fails.
        let _ = writeln!(text, "{}: {}", line.label, line.text);
    }
    let _ = writeln!(text, "Time: {}", message.time_text());
    if !message.links.is_empty() {
        text.push('\n');
    }
    for link in &message.links {
        let _ = writeln!(text, "{}: {}", link.label, link.url);
    }
    text
}

/// Colour of a message as `0xRRGGBB`: green when resolved, otherwise by severity.
pub(crate) fn colour(message: &Message) -> u32 {
    match (message.status(), message.severity) {
        (AlertStatus::Resolved, _) => 0x2e_a0_43,
        (_, Severity::Critical) => 0xd1_24_2f,
        (_, Severity::Warning) => 0xe3_6f_1e,
        (_, Severity::Info) => 0x1f_6f_eb,
    }
}

/// Truncates a text to `limit` characters, keeping its line breaks.
pub(crate) fn truncate(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// Truncates a text to `limit` bytes, keeping its line breaks.
pub(crate) fn truncate_bytes(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(limit.saturating_sub('…'.len_utf8()));
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// Escapes Markdown as Discord and Microsoft Teams read it, with a backslash before each control character, so that a
/// text can be no link, mention or format.
pub(crate) fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\*_~`|[]()<>#@".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// HTML document without style sheets, scripts or external resources.
pub(crate) fn html(message: &Message) -> String {
    let mut rows = String::new();
    for line in &message.lines {
        let _ = writeln!(
            rows,
            "<tr><th align=\"left\">{}</th><td>{}</td></tr>",
            escape(&line.label),
            escape(&line.text)
        );
    }
    let mut links = String::new();
    for link in &message.links {
        let _ = writeln!(links, "<p><a href=\"{}\">{}</a></p>", escape(&link.url), escape(&link.label));
    }
    document(
        message,
        &format!(
            "<p><strong>{}</strong></p>\n<table cellpadding=\"4\">\n{rows}<tr><th align=\"left\">Time</th><td>{}</td></tr>\n\
             </table>\n{links}",
            escape(&headline(message)),
            message.time_text(),
        ),
    )
}

/// Template output as an HTML document: escaped, with its line breaks.
pub(crate) fn html_of(message: &Message, text: &str) -> String {
    document(message, &format!("<p>{}</p>\n", escape(text).replace('\n', "<br>\n")))
}

fn document(message: &Message, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>\n{body}</body>\n\
         </html>\n",
        escape(&headline(message)),
    )
}

/// Escapes a text for HTML content and attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use crate::message::tests::sample;
    use proptest::prelude::*;

    #[test]
    fn texts_match_the_golden_files() {
        golden::check("message.txt", plain(&sample()).as_bytes());
        golden::check("message.html", html(&sample()).as_bytes());
        assert!(html_of(&sample(), "<a>\nb").contains("<p>&lt;a&gt;<br>\nb</p>"));
    }

    #[test]
    fn texts_are_truncated_and_escaped() {
        assert_eq!((truncate("abc", 3), truncate("äöü!", 3)), ("abc".to_owned(), "äö…".to_owned()));
        assert_eq!(truncate_bytes("äöü", 6), "äöü");
        assert_eq!((truncate_bytes("äöü", 5), truncate_bytes("äöü!", 6)), ("ä…".to_owned(), "ä…".to_owned()));
        assert_eq!(escape_markdown("[a](b) <@1> *x*"), r"\[a\]\(b\) \<\@1\> \*x\*");
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup(title in "\\PC{0,40}", text in "[<>&\"' a-z]{0,40}") {
            let mut message = sample();
            message.lines[0].text.clone_from(&text);
            message.title = title;
            let tags = |text: &str| text.matches('<').count();
            prop_assert_eq!(tags(&html(&message)), tags(&html(&sample())));
            prop_assert_eq!(tags(&html_of(&message, &text)), tags(&html_of(&sample(), "")));
        }
    }
}
