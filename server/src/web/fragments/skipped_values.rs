//! Notes about values that working sources leave out, for the pages with several sources.
//!
//! A note is on the pages with the charts of its source. The overview has those of the host, and of every source
//! without a page. Databases and caches list the notes of each server themselves.

use super::{OVERVIEW_PATH, performance};
use crate::metric_store::MetricStore;
use watchglass_model::Problem;

/// Prefix of the names of applications.
const APP_PREFIX: &str = "app:";
/// Shown instead of the name of the probe of requests to this server.
pub(super) const OWN_APP: &str = "Watchglass (self)";
/// Pages with sources of their own; the charts of processes are about the host.
const OTHER_PAGES: [&str; 3] = [performance::PATH, "/database", "/cache"];

/// Notes of the sources of the page at `path`, such as `memory: MemTotal left out: missing`.
pub(super) fn notes(metrics: &MetricStore, path: &str) -> Vec<String> {
    let skipped = metrics.skipped();
    skipped.iter().filter(|note| is_on_page(metrics, &note.probe, path)).map(text).collect()
}

fn is_on_page(metrics: &MetricStore, source: &str, path: &str) -> bool {
    if source.starts_with(APP_PREFIX) {
        return path == performance::PATH;
    }
    let has_charts_on = |path: &str| {
        let shown = app::chart_page(path).map_or(&[][..], |(_, sections)| sections);
        metrics.sections_of(source).is_some_and(|found| found.iter().any(|section| shown.contains(section)))
    };
    match path {
        OVERVIEW_PATH => !OTHER_PAGES.into_iter().any(has_charts_on),
        _ => has_charts_on(path),
    }
}

fn text(note: &Problem) -> String {
    let source = match note.probe.as_str() {
        "requests" => OWN_APP,
        probe => probe.strip_prefix(APP_PREFIX).unwrap_or(probe),
    };
    format!("{source}: {}", note.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric_store::Collected;
    use std::sync::Arc;
    use std::time::Duration;
    use watchglass_live::State;
    use watchglass_model::{Batch, Timestamp};
    use watchglass_tsdb::MemoryHistory;

    /// Store in which each of these probes, with the sections of its charts, and each application has a note.
    fn store(probes: &[(&str, &[&'static str])], apps: &[&str]) -> MetricStore {
        let sections = probes
            .iter()
            .map(|(probe, sections)| ((*probe).to_owned(), sections.iter().copied().collect()))
            .collect();
        let history = Arc::new(MemoryHistory::new(Duration::from_secs(60), 1));
        let collected = Collected { sections, ..Collected::default() };
        let store = MetricStore::new(collected, history.clone(), history);
        let note = |source: &str| Problem {
            probe: source.to_owned(),
            since: Timestamp::default(),
            reason: "x left out".to_owned(),
        };
        let sources = probes.iter().map(|(probe, _)| *probe).chain(apps.iter().copied());
        let state = State { version: 1, skipped: sources.map(note).collect(), ..State::default() };
        store.store(&Batch { time: Timestamp::default(), samples: Vec::new() }, &[], Some(state));
        store
    }

    #[test]
    fn notes_are_on_the_pages_with_the_charts_of_their_source() {
        let store = store(
            &[
                ("memory", &["Host"]),
                ("load", &["Host", "Processes"]),
                ("top_processes", &["Processes"]),
                ("requests", &["Requests"]),
                ("process", &["Watchglass"]),
                ("postgres:a", &["PostgreSQL"]),
                ("redis:b", &["Redis"]),
                ("without_charts", &[]),
            ],
            &["app:shop", "unknown"],
        );
        for (path, sources) in [
            (OVERVIEW_PATH, &["memory", "load", "top_processes", "without_charts", "unknown"][..]),
            (super::super::processes::PATH, &["load", "top_processes"]),
            (performance::PATH, &[OWN_APP, "process", "shop"]),
        ] {
            let expected: Vec<String> =
                sources.iter().map(|source| format!("{source}: x left out")).collect();
            assert_eq!(notes(&store, path), expected, "{path}");
        }
    }
}
