//! View model of the settings page: effective settings with their sources. Read-only.

use crate::app_state::AppState;
use crate::assets::PAGE_ASSETS;
use crate::config::EffectiveSetting;
use crate::query::alerts::all_active;
use crate::web::fragments::alerts;
use std::time::Duration;
use watchglass_pages::settings::{RetentionRow, SettingRow, Settings};

/// All settings.
pub(super) fn settings(state: &AppState) -> Settings {
    let shown = &state.config;
    let row = |row: &EffectiveSetting| SettingRow {
        name: row.name,
        value: row.value.clone(),
        source: row.source.clone(),
        help: row.help,
    };
    Settings {
        version: env!("CARGO_PKG_VERSION"),
        build: PAGE_ASSETS.build.clone(),
        config_file: shown.file.as_ref().map(|file| file.display().to_string()),
        storage: format!("Files in {}", shown.data_dir.display()),
        retention: shown
            .retention
            .iter()
            .map(|(what, time)| RetentionRow { resolution: what, retention: days(*time) })
            .collect(),
        cluster_redis: shown.cluster.clone(),
        rules: alerts::rules(state, &all_active(&state.rules, &state.notifications)).rows,
        channels: alerts::channels(state),
        rows: shown.rows.iter().map(row).collect(),
    }
}

/// `7 days`, `8 days 8 h`.
fn days(time: Duration) -> String {
    let hours = time.as_secs() / 3600;
    let days = match hours / 24 {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    match hours % 24 {
        0 => days,
        hours => format!("{days} {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_is_in_days() {
        for (seconds, expected) in
            [(86_400, "1 day"), (7 * 86_400, "7 days"), (0, "0 days"), (200 * 3600, "8 days 8 h")]
        {
            assert_eq!(days(Duration::from_secs(seconds)), expected);
        }
    }
}
