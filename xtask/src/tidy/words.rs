//! Retired words: names that this project once used, and the terms of the field that replaced them.

use super::source::{Token, tokens, words};
use super::{assert_none, files, read};

/// Retired words of identifiers and file names, and the term to use.
const RETIRED: [(&str, &str); 59] = [
    ("arranging", "layout"),
    ("asking", "query"),
    ("board", "peer status"),
    ("boards", "peer statuses"),
    ("book", "accounts, rule set or store"),
    ("books", "store"),
    ("breath", "retry delay"),
    ("colleague", "peer"),
    ("colleagues", "peers"),
    ("deed", "action"),
    ("deeds", "actions"),
    ("desk", "dispatcher or store"),
    ("door", "permission"),
    ("doors", "permissions"),
    ("duty", "ownership"),
    ("environs", "env"),
    ("episode", "occurrence"),
    ("errand", "action link"),
    ("errands", "action links"),
    ("gatherer", "aggregator"),
    ("heard", "received or outcome"),
    ("hearing", "replication"),
    ("judge", "evaluate"),
    ("judgeable", "input"),
    ("judged", "rule state"),
    ("judgement", "evaluation"),
    ("judging", "evaluation"),
    ("keeper", "background writer"),
    ("ledger", "notification log"),
    ("leg", "route state"),
    ("legs", "routes"),
    ("nag", "repeat"),
    ("notice", "notification"),
    ("notices", "notifications"),
    ("paced", "timeout"),
    ("patience", "timeout"),
    ("quieten", "mute"),
    ("receipt", "reply"),
    ("remark", "acknowledgement"),
    ("remarks", "acknowledgements"),
    ("roll", "session replica"),
    ("rolls", "session replicas"),
    ("rubbish", "malformed input"),
    ("saying", "rule version"),
    ("sayings", "rule versions"),
    ("sealer", "compactor"),
    ("sheet", "replica or stylesheet"),
    ("sheets", "replicas or stylesheets"),
    ("shelf", "store"),
    ("somebody", "user"),
    ("stamp", "version"),
    ("stamps", "versions"),
    ("stretch", "time range"),
    ("telling", "notifications"),
    ("told", "notified"),
    ("tray", "pending"),
    ("turns", "sync rounds"),
    ("vitals", "server stats"),
    ("whoever", "user"),
];

/// Identifiers and files that may have a retired word: (beginning of the path, word, reason). What is no longer needed fails.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("xtask/", "stamp", "a stamp file says what a build step has done"),
    ("xtask/src/page/", "sheet", "stylesheets"),
    ("xtask/src/page/", "sheets", "stylesheets"),
];

#[test]
fn identifiers_have_the_terms_of_the_field() {
    let mut findings = Vec::new();
    let mut used = [false; ALLOWED.len()];
    for path in files(&["rs"]).iter().filter(|path| !path.starts_with("xtask/src/tidy/")) {
        let mut check = |place: &str, identifier: &str| {
            for word in words(identifier) {
                let Some((_, term)) = RETIRED.iter().find(|(retired, _)| *retired == word) else { continue };
                let is_it =
                    |(start, allowed, _): &(&str, &str, &str)| path.starts_with(start) && *allowed == word;
                match ALLOWED.iter().position(is_it) {
                    Some(at) => used[at] = true,
                    None => findings.push(format!("{place}: {identifier}: {word}; use {term}")),
                }
            }
        };
        for name in path.trim_end_matches(".rs").split('/') {
            check(path, name);
        }
        for (line, token) in tokens(&read(path)) {
            if let Token::Identifier(identifier) = token {
                check(&format!("{path}:{line}"), identifier);
            }
        }
    }
    assert_none(&findings, "Retired words in names:");
    let unused = ALLOWED.iter().zip(used).filter(|(_, used)| !used);
    let unused: Vec<String> = unused.map(|((path, word, _), _)| format!("{path}: {word}")).collect();
    assert_none(&unused, "Not needed in ALLOWED any more:");
}

/// Folders whose string literals are texts and markup of pages, or texts of rules.
const TEXTS: [&str; 6] = [
    "app/src/",
    "crates/pages/src/",
    "crates/rules/src/builtin",
    "server/src/api/",
    "server/src/routes/",
    "server/src/web/",
];
/// Retired words of texts, class names and element ids. More of them are ordinary English, so the list is shorter.
const RETIRED_IN_TEXTS: [&str; 18] = [
    "deed", "desk", "errand", "judged", "judging", "keeper", "ledger", "leg", "nag", "said", "saying",
    "shelf", "somebody", "telling", "told", "vitals", "whoever", "outlives",
];
/// Stored names and names of the API: (path, word).
const STORED: [(&str, &str); 2] =
    [("server/src/api/audit.rs", "deed"), ("server/src/api/audit/csv.rs", "deed")];

#[test]
fn texts_have_the_terms_of_the_field() {
    let mut findings = Vec::new();
    for path in files(&["rs"]).iter().filter(|path| TEXTS.iter().any(|start| path.starts_with(start))) {
        for (line, token) in tokens(&read(path)) {
            let Token::Text(text) = token else { continue };
            for word in text.split(|letter: char| !letter.is_alphanumeric()) {
                let word = word.to_lowercase();
                if RETIRED_IN_TEXTS.contains(&word.as_str()) && !STORED.contains(&(path, &word)) {
                    findings.push(format!("{path}:{line}: {word}: {text:?}"));
                }
            }
        }
    }
    assert_none(&findings, "Retired words in texts or markup:");
}

/// Class names and element ids in stylesheets and in selectors of the browser tests.
#[test]
fn selectors_have_the_terms_of_the_field() {
    let mut findings = Vec::new();
    for path in files(&["css", "mjs"]) {
        for (number, line) in (1..).zip(read(&path).lines()) {
            for (at, mark) in line.match_indices(['.', '#']) {
                let before = line[..at].chars().next_back();
                let rest = &line[at + mark.len()..];
                let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '-');
                // `receiver.told` is no selector.
                let is_selector =
                    before.is_none_or(|letter| !letter.is_alphanumeric() && !")]".contains(letter));
                if is_selector && RETIRED_IN_TEXTS.contains(&&rest[..end.unwrap_or(rest.len())]) {
                    findings.push(format!("{path}:{number}: {}", line.trim()));
                }
            }
        }
    }
    assert_none(&findings, "Retired words in selectors:");
}
