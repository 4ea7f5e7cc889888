//! Panels: charts that show several metrics. A panel is declared next to its metrics.

use crate::Unit;
use serde::{Deserialize, Serialize};

/// How a panel's chart draws its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// One line per series.
    Line,
    /// One line per series with a filled area.
    Area,
    /// Stacked areas: the top is the sum.
    Stacked,
    /// Stacked bars, for counts that are mostly zero: a line would show values that never occurred.
    Bars,
    /// Heatmap: one row per series, the first at the bottom; a stronger colour is a higher value.
    Heat,
}

impl Style {
    /// Whether each series is drawn at its own value, so that threshold lines make sense.
    pub const fn supports_thresholds(self) -> bool {
        matches!(self, Self::Line | Self::Area)
    }
}

/// Panel declaration of a probe.
#[derive(Debug, PartialEq)]
pub struct PanelDeclaration {
    /// Short, unique, URL-safe id: `cpu`.
    pub id: &'static str,
    /// Section of the dashboard: `Host`.
    pub section: &'static str,
    /// Display title: `CPU`.
    pub title: &'static str,
    /// Chart style.
    pub style: Style,
    /// Unit of the y-axis: the displayed unit of its metrics.
    pub unit: Unit,
    /// Fixed maximum of the y-axis, if there is one: 1 for a ratio.
    pub ceiling: Option<f64>,
    /// Description of the chart: what its shape means and what to look at first. One or two sentences, 40 to 160 characters.
    pub description: &'static str,
}

impl PanelDeclaration {
    /// Sets the description.
    pub const fn description(self, meaning: &'static str) -> Self {
        Self { description: meaning, ..self }
    }
}

/// Owned [`PanelDeclaration`] that can be sent to the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    /// See [`PanelDeclaration::id`].
    pub id: String,
    /// See [`PanelDeclaration::section`].
    pub section: String,
    /// See [`PanelDeclaration::title`].
    pub title: String,
    /// See [`PanelDeclaration::style`].
    pub style: Style,
    /// See [`PanelDeclaration::unit`].
    pub unit: Unit,
    /// See [`PanelDeclaration::ceiling`].
    pub ceiling: Option<f64>,
    /// See [`PanelDeclaration::meaning`]. Not serialised: it would be a third of the catalogue's size. The server renders
    /// it, and the browser fetches all descriptions once. Empty after deserialisation.
    #[serde(skip)]
    pub description: String,
}

impl From<&PanelDeclaration> for Panel {
    fn from(declaration: &PanelDeclaration) -> Self {
        Self {
            id: declaration.id.to_owned(),
            section: declaration.section.to_owned(),
            title: declaration.title.to_owned(),
            style: declaration.style,
            unit: declaration.unit,
            ceiling: declaration.ceiling,
            description: declaration.description.to_owned(),
        }
    }
}
