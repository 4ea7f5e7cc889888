//! Removal of literals from queries, which may contain secrets.

use std::iter::Peekable;
use std::str::Chars;
use watchglass_remote::one_line;

/// The query without literals and comments, on one line of at max_chars `max_chars` characters.
///
/// Each literal becomes `?`. Where literals are ambiguous, because the text was truncated or a backslash may escape a
/// quote, the rest is dropped. Follows PostgreSQL's
/// [lexical structure](https://www.postgresql.org/docs/current/sql-syntax-lexical.html).
pub(super) fn redact_literals(query: &str, max_chars: usize) -> String {
    let mut reader = Reader { rest: query.chars().peekable(), shown: String::new() };
    let whole = reader.read().is_some();
    // Values of SET may be unquoted: SET app.token = abc.
    let first = reader.shown.split_whitespace().next().unwrap_or_default();
    if first.eq_ignore_ascii_case("set") {
        return "SET …".to_owned();
    }
    let shown = if whole { reader.shown } else { reader.shown + "…" };
    one_line(&shown, max_chars)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    shown: String,
}

impl Reader<'_> {
    /// Reads to the end; `None` if it stopped early.
    fn read(&mut self) -> Option<()> {
        while let Some(next) = self.rest.next() {
            match next {
                '\'' => self.literal()?,
                '"' => self.name()?,
                '$' => self.dollar()?,
                '-' if self.rest.peek() == Some(&'-') => self.skip_line(),
                '/' if self.rest.peek() == Some(&'*') => self.skip_comment()?,
                '0'..='9' if !self.is_in_word() => self.number(),
                other => self.shown.push(other),
            }
        }
        Some(())
    }

    /// Whether the next character continues a word: the 1 of `t1` or `$1`.
    fn is_in_word(&self) -> bool {
        self.shown.chars().next_back().is_some_and(|last| last.is_alphanumeric() || matches!(last, '_' | '$'))
    }

    fn literal(&mut self) -> Option<()> {
        self.shown.push('?');
        loop {
            match self.rest.next()? {
                // Whether it is an escape depends on a setting and on the prefix of the literal.
                '\\' => return None,
                '\'' if self.rest.next_if_eq(&'\'').is_none() => return Some(()),
                _ => {}
            }
        }
    }

    /// Quoted identifier, not a literal.
    fn name(&mut self) -> Option<()> {
        self.shown.push('"');
        loop {
            let next = self.rest.next()?;
            self.shown.push(next);
            if next == '"' {
                return Some(());
            }
        }
    }

    /// Parameter (`$1`) or dollar-quoted literal (`$tag$ … $tag$`).
    fn dollar(&mut self) -> Option<()> {
        let mut tag = String::from("$");
        while let Some(next) = self.rest.next_if(|next| next.is_alphanumeric() || *next == '_') {
            tag.push(next);
        }
        if self.rest.next_if_eq(&'$').is_none() {
            self.shown.push_str(&tag);
            return Some(());
        }
        tag.push('$');
        self.shown.push('?');
        let mut inside = String::new();
        while !inside.ends_with(&tag) {
            inside.push(self.rest.next()?);
        }
        Some(())
    }

    fn number(&mut self) {
        self.shown.push('?');
        while self.rest.next_if(|next| next.is_ascii_alphanumeric() || matches!(next, '.' | '_')).is_some() {}
    }

    fn skip_line(&mut self) {
        self.shown.push(' ');
        while self.rest.next_if(|next| *next != '\n').is_some() {}
    }

    /// Skips a comment; comments can be nested.
    fn skip_comment(&mut self) -> Option<()> {
        self.rest.next();
        self.shown.push(' ');
        let mut depth = 1_usize;
        while depth > 0 {
            match self.rest.next()? {
                '*' if self.rest.next_if_eq(&'/').is_some() => depth -= 1,
                '/' if self.rest.next_if_eq(&'*').is_some() => depth += 1,
                _ => {}
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn literals_and_comments_are_removed() {
        for (query, expected) in [
            ("SELECT $1, t1.a FROM t1\n WHERE b = 12.5e3", "SELECT $1, t1.a FROM t1 WHERE b = ?"),
            ("ALTER ROLE me PASSWORD 'ses''ame'", "ALTER ROLE me PASSWORD ?"),
            ("SELECT E'a\\'sesame', 'b'", "SELECT E?…"),
            ("SELECT 'sesame", "SELECT ?…"),
            ("SELECT $$ses'ame$$, $a$ses$$ame$a$, 1", "SELECT ?, ?, ?"),
            ("SELECT $a$sesame", "SELECT ?…"),
            ("SELECT 1 -- sesame\n+ 2 /* a /* sesame */ b */ + 3", "SELECT ? + ? + ?"),
            ("SELECT 1 /* sesame", "SELECT ? …"),
            (r#"SELECT "a 'b' 1" FROM c"#, r#"SELECT "a 'b' 1" FROM c"#),
            ("  set app.token = sesame", "SET …"),
            ("UPDATE t SET a = 'sesame'", "UPDATE t SET a = ?"),
            ("", ""),
        ] {
            assert_eq!(redact_literals(query, 200), expected, "{query}");
        }
        assert_eq!(redact_literals("SELECT abcdef", 10), "SELECT ab…");
    }

    proptest! {
        #[test]
        fn quoted_text_is_never_shown(
            before in "[a-z (=,]{0,30}",
            secret in "[A-Z]{8,12}",
            after in "[a-z ),';$]{0,30}",
        ) {
            for query in [
                format!("{before} '{secret}' {after}"),
                format!("{before} $q${secret}$q$ {after}"),
                format!("{before} 'it\\'s {secret}' {after}"),
                format!("{before} '{secret}"),
            ] {
                prop_assert!(!redact_literals(&query, 200).contains(&secret), "{query}");
            }
        }

        #[test]
        fn arbitrary_text_is_accepted(query in "\\PC{0,100}") {
            prop_assert!(redact_literals(&query, 50).chars().count() <= 50);
        }
    }
}
