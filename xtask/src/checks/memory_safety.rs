//! Tests that no file has unsafe code. The lint alone is not enough: an attribute can lift it, and it applies only to packages
//! that inherit the lints of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

/// Files with unsafe code, as paths in the repository, each with the reason.
const REASONS: [(&str, &str); 0] = [];
/// Folders with Rust code.
const FOLDERS: [&str; 5] = ["app", "crates", "fuzz", "server", "xtask"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files whose names end with `suffix`, as paths in the repository.
fn files(suffix: &str) -> Vec<String> {
    let mut waiting: Vec<PathBuf> = FOLDERS.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && name != "node_modules" {
                waiting.push(path);
            } else if name.ends_with(suffix) {
                found.push(path.strip_prefix(root()).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found
}

/// Whether a text has the keyword or lifts the lint.
fn has_unsafe(text: &str) -> bool {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.flat_map(|line| line.match_indices("unsafe").map(move |(at, word)| (line, &line[at + word.len()..])))
        .any(|(line, rest)| {
            let is_keyword = rest.starts_with([' ', '(', '{']) && !line.contains('"');
            is_keyword || rest.starts_with("_code") || rest.is_empty()
        })
}

#[test]
fn keyword_is_found() {
    for text in [
        "unsafe { x }",
        "pub unsafe fn a()",
        "#[expect(unsafe_code)]",
        "#[unsafe(no_mangle)]",
        "let a = unsafe\n{",
    ] {
        assert!(has_unsafe(text), "{text}");
    }
    for text in ["// unsafe { x }", "\"script-src 'wasm-unsafe-eval'\"", "let unsafely = 1;"] {
        assert!(!has_unsafe(text), "{text}");
    }
}

#[test]
fn unsafe_code_is_in_listed_files_only() {
    let sources = files(".rs");
    assert!(sources.len() > 300, "{}", sources.len());
    let own = "xtask/src/checks/memory_safety.rs";
    let mut with: Vec<_> = sources
        .iter()
        .filter(|path| *path != own && has_unsafe(&fs::read_to_string(root().join(path)).unwrap()))
        .collect();
    with.sort();
    let listed: Vec<_> = REASONS.iter().map(|(path, _)| path).collect();
    assert_eq!(with, listed, "files with unsafe code, and files listed with a reason");
}

#[test]
fn packages_inherit_the_lints_of_the_workspace() {
    let manifests = files("Cargo.toml");
    assert!(manifests.len() > 15, "{manifests:?}");
    for path in manifests {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        assert!(
            text.contains("\n[lints]\nworkspace = true\n"),
            "{path} must end with [lints] workspace = true"
        );
    }
}
