//! URLs in HTML are made by `app::url`, which puts them below the base path.

use super::{assert_none, files, read};

/// Source with markup.
const FOLDERS: [&str; 3] = ["app/src/", "crates/pages/src/", "server/src/"];
/// Attributes with a URL.
const ATTRIBUTES: [&str; 4] = ["href=", "action=", "formaction=", "src="];
/// How their values may begin: made by the function, on this page, or inserted into a text, which `server/tests/it/base_path.rs`
/// and the browser tests check.
const VALUES: [&str; 8] = ["url(", "move || url(", "\"#", "\\\"#", "\"\"", "\\\"\\\"", "\\\"{", "\\\"\""];
/// Values that `url` has made before, places of the same page, and URLs of other servers.
const EXCEPTIONS: [(&str, &str); 5] = [
    ("app/src/pages/chart_pages.rs", "hash "),
    ("app/src/document.rs", "script/"),
    ("app/src/document.rs", "wasm "),
    ("crates/pages/src/alerts/card.rs", "address rel=\"noreferrer external\""),
    ("crates/pages/src/settings/second_factor.rs", "uri.clone()"),
];

/// Attributes of the code whose value is made in another way, with their line numbers.
fn findings(path: &str, text: &str) -> Vec<(usize, String)> {
    let code = text.lines().take_while(|line| *line != "#[cfg(test)]").enumerate();
    let mut found = Vec::new();
    for (index, line) in code.filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for attribute in ATTRIBUTES {
            for (at, _) in line.match_indices(attribute) {
                let (before, value) = (&line[..at], &line[at + attribute.len()..]);
                let is_exception =
                    EXCEPTIONS.iter().any(|(file, start)| *file == path && value.starts_with(start));
                let is_made = VALUES.iter().any(|start| value.starts_with(start)) || is_exception;
                // Markup, not a name that ends alike or a match in a query.
                if before.ends_with([' ', '\t']) && !is_made && !value.starts_with(['=', ' ']) {
                    found.push((index + 1, line[at..].chars().take(60).collect()));
                }
            }
        }
    }
    found
}

#[test]
fn urls_in_markup_are_below_the_base_path() {
    let sources = files(&["rs"])
        .into_iter()
        .filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder)) && !path.ends_with("tests.rs"));
    let found: Vec<String> = sources
        .flat_map(|path| {
            let found = findings(&path, &read(&path));
            found.into_iter().map(move |(line, text)| format!("{path}:{line}: {text}"))
        })
        .collect();
    assert_none(&found, "make these URLs with app::url, so that they begin with the base path");
}

#[test]
fn cookies_are_below_the_base_path() {
    let sources = files(&["rs"]).into_iter().filter(|path| path.starts_with("app/src/"));
    let is_root = |path: &String| read(path).contains("Path=/;");
    let found: Vec<String> = sources.filter(is_root).collect();
    assert_none(&found, "the path of a cookie is app::url(\"/\")");
}

#[test]
fn other_values_are_found() {
    for (line, expected) in [
        ("<a href=\"/alerts\">", true),
        ("<a href=href>", true),
        ("<form action=format!(\"/x\")>", true),
        ("\"<a href=\\\"/alerts\\\">\"", true),
        ("<a href=url(\"/alerts\")>", false),
        ("<a href=move || url(path)>", false),
        ("\"<a href=\\\"{}\\\">\"", false),
        ("\"<a href=\\\"\\\">\"", false),
        ("<a class=\"skip\" href=\"#main\">", false),
        ("// <a href=\"/alerts\">", false),
        ("let action = 1; action == 2", false),
    ] {
        assert_eq!(!findings("a.rs", line).is_empty(), expected, "{line}");
    }
    assert_eq!(findings("a.rs", "a\n#[cfg(test)]\nmod tests { <a href=\"/\"> }"), []);
}
