//! What pages of lists and forms ask of the core, beyond what the REST API does.

use super::Core;
use std::collections::BTreeSet;
use watchglass_model::{APP, Catalogue, Metric, Panel};

impl Core {
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

    /// The section of the pages in which a metric is shown, if it is.
    pub(crate) fn section_of(&self, metric: &str) -> Option<&str> {
        let (panel, _) = self.metric(metric)?.panel.as_ref()?;
        Some(&self.catalogue.panel(panel)?.section)
    }

    /// What this host is called.
    pub(crate) fn host_name(&self) -> &str {
        &self.host.name
    }

    /// The applications that something is known of, by name.
    pub(crate) fn application_names(&self) -> BTreeSet<String> {
        let state = self.read_state();
        state.series.iter().filter_map(|series| series.labels.get(APP)).map(str::to_owned).collect()
    }

    /// How many series are judged.
    pub(crate) fn watched(&self) -> usize {
        self.judging.watched()
    }
}
