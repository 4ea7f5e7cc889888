//! Choices that a description lists: "`json` or `csv`".

/// The choices of the first list of code words in a description; `None` without one. A list has at least two words and ends
/// with "or"; examples, "such as" something, are none.
pub(super) fn choices(description: &str) -> Option<Vec<&str>> {
    let (before, mut rest) = description.split_at(description.find('`')?);
    if before.ends_with("such as ") {
        return None;
    }
    let mut found = Vec::new();
    let mut is_complete = false;
    loop {
        let (word, after) = rest.strip_prefix('`')?.split_once('`')?;
        found.push(word);
        // A note in brackets, such as "(default)", may follow a word.
        let after = match after.strip_prefix(" (").and_then(|note| note.split_once(')')) {
            Some((_, after)) => after,
            None => after,
        };
        let next = [", or ", " or "].into_iter().find_map(|last| after.strip_prefix(last));
        match next.or_else(|| after.strip_prefix(", ")) {
            Some(after) if after.starts_with('`') => {
                is_complete = next.is_some();
                rest = after;
            }
            _ => break,
        }
    }
    (is_complete && found.len() > 1).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_code_words_are_choices() {
        for (text, expected) in [
            ("`admin` or `viewer`.", Some(vec!["admin", "viewer"])),
            ("Kind: `deploy`, `restart` or `note` (default).", Some(vec!["deploy", "restart", "note"])),
            ("`1h`, `24h` (default without `start`) or `7d`.", Some(vec!["1h", "24h", "7d"])),
            ("`json`, `csv`, or `jsonl`: the lines as stored.", Some(vec!["json", "csv", "jsonl"])),
            ("Text; `null` while active.", None),
            ("The same as `status`, with `good` for `active`.", None),
            ("Component, such as `cpu` or `disk`.", None),
            ("Of `cpu`, `disk`.", None),
            ("Unclosed `a or `b", None),
            ("", None),
        ] {
            assert_eq!(choices(text), expected, "{text}");
        }
    }
}
