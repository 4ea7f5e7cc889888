//! Splits Rust source into identifiers and string literals. Comments are skipped.

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Identifier(&'a str),
    /// Content of a string literal, with its escapes.
    Text(&'a str),
}

/// The tokens, each with its line number.
pub(super) fn tokens(source: &str) -> Vec<(usize, Token<'_>)> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let (length, token) = next(rest, first);
        let (whole, after) = rest.split_at(length);
        if let Some(token) = token {
            found.push((line, token));
        }
        line += whole.matches('\n').count();
        rest = after;
    }
    found
}

/// Length of what `rest` begins with, and the token.
fn next(rest: &str, first: char) -> (usize, Option<Token<'_>>) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), None);
    }
    if let Some((start, end)) = raw_string(rest) {
        let length = rest[start..].find(&end).map_or(rest.len() - start, |at| at);
        return (
            (start + length + end.len()).min(rest.len()),
            Some(Token::Text(&rest[start..start + length])),
        );
    }
    if first == '"' {
        let length = quoted(&rest[1..]);
        return ((length + 2).min(rest.len()), Some(Token::Text(&rest[1..1 + length])));
    }
    if first == '\'' {
        return (character(rest), None);
    }
    if first.is_alphabetic() || first == '_' {
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        return (end, Some(Token::Identifier(&rest[..end])));
    }
    if first.is_ascii_digit() {
        // With its type: `0_u32`.
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        return (end.unwrap_or(rest.len()), None);
    }
    (first.len_utf8(), None)
}

/// Start of the content of a raw string, and its end mark.
fn raw_string(rest: &str) -> Option<(usize, String)> {
    let prefix = if rest.starts_with("br") { 2 } else { 1 };
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.find(|letter| letter != '#')?;
    after[hashes..].starts_with('"').then(|| (prefix + hashes + 1, format!("\"{}", "#".repeat(hashes))))
}

/// Length of the content of a string up to its closing quote.
fn quoted(content: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in content.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    content.len()
}

/// Length of a character literal, or of the quote of a lifetime.
fn character(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(1, |at| at + 4),
        Some(_) => letters.next().filter(|(_, letter)| *letter == '\'').map_or(1, |(at, _)| at + 1),
        None => 1,
    }
}

/// The words of an identifier in lower case: `is_told` and `IsTold` have `is` and `told`.
pub(super) fn words(identifier: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = '_';
    for letter in identifier.chars() {
        let is_new = previous == '_' || letter.is_uppercase() && !previous.is_uppercase();
        if letter != '_' {
            match words.last_mut() {
                Some(word) if !is_new => word.extend(letter.to_lowercase()),
                _ => words.push(letter.to_lowercase().collect()),
            }
        }
        previous = letter;
    }
    words
}

#[test]
fn source_is_split_into_identifiers_and_texts() {
    use Token::{Identifier, Text};
    let source = "// no one\nlet a_b = '\\''; \"x \\\" y\" 'a' b'\\\\' &'life r#\"z \" \"# 1_u32.max(b\"q\")";
    assert_eq!(
        tokens(source),
        [
            (2, Identifier("let")),
            (2, Identifier("a_b")),
            (2, Text("x \\\" y")),
            (2, Identifier("b")),
            (2, Identifier("life")),
            (2, Text("z \" ")),
            (2, Identifier("max")),
            (2, Identifier("b")),
            (2, Text("q")),
        ]
    );
    for (identifier, expected) in [
        ("is_told", "is told"),
        ("NoScriptNotice", "no script notice"),
        ("HTTP_URL", "http url"),
        ("r2", "r2"),
    ] {
        assert_eq!(words(identifier).join(" "), expected);
    }
}
