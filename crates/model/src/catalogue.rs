//! Catalogue of all metrics and panels, in the order of their declaration.

use crate::{Declaration, Metric, Panel, PanelRole, is_label_name, is_metric_name};
use serde::{Deserialize, Serialize};

/// All metrics and the panels that show them. Built from the declarations of the probes and sent to the browser.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    metrics: Vec<Metric>,
    panels: Vec<Panel>,
}

/// Invalid declaration: a bug in a probe.
#[derive(Debug, PartialEq, Eq)]
pub struct CatalogueError {
    /// Name of the metric.
    pub metric: String,
    /// Why the declaration is invalid.
    pub reason: String,
}

impl std::error::Error for CatalogueError {}

impl std::fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "metric {}: {}", self.metric, self.reason)
    }
}

impl Catalogue {
    /// Adds a metric declaration, and its panel if that is new.
    ///
    /// # Errors
    /// The name is invalid in Prometheus or already declared, or the displayed unit of the metric differs from that
    /// of the chart that plots it.
    pub fn declare(&mut self, declaration: &Declaration) -> Result<(), CatalogueError> {
        let fail = |reason: String| Err(CatalogueError { metric: declaration.name.to_owned(), reason });
        if !is_metric_name(declaration.name) {
            return fail("the name must match [a-zA-Z_:][a-zA-Z0-9_:]*".to_owned());
        }
        if let Some(label) = declaration.labels.iter().find(|label| !is_label_name(label)) {
            return fail(format!("the label name {label:?} must match [a-zA-Z_][a-zA-Z0-9_]*"));
        }
        if self.metric(declaration.name).is_some() {
            return fail("declared twice".to_owned());
        }
        let metric = Metric::from(declaration);
        if let Some((panel, role)) = declaration.panel {
            if matches!(role, PanelRole::Chart | PanelRole::HeadlineAndChart)
                && metric.display_unit() != panel.unit
            {
                return fail(format!(
                    "unit {:?} differs from the chart's unit {:?}",
                    metric.display_unit(),
                    panel.unit
                ));
            }
            if self.panel(panel.id).is_none() {
                self.panels.push(Panel::from(panel));
            }
        }
        self.metrics.push(metric);
        Ok(())
    }

    /// All metrics.
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// All panels.
    pub fn panels(&self) -> &[Panel] {
        &self.panels
    }

    /// Sorts the panels by `key`; the sort is stable.
    pub fn sort_panels_by_key<K: Ord>(&mut self, key: impl FnMut(&Panel) -> K) {
        self.panels.sort_by_key(key);
    }

    /// The metric with that name.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// The panel with that id.
    pub fn panel(&self, id: &str) -> Option<&Panel> {
        self.panels.iter().find(|panel| panel.id == id)
    }

    /// The metrics that a panel shows, with their roles.
    pub fn shown_in<'a>(&'a self, panel: &'a str) -> impl Iterator<Item = (&'a Metric, PanelRole)> {
        self.metrics.iter().filter_map(move |metric| match &metric.panel {
            Some((id, role)) if id == panel => Some((metric, *role)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, PanelDeclaration, Style, Unit};

    static PANEL: PanelDeclaration = PanelDeclaration {
        id: "network",
        section: "Host",
        title: "Network",
        style: Style::Line,
        unit: Unit::BytesPerSecond,
        ceiling: None,
        description: "",
    };

    fn declaration(name: &'static str, kind: Kind, role: PanelRole) -> Declaration {
        Declaration {
            name,
            kind,
            unit: Unit::Bytes,
            help: "A test.",
            labels: &["interface"],
            panel: Some((&PANEL, role)),
            legend: "received",
        }
    }

    #[test]
    fn metrics_and_panels_keep_declaration_order() {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&declaration("b_total", Kind::Counter, PanelRole::Chart)).unwrap();
        catalogue.declare(&declaration("a_bytes", Kind::Gauge, PanelRole::Detail)).unwrap();
        let names: Vec<_> =
            catalogue.shown_in("network").map(|(metric, role)| (metric.name.as_str(), role)).collect();
        assert_eq!(names, [("b_total", PanelRole::Chart), ("a_bytes", PanelRole::Detail)]);
        assert_eq!(catalogue.panels().len(), 1);
    }

    #[test]
    fn invalid_declarations_are_rejected() {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&declaration("a_total", Kind::Counter, PanelRole::Chart)).unwrap();
        for (wrong, reason) in [
            (declaration("a_total", Kind::Counter, PanelRole::Chart), "declared twice"),
            (declaration("a-b", Kind::Counter, PanelRole::Chart), "must match"),
            (declaration("b_bytes", Kind::Gauge, PanelRole::Chart), "unit Bytes differs"),
            (
                Declaration { labels: &["__x"], ..declaration("c", Kind::Counter, PanelRole::Chart) },
                "label name",
            ),
        ] {
            let error = catalogue.declare(&wrong).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
        assert_eq!(catalogue.metrics().len(), 1);
    }
}
