//! Text from outside as it is shown: characters that are invisible, or that change the order of the text around them, are
//! escaped, so that a name cannot look like another one.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters that have no picture of their own, by range: soft hyphen and other format characters, marks of the direction
/// of text ([UAX 9](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters)), zero-width and filler
/// characters, separators of lines and paragraphs, annotations and tags. Joiners are not among them, see [`is_hidden`].
const INVISIBLE: [(char, char); 16] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200b}'),
    ('\u{200e}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Characters that join or separate the letters beside them, as some scripts and emoji need it.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Whether `letter` after `before` is not visible, or changes the direction of text. Control characters are, joiners only
/// after ASCII, which has no use for them.
pub fn is_hidden(before: Option<char>, letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_control();
    }
    letter.is_control()
        || INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&letter))
        || (JOINERS.contains(&letter) && before.is_none_or(|before| before.is_ascii()))
}

/// `text` with hidden characters escaped, such as `\n` and `\u{202e}`: for names, on one line.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// [`visible`] for texts of several lines: line ends and tabs stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| matches!(letter, '\n' | '\r' | '\t'))
}

/// The first `max_chars` characters of `text`, followed by an ellipsis if there are more, with hidden characters escaped.
pub fn escape_controls(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => visible(text).into_owned(),
        Some((end, _)) => format!("{}…", visible(text.get(..end).unwrap_or_default())),
    }
}

/// Appends the escape of a hidden character.
pub fn push_escaped(letter: char, shown: &mut String) {
    match letter {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        // Writing to a string cannot fail.
        other => drop(write!(shown, "\\u{{{:x}}}", u32::from(other))),
    }
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Nearly all texts are printable ASCII.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut before = None;
    let is_escaped = |letter: char| {
        let hidden = is_hidden(before.replace(letter), letter);
        hidden && !stays(letter)
    };
    if !text.chars().any(is_escaped) {
        return Cow::Borrowed(text);
    }
    let (mut shown, mut before) = (String::with_capacity(text.len() + 16), None);
    for letter in text.chars() {
        if is_hidden(before.replace(letter), letter) && !stays(letter) {
            push_escaped(letter, &mut shown);
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_others_stay() {
        for (text, expected) in [
            ("/mnt/disk", "/mnt/disk"),
            ("fünfzehn 文字 ✓ العربية", "fünfzehn 文字 ✓ العربية"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("\u{2066}a\u{2069}\u{200f}", "\\u{2066}a\\u{2069}\\u{200f}"),
            ("pay\u{200b}pal\u{ad}\u{feff}\u{2060}", "pay\\u{200b}pal\\u{ad}\\u{feff}\\u{2060}"),
            ("a\nb\t\u{7}\0\u{85}", "a\\nb\\t\\u{7}\\u{0}\\u{85}"),
            ("a\u{200d}b", "a\\u{200d}b"),
            ("می\u{200c}خواهم 👩\u{200d}💻 ❤\u{fe0f}", "می\u{200c}خواهم 👩\u{200d}💻 ❤\u{fe0f}"),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(visible(text), expected);
            // What is escaped stays as it is.
            assert_eq!(visible(&visible(text)), expected);
        }
        assert!(matches!(visible("✓ plain"), Cow::Borrowed(_)));
        assert_eq!(visible_lines("a\n\tb\r\n\u{202e}\u{7}"), "a\n\tb\r\n\\u{202e}\\u{7}");
    }

    #[test]
    fn texts_are_truncated_and_escaped() {
        for (text, expected) in [
            ("12 é", "12 é"),
            ("a\nb\t\u{7}\0", "a\\nb\\t\\u{7}\\u{0}"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("12345678", "12345678"),
            ("123456789", "12345678…"),
        ] {
            assert_eq!(escape_controls(text, 8), expected);
        }
    }
}
