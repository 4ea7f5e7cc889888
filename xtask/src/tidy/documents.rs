//! Documents: files and tests that they name exist, and lines fit into a terminal.

use super::{assert_none, files, read, root};
use std::collections::BTreeSet;
use std::path::Path;

const MAX_CHARACTERS: usize = 120;
/// Documents whose lines must be short.
const NARROW: [&str; 1] = ["ARCHITECTURE.md"];

#[test]
fn lines_fit_into_a_terminal() {
    for path in NARROW {
        let text = read(path);
        let long: Vec<String> = (1..)
            .zip(text.lines())
            .filter(|(_, line)| line.chars().count() > MAX_CHARACTERS)
            .map(|(number, line)| format!("{path}:{number}: {} characters", line.chars().count()))
            .collect();
        assert!(long.is_empty(), "{}", long.join("\n"));
    }
}

/// Folders of the source: a word that begins with one of them is a path.
const FOLDERS: [&str; 8] = ["app/", "crates/", "docs/", "end2end/", "fuzz/", "server/", "style/", "xtask/"];

/// A bare name such as `session.rs` is a file of any folder: documents name the folder once.
#[test]
fn named_files_exist() {
    let (root, sources) = (root(), files(&["rs"]));
    let mut findings = Vec::new();
    for document in &files(&["md"]) {
        let folder = Path::new(document).parent().unwrap();
        for (number, line) in (1..).zip(read(document).lines()) {
            for path in paths(line) {
                let exists = match path.contains('/') {
                    true => root.join(path).exists() || root.join(folder).join(path).exists(),
                    false => sources.iter().any(|source| source.ends_with(&format!("/{path}"))),
                };
                if !exists {
                    findings.push(format!("{document}:{number}: {path}"));
                }
            }
        }
    }
    assert_none(&findings, "Documents name files that do not exist:");
}

/// Files and folders that a line names.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|letter: char| !letter.is_alphanumeric() && !"/_-.:*<>{}".contains(letter));
    words
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| word.ends_with(".rs") || FOLDERS.iter().any(|folder| word.starts_with(folder)))
        // Addresses, and patterns such as `crates/*/golden`.
        .filter(|word| !word.contains("//") && !word.contains(['*', '<', '{', ':']))
}

/// Document with a table of inputs, and the tests that hold what it says about them in the last column.
const TESTED: &str = "docs/robustness.md";
/// Mark of a row that has no test yet.
const OPEN: &str = "**open**";

#[test]
fn named_tests_exist() {
    let tests: BTreeSet<String> =
        files(&["rs", "mjs"]).iter().flat_map(|path| test_names(&read(path))).collect();
    let text = read(TESTED);
    let mut findings = Vec::new();
    for (number, row) in (1..).zip(text.lines()).filter(|(_, line)| line.starts_with("| ")) {
        let cell = row.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap_or_default();
        let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        if names.is_empty() && cell != "test" && cell != OPEN {
            findings.push(format!("{TESTED}:{number}: neither a test nor {OPEN}: {cell}"));
        }
        let missing = names.into_iter().filter(|name| !tests.contains(*name));
        findings.extend(missing.map(|name| format!("{TESTED}:{number}: {name}")));
    }
    assert_none(&findings, "A document names tests that do not exist:");
    assert!(text.lines().filter(|line| line.ends_with("` |")).count() > 50, "the table is read");
}

/// Names of the tests of a source file: functions with the attribute `test`, and titles of browser tests.
fn test_names(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim_start) {
        if let Some(title) = browser_test(line) {
            names.push(title.to_owned());
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if is_test && !line.starts_with("#[") && !line.starts_with("//") {
            let signature = line.trim_start_matches("async ").strip_prefix("fn ");
            names.extend(signature.and_then(|rest| rest.split('(').next()).map(str::to_owned));
            is_test = false;
        }
    }
    names
}

/// Title of the browser test that a line begins: a string or a template.
fn browser_test(line: &str) -> Option<&str> {
    let call = line.strip_prefix("test(").or_else(|| line.strip_prefix("pageTest("))?;
    let quote = call.chars().next().filter(|quote| ['"', '`'].contains(quote))?;
    call.get(1..)?.split(quote).next()
}

#[test]
fn tests_are_found_in_sources() {
    let source = "#[test]\n#[ignore]\n// Why.\nfn one() {\n#[tokio::test(start_paused = true)]\n    async fn two() {\nfn no() {\n\
                  test(\"a page works\", async () => {\n  pageTest(`at ${width} px`, {}, async";
    assert_eq!(test_names(source), ["one", "two", "a page works", "at ${width} px"]);
}
