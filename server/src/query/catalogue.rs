//! What is collected now: panels, sections and applications with series.

use crate::metric_store::MetricStore;
use std::collections::BTreeSet;
use watchglass_model::APP;

/// Page section of a metric; `None` for one without a panel.
pub(crate) fn section_of<'a>(metrics: &'a MetricStore, metric: &str) -> Option<&'a str> {
    let (panel, _) = metrics.metric(metric)?.panel.as_ref()?;
    Some(&metrics.catalogue().panel(panel)?.section)
}

/// Names of all applications with series.
pub(crate) fn application_names(metrics: &MetricStore) -> BTreeSet<String> {
    metrics.state().series.iter().filter_map(|series| series.labels.get(APP)).map(str::to_owned).collect()
}

/// Ids of the panels with series, in catalogue order.
pub(crate) fn panels_with_data(metrics: &MetricStore) -> Vec<String> {
    let state = metrics.state();
    let known = state.series.iter().filter_map(|series| metrics.metric(&series.metric));
    let panels: Vec<&str> = known.filter_map(|metric| Some(metric.panel.as_ref()?.0.as_str())).collect();
    let shown = metrics.catalogue().panels().iter().filter(|panel| panels.contains(&panel.id.as_str()));
    shown.map(|panel| panel.id.clone()).collect()
}

/// Sections of the panels with series, in catalogue order.
pub(crate) fn sections(metrics: &MetricStore) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for panel in panels_with_data(metrics).iter().filter_map(|panel| metrics.catalogue().panel(panel)) {
        if !sections.contains(&panel.section) {
            sections.push(panel.section.clone());
        }
    }
    sections
}
