//! Documents: files that they name exist, and lines fit into a terminal.

use super::{assert_none, files, read, root};
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
