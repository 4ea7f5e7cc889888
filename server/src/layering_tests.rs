//! Imports between the top-level modules of this crate go one way, so that each can be understood, and moved, without those above.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Modules that import no other module of this crate.
const BOTTOM: [&str; 4] = ["clock", "console", "open_files", "persist"];
/// Modules that only `lib.rs` imports.
const TOP: [&str; 2] = ["cli", "startup"];
/// Modules with handlers of requests: only `routes` imports them, and they import neither each other nor those above.
const HANDLERS: [&str; 2] = ["api", "web"];

/// Imports outside tests: from each module to others, with a file that has the import.
type Imports = BTreeMap<String, BTreeMap<String, PathBuf>>;

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All `.rs` files below a folder, which may be missing.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Code without comment lines and test modules, and the names of the test modules in files of their own.
fn without_tests(text: &str) -> (String, Vec<String>) {
    let (mut code, mut test_modules) = (String::new(), Vec::new());
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    while let Some(line) = lines.next() {
        if !matches!(line, "#[cfg(test)]" | "#[cfg(any(test, feature = \"fuzzing\"))]") {
            code.push_str(line);
            code.push('\n');
            continue;
        }
        let item = lines.find(|line| !line.starts_with("#[")).unwrap_or_default();
        match item.split("mod ").nth(1).and_then(|name| name.strip_suffix(';')) {
            Some(name) => test_modules.push(name.to_owned()),
            // rustfmt puts the end of a top-level item at the beginning of a line.
            None if !item.ends_with(';') => drop(lines.find(|line| line.starts_with(['}', ')', ']']))),
            None => {}
        }
    }
    (code, test_modules)
}

/// Names that follow each `prefix`: one, or several in braces.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (start, _) in code.match_indices(prefix) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | ':' | '$')) {
            continue;
        }
        let rest = &code[start + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_names(group)),
            None => names.extend(first_name(rest)),
        }
    }
    names
}

/// First name of each path in a group of imports, up to its closing brace.
fn group_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut is_start) = (0, Vec::new(), true);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start = true,
            _ if is_start && !character.is_whitespace() => {
                is_start = false;
                names.extend(first_name(&group[at..]));
            }
            _ => {}
        }
    }
    names
}

fn first_name(text: &str) -> Option<String> {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_');
    let name = &text[..end.unwrap_or(text.len())];
    (!name.is_empty()).then(|| name.to_owned())
}

