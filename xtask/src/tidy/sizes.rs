//! File sizes: a file has one job and at most 300 lines.

use super::{assert_none, files, read};

const USUAL_LINES: usize = 300;
const MAX_LINES: usize = 400;

/// Longer files, with the lines they may have. No file may be added, and no number may grow.
const LONGER: &[(&str, usize)] = &[
    ("crates/chart/src/gesture/mod.rs", 302),
    ("crates/dispatch/src/tracked_alert.rs", 320),
    ("crates/tsdb/src/redis/executor.rs", 302),
    ("server/src/cluster/redis_alert_store.rs", 306),
    ("server/src/edge/timeouts.rs", 353),
    ("server/src/edge/tls.rs", 304),
    ("server/tests/it/rules.rs", 304),
];

#[test]
fn files_are_short() {
    let mut findings = Vec::new();
    let found: Vec<(String, usize)> =
        files(&["rs"]).into_iter().map(|path| (path.clone(), read(&path).lines().count())).collect();
    for (path, lines) in &found {
        let limit = LONGER.iter().find(|(known, _)| known == path).map_or(USUAL_LINES, |(_, limit)| *limit);
        if *lines > limit.min(MAX_LINES) {
            findings.push(format!("{path}: {lines} lines, at most {}", limit.min(MAX_LINES)));
        }
    }
    for (path, _) in LONGER {
        if !found.iter().any(|(known, lines)| known == path && *lines > USUAL_LINES) {
            findings.push(format!("{path}: missing or short enough now: remove it from LONGER"));
        }
    }
    assert_none(&findings, "Split files along their jobs:");
}
