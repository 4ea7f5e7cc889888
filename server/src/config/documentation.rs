//! Generator of `docs/configuration.md` from the table of settings.

use super::OPTIONS;
use super::option::ValueKind;
use super::renamed::RENAMED;
use std::fmt::Write as _;

#[test]
fn documentation_matches_the_settings() {
    let mut page = String::from(
        "# Configuration\n\n\
         Generated from the program's table of settings. Update it with `UPDATE_GOLDEN=1 cargo test -p watchglass`.\n\n\
         Precedence: flags of `watchglass serve`, environment variables, the file given with `--config FILE` (or\n\
         `WATCHGLASS_CONFIG`), defaults. `watchglass check-config FILE` checks a file.\n\n\
         | key in the file | flag | environment | default | description |\n|---|---|---|---|---|\n",
    );
    for key in OPTIONS {
        let kind =
            if matches!(key.kind, ValueKind::CommaList | ValueKind::SpaceList) { " (list)" } else { "" };
        writeln!(
            page,
            "| `{}`{kind} | `--{} {}` | `{}` | {} | {} |",
            key.name,
            key.flag(),
            key.placeholder,
            key.variable(),
            key.default,
            key.help,
        )
        .unwrap();
    }
    page.push_str(
        "\nThe tables `[[rules]]`, `[notifications]` and `[channels.NAME]` of the file are described in\n\
         [alerts.md](alerts.md), `[[heartbeats]]` in [heartbeats.md](heartbeats.md).\n\n\
         ## Renamed settings\n\n\
         This version still reads the former names of these settings, their flags and their environment variables, and\n\
         warns at startup and in `watchglass check-config`. The next version rejects them. Do not set both names.\n\n\
         | key in the file | former key |\n|---|---|\n",
    );
    for (current, former) in RENAMED {
        writeln!(page, "| `{current}` | `{former}` |").unwrap();
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}

/// All examples of `docs/channels.md` in one file, with each kind of channel.
#[test]
fn channel_examples_are_valid() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/channels.md");
    let page = std::fs::read_to_string(path).unwrap();
    let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let examples: String = blocks.collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("watchglass.toml");
    std::fs::write(&file, &examples).unwrap();
    let mut settings = super::Settings::default();
    super::read_file(&file, &mut settings).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let mut kinds: Vec<&str> = rows.collect();
    assert_eq!(kinds.len(), 14);
    kinds.retain(|kind| !examples.contains(&format!("kind = \"{kind}\"\n")));
    assert!(kinds.is_empty(), "without an example: {kinds:?}");
}
