//! What pages of lists and forms ask of the core, beyond what the REST API does.

use super::Core;
use watchglass_model::Metric;

impl Core {
    /// All metrics.
    pub(crate) fn metrics(&self) -> &[Metric] {
        self.catalogue.metrics()
    }

    /// The section of the pages in which a metric is shown, if it is.
    pub(crate) fn section_of(&self, metric: &str) -> Option<&str> {
        let (panel, _) = self.metric(metric)?.panel.as_ref()?;
        Some(&self.catalogue.panel(panel)?.section)
    }

    /// How many series are judged.
    pub(crate) fn watched(&self) -> usize {
        self.judging.watched()
    }
}
