//! Tests of the source tree: retired words, machine paths, links of the documents, file sizes. Part of
//! `cargo test -p xtask`.

mod documents;
mod paths;
mod sizes;
mod source;
mod urls;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are no source: build output, installed packages, test output.
const NO_SOURCE: [&str; 6] = [".git", "dist", "node_modules", "results", "target", "recorded"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All source files with one of these extensions, as paths relative to the root with `/`, sorted.
fn files(extensions: &[&str]) -> Vec<String> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, name) = (entry.path(), entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                if !NO_SOURCE.iter().any(|known| name == *known) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| extensions.iter().any(|known| found == *known)) {
                found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with all findings, one a line.
fn assert_none(findings: &[String], advice: &str) {
    assert!(findings.is_empty(), "{advice}\n{}", findings.join("\n"));
}
