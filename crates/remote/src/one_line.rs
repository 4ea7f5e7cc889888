//! Single-line form of texts from servers.

use watchglass_model::{is_hidden, push_escaped};

/// The text on a single line without control characters, truncated to `max_chars` characters with an ellipsis. Other hidden
/// characters, such as those that change the direction of text, are escaped.
pub fn one_line(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    // End of the text that leaves room for the ellipsis.
    let mut end = 0;
    let mut before = None;
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        for character in (!line.is_empty()).then_some(' ').into_iter().chain(word.chars()) {
            if count < max_chars {
                end = line.len();
            }
            let start = line.len();
            if is_hidden(before.replace(character), character) {
                push_escaped(character, &mut line);
            } else {
                line.push(character);
            }
            count += line.get(start..).map_or(0, |added| added.chars().count());
            if count > max_chars {
                line.truncate(end);
                line.push('…');
                return line;
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_joined_to_one_line_and_truncated() {
        for (text, max_chars, expected) in [
            ("", 5, ""),
            ("  a \r\n\t b\u{1b} c ", 10, "a b c"),
            ("abcde", 5, "abcde"),
            ("abcdef", 5, "abcd…"),
            ("äöü äöü", 4, "äöü…"),
            ("abc", 0, "…"),
            ("a\u{202e}b\u{200b}c", 19, "a\\u{202e}b\\u{200b}c"),
            // An escape is not cut.
            ("a\u{202e}b\u{200b}c", 17, "a\\u{202e}b…"),
            ("a\u{202e}b\u{200b}", 18, "a\\u{202e}b\\u{200b}"),
            ("\u{202e}", 3, "…"),
        ] {
            assert_eq!(one_line(text, max_chars), expected, "{text:?}");
        }
    }
}
