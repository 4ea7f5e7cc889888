//! The page of settings: what is set, and where that was said. Nothing of it can be changed here but by links.

use super::{rules, told};
use crate::core::Core;
use crate::settings::ShownSetting;
use app::fragments::{Kept, SettingRow, Settings};
use std::time::Duration;

/// Everything that is set.
pub(super) fn settings(core: &Core) -> Settings {
    let shown = core.settings();
    let row = |row: &ShownSetting| SettingRow {
        name: row.name,
        value: row.value.clone(),
        place: row.place.clone(),
        help: row.help,
    };
    Settings {
        version: env!("CARGO_PKG_VERSION"),
        build: crate::assets::page_assets().build,
        file: shown.file.as_ref().map(|file| file.display().to_string()),
        store: format!("Files in {}", shown.data_dir.display()),
        kept: shown.kept.iter().map(|(what, time)| Kept { what, time: days(*time) }).collect(),
        shared: shown.shared.clone(),
        rules: rules::rules(core, &core.all_active_alerts()).rows,
        channels: told::channels(core),
        rows: shown.rows.iter().map(row).collect(),
    }
}

/// `7 days`.
fn days(time: Duration) -> String {
    match time.as_secs() / 86_400 {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_is_said_in_days() {
        for (seconds, expected) in [(86_400, "1 day"), (7 * 86_400, "7 days"), (0, "0 days")] {
            assert_eq!(days(Duration::from_secs(seconds)), expected);
        }
    }
}
