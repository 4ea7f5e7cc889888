//! Texts of servers, fit for people.

/// The text of a server, fit for people: on one line, and no longer than `most` characters.
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        for character in (!line.is_empty()).then_some(' ').into_iter().chain(word.chars()) {
            if count == most {
                // What was cut off is said to be.
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
    fn texts_of_servers_are_put_on_one_line_and_cut() {
        for (text, most, expected) in [
            ("", 5, ""),
            ("  a \r\n\t b\u{1b} c ", 10, "a b c"),
            ("abcde", 5, "abcde"),
            ("abcdef", 5, "abcd…"),
            ("äöü äöü", 4, "äöü…"),
            ("abc", 0, "…"),
        ] {
            assert_eq!(one_line(text, most), expected, "{text:?}");
        }
    }
}
