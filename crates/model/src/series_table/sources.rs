//! Number of series of each source.

use std::collections::HashMap;

/// Sources with series. A source is a probe or, by its name, an application.
#[derive(Debug, Default)]
pub(super) struct Sources {
    probes: HashMap<String, usize>,
    apps: HashMap<String, usize>,
    /// By number.
    sources: Vec<Source>,
    /// Numbers of sources that no longer have series.
    free: Vec<usize>,
}

#[derive(Debug, Default)]
struct Source {
    name: String,
    is_app: bool,
    used: usize,
}

impl Sources {
    /// Series of an application or, without one, of a probe.
    pub(super) fn used(&self, probe: &str, app: &str) -> usize {
        let number = if app.is_empty() { self.probes.get(probe) } else { self.apps.get(app) };
        number.map_or(0, |number| self.used_by(*number))
    }

    /// Series of a source, by its number.
    pub(super) fn used_by(&self, number: usize) -> usize {
        self.sources.get(number).map_or(0, |source| source.used)
    }

    /// Adds a series; returns the number of its source.
    pub(super) fn add(&mut self, probe: &str, app: &str) -> usize {
        let is_app = !app.is_empty();
        let (numbers, name) = if is_app { (&mut self.apps, app) } else { (&mut self.probes, probe) };
        let number = match numbers.get(name) {
            Some(number) => *number,
            None => {
                let number = self.free.pop().unwrap_or(self.sources.len());
                numbers.insert(name.to_owned(), number);
                if number == self.sources.len() {
                    self.sources.push(Source::default());
                }
                if let Some(source) = self.sources.get_mut(number) {
                    *source = Source { name: name.to_owned(), is_app, used: 0 };
                }
                number
            }
        };
        if let Some(source) = self.sources.get_mut(number) {
            source.used += 1;
        }
        number
    }

    /// Removes a series of a source.
    pub(super) fn remove(&mut self, number: usize) {
        let Some(source) = self.sources.get_mut(number) else { return };
        source.used = source.used.saturating_sub(1);
        if source.used == 0 {
            let numbers = if source.is_app { &mut self.apps } else { &mut self.probes };
            numbers.remove(&source.name);
            self.free.push(number);
        }
    }

    /// Number of series of each source, by its number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        self.sources.iter().map(|source| source.used).enumerate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_sources_without_series_are_reused() {
        let mut sources = Sources::default();
        let numbers = [("requests", ""), ("applications", "shop"), ("shop", ""), ("applications", "shop")]
            .map(|(probe, app)| sources.add(probe, app));
        assert_eq!(numbers, [0, 1, 2, 1]);
        assert_eq!((sources.used("shop", ""), sources.used("applications", "shop")), (1, 2));
        sources.remove(2);
        assert_eq!((sources.used("shop", ""), sources.used("applications", "shop")), (0, 2));
        assert_eq!(sources.add("applications", "blog"), 2);
        assert_eq!(sources.iter().collect::<Vec<_>>(), [(0, 1), (1, 2), (2, 1)]);
    }
}
