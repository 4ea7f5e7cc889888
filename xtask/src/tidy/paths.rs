//! No path of a developer's machine is in the source.

use super::{assert_none, files, read};

const EXTENSIONS: [&str; 11] = ["css", "html", "js", "json", "lock", "md", "mjs", "rs", "sh", "toml", "yml"];
/// Beginnings of paths that exist on one machine only, in parts, so that this file passes.
const MACHINE: [(&str, &str); 4] = [("/ro", "ot/."), ("/wo", "rk/"), ("/Us", "ers/"), ("/ho", "me/")];
/// Made-up users.
const EXAMPLES: [&str; 1] = ["/home/ada/"];

#[test]
fn machine_paths_are_absent() {
    let machine = MACHINE.map(|(start, end)| format!("{start}{end}"));
    let mut findings = Vec::new();
    for path in files(&EXTENSIONS) {
        let text = read(&path);
        for (number, line) in text.lines().enumerate() {
            let line = EXAMPLES.iter().fold(line.to_owned(), |line, example| line.replace(example, ""));
            if machine.iter().any(|start| is_path(&line, start)) {
                findings.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none(&findings, "Paths of one machine; use a relative path or a setting:");
}

/// Whether a path with this beginning is in the line, and not the middle of another one, as in `https://a.b/work/`.
fn is_path(line: &str, start: &str) -> bool {
    line.match_indices(start).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|letter| !letter.is_alphanumeric() && !"/.-_}".contains(letter))
    })
}
