//! No unsafe code: the lint that denies it can be lifted by an attribute, and holds only where a package takes it over. Here is
//! the list of files that do so, with the reason of each: there is none.

use std::fs;
use std::path::{Path, PathBuf};

/// Files with unsafe code, as paths in the repository, and why there is no other way.
const REASONS: [(&str, &str); 0] = [];
/// Where our code is.
const FOLDERS: [&str; 5] = ["app", "crates", "fuzz", "server", "xtask"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files below our folders with that end of their names, as paths in the repository.
fn files(end: &str) -> Vec<String> {
    let mut waiting: Vec<PathBuf> = FOLDERS.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && name != "node_modules" {
                waiting.push(path);
            } else if name.ends_with(end) {
                found.push(path.strip_prefix(root()).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found
}

/// Whether a text has the keyword, or lifts the lint.
fn has_unsafe(text: &str) -> bool {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.flat_map(|line| line.match_indices("unsafe").map(move |(at, word)| (line, &line[at + word.len()..])))
        .any(|(line, rest)| {
            let is_keyword = rest.starts_with([' ', '(', '{']) && !line.contains('"');
            is_keyword || rest.starts_with("_code") || rest.is_empty()
        })
}

#[test]
fn the_keyword_is_found() {
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
fn only_listed_files_have_unsafe_code() {
    let sources = files(".rs");
    assert!(sources.len() > 300, "{}", sources.len());
    let own = "xtask/src/checks/memory_safety.rs";
    let mut with: Vec<_> = sources
        .iter()
        .filter(|path| *path != own && has_unsafe(&fs::read_to_string(root().join(path)).unwrap()))
        .collect();
    with.sort();
    let listed: Vec<_> = REASONS.iter().map(|(path, _)| path).collect();
    assert_eq!(with, listed, "files with unsafe code, and those that are listed here with a reason");
}

#[test]
fn every_package_takes_over_the_lints() {
    let manifests = files("Cargo.toml");
    assert!(manifests.len() > 15, "{manifests:?}");
    for path in manifests {
        // The fuzzer is of a workspace of its own, and those below `trunk` are empty stand-ins.
        if path.starts_with("fuzz/") || path.starts_with("xtask/trunk/") {
            continue;
        }
        let text = fs::read_to_string(root().join(&path)).unwrap();
        assert!(
            text.contains("\n[lints]\nworkspace = true\n"),
            "{path} must end with [lints] workspace = true"
        );
    }
}
