//! Series that the charts draw: all of a panel, or those with the highest values of a panel with many.

use super::{LiveStore, SeriesState};
use crate::api::{History, MAX_LINES};
use crate::live::SeriesBuffer;
use std::collections::BTreeMap;
use watchglass_model::{Metric, PanelRole, Series, SeriesId};

impl LiveStore {
    /// Whether the chart of its panel draws the series.
    pub(crate) fn is_drawn(&self, panel: &str, series: SeriesId) -> bool {
        !self.limited.contains_key(panel) || self.known(series).is_some_and(|known| known.is_drawn)
    }

    /// Number of series of a panel whose chart does not draw all of them.
    pub(crate) fn limited(&self, panel: &str) -> Option<usize> {
        self.limited.get(panel).copied()
    }

    /// Whether charts draw only some of their series, so that others may have higher values by now.
    pub(crate) fn has_more_series_than_lines(&self) -> bool {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let panels = self.state.series.iter().filter_map(|series| self.panel_of(series));
        panels.for_each(|panel| *counts.entry(panel).or_default() += 1);
        !self.limited.is_empty() || counts.values().any(|&count| count > MAX_LINES)
    }

    /// Takes the choice of series from a history: of a limited panel, those with rows. Returns whether it may have changed.
    pub(super) fn choose_drawn(&mut self, history: &History) -> bool {
        let was_limited = !self.limited.is_empty();
        let count = |series: u32| usize::try_from(series).unwrap_or(usize::MAX);
        self.limited = history.limited.iter().map(|one| (one.panel.clone(), count(one.series))).collect();
        let all =
            |series: &Series| self.panel_of(series).is_some_and(|panel| !self.limited.contains_key(panel));
        let drawn: Vec<bool> = self.state.series.iter().map(all).collect();
        self.series.iter_mut().zip(drawn).for_each(|(known, is_drawn)| known.is_drawn = is_drawn);
        for given in &history.series {
            if let Some(known) = self.known_mut(given.series) {
                known.is_drawn = true;
            }
        }
        for SeriesState { buffer, .. } in self.series.iter_mut().filter(|known| !known.is_drawn) {
            *buffer = SeriesBuffer::default();
        }
        was_limited || !self.limited.is_empty()
    }

    fn panel_of(&self, series: &Series) -> Option<&str> {
        self.catalogue.metric(&series.metric).and_then(charted_panel)
    }
}

/// Panel whose chart draws the metric.
pub(super) fn charted_panel(metric: &Metric) -> Option<&str> {
    match &metric.panel {
        Some((panel, PanelRole::Chart | PanelRole::HeadlineAndChart)) => Some(panel),
        _ => None,
    }
}