/// Path of a file's module: `["api", "system"]` for `api/system/mod.rs`.
fn module_path(file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(source_folder()).unwrap().with_extension("");
    let mut names: Vec<String> = relative.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

/// Imports of all files below `src`, but `lib.rs` and `main.rs`.
fn imports() -> Imports {
    let files: Vec<(Vec<String>, PathBuf, String)> = rust_files(&source_folder())
        .into_iter()
        .map(|file| (module_path(&file), file.clone(), fs::read_to_string(&file).unwrap()))
        .collect();
    let mut test_modules = BTreeSet::new();
    let mut sources = Vec::new();
    for (module, file, text) in files {
        let (code, names) = without_tests(&text);
        let parent = if module == ["lib"] { Vec::new() } else { module.clone() };
        test_modules.extend(names.into_iter().map(|name| [parent.clone(), vec![name]].concat()));
        sources.push((module, file, code));
    }
    sources.retain(|(module, file, _)| {
        let is_test = (1..=module.len()).any(|length| test_modules.contains(&module[..length]));
        !is_test && module != &["lib"] && module != &["main"] && !file.to_str().unwrap().ends_with("tests.rs")
    });
    let top: BTreeSet<String> = sources.iter().map(|(module, ..)| module[0].clone()).collect();
    let mut imports: Imports = top.iter().map(|name| (name.clone(), BTreeMap::new())).collect();
    for (module, file, code) in &sources {
        let mut names = names_after(code, "crate::");
        names.extend(names_after(code, &"super::".repeat(module.len())));
        for name in names.into_iter().filter(|name| top.contains(name) && *name != module[0]) {
            imports.get_mut(&module[0]).unwrap().entry(name).or_insert_with(|| file.clone());
        }
    }
    imports
}

/// A cycle, as the modules on it with the files that import the next one.
fn find_cycle(imports: &Imports) -> Option<String> {
    fn visit<'a>(
        imports: &'a Imports,
        module: &'a str,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<&'a str>> {
        if let Some(start) = path.iter().position(|seen| *seen == module) {
            return Some([&path[start..], &[module]].concat());
        }
        if done.contains(module) {
            return None;
        }
        path.push(module);
        let found = imports[module].keys().find_map(|next| visit(imports, next, path, done));
        path.pop();
        done.insert(module);
        found
    }
    let mut done = BTreeSet::new();
    let cycle = imports.keys().find_map(|module| visit(imports, module, &mut Vec::new(), &mut done))?;
    let step = |pair: &[&str]| {
        let file = imports[pair[0]][pair[1]].display();
        format!("{} imports {} in {file}", pair[0], pair[1])
    };
    Some(cycle.windows(2).map(step).collect::<Vec<_>>().join("; "))
}

#[test]
fn modules_import_each_other_in_one_direction() {
    let imports = imports();
    assert!(imports.len() > 15 && imports["startup"].contains_key("app_state"), "{imports:#?}");
    assert_eq!(find_cycle(&imports), None, "import cycle");
}

#[test]
fn bottom_modules_import_no_other_and_nothing_imports_the_top() {
    let imports = imports();
    for module in BOTTOM {
        assert_eq!(imports[module], BTreeMap::new(), "imports of {module}");
    }
    for (module, others) in &imports {
        for top in TOP {
            assert_eq!(others.get(top), None, "{module} imports {top}");
        }
    }
}

#[test]
fn only_the_routes_import_handlers() {
    let imports = imports();
    for (module, others) in imports.iter().filter(|(module, _)| *module != "routes") {
        for handlers in HANDLERS {
            assert_eq!(others.get(handlers), None, "{module} imports {handlers}");
        }
    }
    for handlers in HANDLERS {
        assert!(imports["routes"].contains_key(handlers), "{handlers}");
        assert_eq!(imports[handlers].get("routes"), None, "{handlers} imports routes");
    }
}

#[test]
fn imports_are_found_in_all_spellings_and_tests_are_skipped() {
    let code = "use crate::a;\nuse crate::{b::{x, y}, c as d,\n    e::Z};\n// crate::f\nlet g = $crate::h;\n\
                fn i() { crate::j::k() }\n#[cfg(test)]\nmod tests {\n    use crate::l;\n}\n#[cfg(test)]\nmod m;\nuse crate::n;\n";
    let (code, test_modules) = without_tests(code);
    let names: Vec<String> = names_after(&code, "crate::").into_iter().collect();
    assert_eq!(
        (names, test_modules),
        (["a", "b", "c", "e", "j", "n"].map(str::to_owned).to_vec(), vec!["m".to_owned()])
    );
}

#[test]
fn cycle_is_named_with_its_files() {
    let edge = |to: &str, file: &str| BTreeMap::from([(to.to_owned(), PathBuf::from(file))]);
    let mut imports = Imports::from([
        ("a".to_owned(), edge("b", "a.rs")),
        ("b".to_owned(), edge("c", "b.rs")),
        ("c".to_owned(), BTreeMap::new()),
    ]);
    assert_eq!(find_cycle(&imports), None);
    imports.insert("c".to_owned(), edge("b", "c.rs"));
    assert_eq!(find_cycle(&imports).unwrap(), "b imports c in b.rs; c imports b in c.rs");
}

#[test]
fn services_know_nothing_of_http() {
    let is_test = |file: &PathBuf| file.to_string_lossy().ends_with("_tests.rs");
    for file in rust_files(&source_folder().join("services")).into_iter().filter(|file| !is_test(file)) {
        let (code, _) = without_tests(&fs::read_to_string(&file).unwrap());
        for unwanted in ["axum", "hyper", "StatusCode", "AppState"] {
            assert!(!code.contains(unwanted), "{} mentions {unwanted}", file.display());
        }
        let imports = names_after(&code, "crate::");
        for above in ["http", "routes", "api", "web", "edge", "app_state"] {
            assert!(!imports.contains(above), "{} imports {above}", file.display());
        }
    }
}
