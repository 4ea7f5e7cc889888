//! Catalogue queries of the pages, beyond those of the REST API.

use super::AppState;
use std::collections::BTreeSet;
use watchglass_model::{APP, Catalogue, Metric, Panel};

impl AppState {
    /// All metrics and panels.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// All metrics.
    pub(crate) fn metrics(&self) -> &[Metric] {
        self.catalogue.metrics()
    }

    /// All panels.
    pub(crate) fn panels(&self) -> &[Panel] {
        self.catalogue.panels()
    }

    /// Page section of a metric; `None` for one without a panel.
    pub(crate) fn section_of(&self, metric: &str) -> Option<&str> {
        let (panel, _) = self.metric(metric)?.panel.as_ref()?;
        Some(&self.catalogue.panel(panel)?.section)
    }

    /// Name of this host.
    pub(crate) fn host_name(&self) -> &str {
        &self.host.name
    }

    /// Names of all applications with series.
    pub(crate) fn application_names(&self) -> BTreeSet<String> {
        let state = self.current_state();
        state.series.iter().filter_map(|series| series.labels.get(APP)).map(str::to_owned).collect()
    }

    /// Number of series that rules evaluate.
    pub(crate) fn evaluated_series(&self) -> usize {
        self.rule_evaluator.series_count()
    }
}
