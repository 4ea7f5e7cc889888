//! Counts of refused series by source.

use std::collections::HashMap;

/// Maximum number of sources with their own count. Names of applications come from outside.
const MAX_SOURCES: usize = 200;
/// Name of all further sources.
const OTHERS: &str = "other";
/// Prefix of the sources that are applications.
const APP_PREFIX: &str = "app:";

/// Counts of refused series by source.
#[derive(Debug, Default)]
pub struct RefusedSeries {
    sources: Vec<RefusedSource>,
    by_name: HashMap<String, usize>,
    /// Series of all sources refused in this tick.
    in_tick: usize,
    /// Source of the last refusal, because samples of one source follow each other.
    last: usize,
}

/// Refused series of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSource {
    /// Name of the probe, or `app:NAME`.
    pub name: String,
    /// Series refused in this tick.
    pub series: u64,
    /// Samples refused since the start: each series counts once in every tick.
    pub total: u64,
}

impl RefusedSeries {
    /// All sources of which a series was ever refused.
    pub fn sources(&self) -> &[RefusedSource] {
        &self.sources
    }

    /// Whether a series was refused in this tick.
    pub fn is_any(&self) -> bool {
        self.in_tick > 0
    }

    /// Number of series refused in this tick.
    pub(super) fn in_tick(&self) -> usize {
        self.in_tick
    }

    /// Number of series of an application that were refused in this tick.
    pub fn of_app(&self, app: &str) -> u64 {
        let place = self.by_name.get(&format!("{APP_PREFIX}{app}"));
        place.and_then(|place| self.sources.get(*place)).map_or(0, |source| source.series)
    }

    pub(super) fn begin_tick(&mut self) {
        self.in_tick = 0;
        self.sources.iter_mut().for_each(|source| source.series = 0);
    }

    /// Counts a series of an application or, without one, of a probe.
    pub(super) fn add(&mut self, probe: &str, app: &str) {
        self.in_tick += 1;
        let is_last = self.sources.get(self.last).is_some_and(|last| last.is(probe, app));
        if !is_last {
            let name = if app.is_empty() { probe.to_owned() } else { format!("{APP_PREFIX}{app}") };
            self.last = self.place(name);
        }
        if let Some(source) = self.sources.get_mut(self.last) {
            source.series = source.series.saturating_add(1);
            source.total = source.total.saturating_add(1);
        }
    }

    fn place(&mut self, mut name: String) -> usize {
        if !self.by_name.contains_key(&name) && self.sources.len() >= MAX_SOURCES {
            OTHERS.clone_into(&mut name);
        }
        if let Some(place) = self.by_name.get(&name) {
            return *place;
        }
        self.by_name.insert(name.clone(), self.sources.len());
        self.sources.push(RefusedSource { name, series: 0, total: 0 });
        self.sources.len() - 1
    }
}

impl RefusedSource {
    fn is(&self, probe: &str, app: &str) -> bool {
        if app.is_empty() { self.name == probe } else { self.name.strip_prefix(APP_PREFIX) == Some(app) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_sources_is_limited() {
        let mut refused = RefusedSeries::default();
        for _ in 0..2 {
            refused.begin_tick();
            refused.add("requests", "");
            (0..300).for_each(|number| refused.add("applications", &number.to_string()));
        }
        let sources = refused.sources();
        assert_eq!(sources.len(), MAX_SOURCES + 1);
        let source = |name: &str, series, total| RefusedSource { name: name.to_owned(), series, total };
        assert_eq!(sources[0], source("requests", 1, 2));
        assert_eq!(sources[1], source("app:0", 1, 2));
        assert_eq!(sources[MAX_SOURCES], source("other", 101, 202));
        refused.begin_tick();
        assert!(!refused.is_any());
    }
}
