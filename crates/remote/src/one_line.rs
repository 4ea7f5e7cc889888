//! Single-line form of texts from servers.

/// The text on a single line without control characters, truncated to `max_chars` characters with an ellipsis.
pub fn one_line(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        for character in (!line.is_empty()).then_some(' ').into_iter().chain(word.chars()) {
            if count == max_chars {
                // The ellipsis marks the truncation.
                line.pop();
                line.push('…');
                return line;
            }
            line.push(character);
            count += 1;
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
        ] {
            assert_eq!(one_line(text, max_chars), expected, "{text:?}");
        }
    }
}
