//! `docs/configuration.md` is made from the table of settings.

use super::KEYS;
use super::keys::Form;
use std::fmt::Write as _;

#[test]
fn the_documentation_lists_the_settings_that_there_are() {
    let mut page = String::from(
        "# Configuration\n\n\
         Made from the program's own table of settings; renew it with `UPDATE_GOLDEN=1 cargo test -p watchglass`.\n\n\
         A flag of `watchglass serve` counts before an environment variable, a variable before the file given with\n\
         `--config FILE` (or `WATCHGLASS_CONFIG`), the file before the default. `watchglass check-config FILE` checks a file.\n\n\
         | key in the file | flag | environment | default | what it does |\n|---|---|---|---|---|\n",
    );
    for key in KEYS {
        let kind = if matches!(key.form, Form::Commas | Form::Spaces) { " (list)" } else { "" };
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
        "\n`[[rules]]` in the file are rules for alerts: [alerts.md](alerts.md) tells what they may hold.\n",
    );
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}
