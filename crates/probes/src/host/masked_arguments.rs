//! Command lines with secrets masked.
//!
//! Masks more than necessary rather than less: arguments are shown to administrators only, and stored for days.

use crate::text::readable;

/// What stands for a secret.
const MASK: &str = "***";
/// Maximum length in characters of a masked command line.
const MAX_CHARS: usize = 400;
/// Parts of names of secrets, in lower case with `_` for `-` and without spaces.
const SECRET_NAMES: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "accesskey",
    "private_key",
    "account_key",
    "credential",
    "authorization",
    "bearer",
    "cookie",
    "pwd",
];
/// Ends of names that are the place of a secret, not a secret.
const PLACES: [&str; 5] = ["file", "path", "dir", "_ttl", "_url"];
/// Beginnings of keys that services issue.
const KEY_STARTS: [&str; 22] = [
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
    "npm_",
    "hvs.",
    "dop_v1_",
];
/// Minimum length in bytes of the rest of such a key.
const MIN_KEY_REST: usize = 8;
/// Programs with a short option for a password, by the beginning of their name.
const SHORT_OPTIONS: [(&str, &str); 14] = [
    ("mysql", "-p"),
    ("mariadb", "-p"),
    ("sshpass", "-p"),
    ("mongo", "-p"),
    ("7z", "-p"),
    ("sqlcmd", "-P"),
    ("zip", "-P"),
    ("unzip", "-P"),
    ("mosquitto_", "-P"),
    ("redis-cli", "-a"),
    ("ldap", "-w"),
    ("curl", "-u"),
    ("smbclient", "-U"),
    ("wg", "-k"),
];

/// What the next word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Plain,
    /// A secret.
    Secret,
    /// The scheme of an `Authorization` header, or a secret.
    Scheme,
    /// The rest of a quoted secret, up to a word with this quote at its end.
    Quoted(char),
}

/// The words of a command line, with secrets masked and separated by single spaces. Control characters become U+FFFD.
pub(super) fn mask(arguments: &str) -> String {
    let (mut masked, mut next, mut short) = (String::new(), Next::Plain, None);
    for word in arguments.split(|letter: char| letter.is_whitespace() || letter == '\0') {
        if word.is_empty() {
            continue;
        }
        if !masked.is_empty() && !matches!(next, Next::Quoted(_)) {
            masked.push(' ');
        }
        next = push_word(word, next, &mut short, &mut masked);
    }
    readable(&masked, MAX_CHARS).into_owned()
}

/// Writes a word, masked as far as it has secrets; returns what the next one is.
fn push_word(word: &str, before: Next, short: &mut Option<&'static str>, out: &mut String) -> Next {
    let bare = word.trim_matches(['"', '\'', '`']);
    match before {
        Next::Quoted(quote) => {
            // One mask for the whole text.
            return if word.ends_with(quote) { Next::Plain } else { before };
        }
        Next::Scheme
            if ["bearer", "basic", "token", "digest", "apikey"]
                .iter()
                .any(|known| bare.eq_ignore_ascii_case(known)) =>
        {
            out.push_str(word);
            return Next::Secret;
        }
        Next::Secret | Next::Scheme => {
            out.push_str(MASK);
            return open_quote(word);
        }
        Next::Plain => {}
    }
    let program = bare.rsplit('/').next().unwrap_or(bare);
    if let Some((_, option)) = SHORT_OPTIONS.iter().find(|(name, _)| program.starts_with(name)) {
        *short = Some(*option);
    }
    if let Some(option) = *short
        && let Some(value) = bare.strip_prefix(option)
    {
        out.push_str(option);
        if !value.is_empty() {
            out.push_str(MASK);
        }
        // Without a value mysql asks for the password.
        return if value.is_empty() {
            Next::Secret
        } else {
            open_quote(word.strip_prefix(option).unwrap_or(value))
        };
    }
    if bare.eq_ignore_ascii_case("bearer") {
        out.push_str(word);
        return Next::Secret;
    }
    if let Some((end, value)) = named_secret(word) {
        let name = word.get(..end).unwrap_or_default();
        out.push_str(name);
        if value.trim_matches(['"', '\'']).is_empty() {
            let is_header = name.to_ascii_lowercase().contains("authorization");
            return if is_header { Next::Scheme } else { Next::Secret };
        }
        out.push_str(MASK);
        return open_quote(value);
    }
    if word.starts_with('-') && is_secret_name(word) {
        out.push_str(word);
        return Next::Secret;
    }
    push_without_keys(&without_credentials(word), out);
    Next::Plain
}

/// What follows a masked word: more of it, if it begins with a quote that does not end in it.
fn open_quote(word: &str) -> Next {
    match word.chars().next() {
        Some(quote @ ('"' | '\'')) if word.len() == 1 || !word.ends_with(quote) => Next::Quoted(quote),
        _ => Next::Plain,
    }
}

/// Whether a name, such as `--db-password`, is that of a secret.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '.'], "_");
    let name = name.trim_matches(|letter: char| !letter.is_alphanumeric());
    let is_pass = name == "pass" || name.ends_with("pass") || name == "auth" || name.ends_with("_auth");
    (is_pass || SECRET_NAMES.iter().any(|part| name.contains(part)))
        && !PLACES.iter().any(|place| name.ends_with(place))
}

/// End of the name and its separator, and the value, of the first secret `name=value` or `name:value` in a word.
fn named_secret(word: &str) -> Option<(usize, &str)> {
    let mut start = 0;
    for (at, letter) in word.char_indices() {
        match letter {
            '=' | ':' => {
                if is_secret_name(word.get(start..at)?) {
                    let end = at + letter.len_utf8();
                    return Some((end, word.get(end..)?));
                }
                start = at + letter.len_utf8();
            }
            '?' | '&' | ';' | ',' | '{' | '(' | '/' | '@' => start = at + letter.len_utf8(),
            _ => {}
        }
    }
    None
}

/// A word without the credentials of its URL, such as `https://user:password@host`, or `user:password@tcp(host)`.
fn without_credentials(word: &str) -> String {
    let Some(at) = word.rfind('@') else { return word.to_owned() };
    let (head, host) = word.split_at(at);
    let start = head.rfind("://").map_or(0, |scheme| scheme + 3);
    let Some((scheme, user)) = head.split_at_checked(start) else { return word.to_owned() };
    match user.split_once(':') {
        Some((name, _)) => format!("{scheme}{name}:{MASK}{host}"),
        // A user name alone is often a token.
        None if start > 0 && !user.contains('/') => format!("{scheme}{MASK}{host}"),
        None => word.to_owned(),
    }
}

/// Writes a word without keys that are known by their beginning.
fn push_without_keys(word: &str, out: &mut String) {
    let is_key_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let mut rest = word;
    'word: while !rest.is_empty() {
        let starts = rest.char_indices().filter(|&(at, _)| {
            let before = rest.get(..at).and_then(|head| head.chars().next_back());
            before.is_none_or(|letter| !letter.is_alphanumeric())
        });
        for (at, _) in starts {
            let (head, tail) = rest.split_at(at);
            let Some(known) = KEY_STARTS.iter().find(|known| tail.starts_with(**known)) else { continue };
            let length = tail.bytes().take_while(|&byte| is_key_byte(byte)).count();
            if length >= known.len() + MIN_KEY_REST {
                out.push_str(head);
                out.push_str(known);
                out.push_str(MASK);
                rest = tail.get(length..).unwrap_or_default();
                continue 'word;
            }
        }
        break;
    }
    out.push_str(rest);
}

#[cfg(test)]
#[path = "masked_arguments_tests.rs"]
mod tests;
