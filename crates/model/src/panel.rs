//! Panels: charts that show metrics together. A panel is declared beside the metrics it shows.

use crate::Unit;
use serde::{Deserialize, Serialize};

/// How a panel's chart draws its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// A line each.
    Line,
    /// A line each, with the space below it tinted.
    Area,
    /// Areas upon each other, so that the top is the sum.
    Stacked,
    /// Bars upon each other: for counts that are mostly zero. A line from one to the next would tell of values that never were.
    Bars,
    /// A cell for each series and each time, the stronger the more there is; a row each, the first series lowest.
    Heat,
}

impl Style {
    /// Whether each series is drawn as a line at the height of its own value, with which a level can be compared.
    pub const fn has_levels(self) -> bool {
        matches!(self, Self::Line | Self::Area)
    }
}

/// A panel as a probe declares it.
#[derive(Debug, PartialEq)]
pub struct PanelDeclaration {
    /// Short and unique, fit for a URL: `cpu`.
    pub id: &'static str,
    /// The group it stands in: `Host`.
    pub section: &'static str,
    /// What a person calls it: `CPU`.
    pub title: &'static str,
    /// How its chart draws.
    pub style: Style,
    /// Unit of the chart's axis: the reading unit of the metrics that it plots.
    pub unit: Unit,
    /// The largest value there can be, if it is fixed: 1 for a ratio. The axis then always ends there.
    pub ceiling: Option<f64>,
    /// One sentence or two for whoever looks at the chart: what its shape means, and what to look at first. 40 to 160 characters.
    pub meaning: &'static str,
}

impl PanelDeclaration {
    /// The same panel, which says what the shape of its chart means.
    pub const fn meaning(self, meaning: &'static str) -> Self {
        Self { meaning, ..self }
    }
}

/// A [`PanelDeclaration`] in a form that can be sent to the page.
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
    /// See [`PanelDeclaration::meaning`]. It does not travel with the catalogue, for it would be a third of it: the server renders
    /// it, and a page that goes on asks for all of them once. Empty where it has travelled.
    #[serde(skip)]
    pub meaning: String,
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
            meaning: declaration.meaning.to_owned(),
        }
    }
}
