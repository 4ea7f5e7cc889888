//! Dashboard layout of one user: order and width of the panels, and which ones the overview hides. No I/O.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use watchglass_model::{Catalogue, Panel};

/// Dashboard layout. Panels that it does not contain come last in their section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layout {
    /// All panels known at the last change, in order.
    pub(super) panels: Vec<PanelPlacement>,
}

/// Placement of one panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PanelPlacement {
    /// Panel id.
    pub(super) panel: String,
    /// Whether the overview hides it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) hidden: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) width: Width,
}

/// Width of a panel on screens with several columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Width {
    /// One column.
    #[default]
    #[serde(rename = "usual")]
    Normal,
    /// Two columns.
    Wide,
    /// All columns.
    Full,
}

/// Change of a panel's placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayoutChange {
    /// Moves it before its predecessor.
    Earlier,
    /// Moves it after its successor.
    Later,
    /// Hides it on the overview.
    Hide,
    /// Shows it on the overview again.
    Show,
    /// Sets its width.
    Width(Width),
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Layout {
    /// Placement of a panel.
    pub(crate) fn placement(&self, panel: &str) -> Option<&PanelPlacement> {
        self.panels.iter().find(|placed| placed.panel == panel)
    }

    /// Catalogue with the panels in this order; sections are ordered by their first placed panel.
    pub(crate) fn apply(&self, mut catalogue: Catalogue) -> Catalogue {
        let rank = |panel: &str| self.panels.iter().position(|placed| placed.panel == panel);
        let sections: Vec<(String, Option<usize>)> =
            catalogue.panels().iter().map(|panel| (panel.section.clone(), rank(&panel.id))).collect();
        let first = |panel: &Panel| {
            let of_section = sections.iter().filter(|(section, _)| *section == panel.section);
            of_section.filter_map(|(_, rank)| *rank).min().unwrap_or(usize::MAX)
        };
        let before = |panel: &Panel| sections.iter().position(|(section, _)| *section == panel.section);
        catalogue
            .sort_panels_by_key(|panel| (first(panel), before(panel), rank(&panel.id).unwrap_or(usize::MAX)));
        catalogue
    }

    /// Changes the placement of a panel. Moves skip panels without data, for which `has_data` is false. Returns whether the panel
    /// exists.
    pub(crate) fn change(
        &mut self,
        catalogue: &Catalogue,
        panel: &str,
        change: LayoutChange,
        has_data: impl Fn(&str) -> bool,
    ) -> bool {
        self.add_missing(catalogue);
        let Some(section) = catalogue.panel(panel).map(|panel| panel.section.as_str()) else { return false };
        let Some(place) = self.panels.iter().position(|placed| placed.panel == panel) else { return false };
        let is_neighbour = |placed: &PanelPlacement| {
            let of_section = catalogue.panel(&placed.panel).is_some_and(|found| found.section == section);
            of_section && has_data(&placed.panel)
        };
        let to = match change {
            LayoutChange::Earlier => self.panels.iter().take(place).rposition(is_neighbour),
            LayoutChange::Later => {
                let next = self.panels.iter().skip(place + 1).position(is_neighbour);
                next.map(|next| place + 1 + next)
            }
            LayoutChange::Hide | LayoutChange::Show | LayoutChange::Width(_) => {
                for placed in self.panels.iter_mut().filter(|placed| placed.panel == panel) {
                    match change {
                        LayoutChange::Width(width) => placed.width = width,
                        _ => placed.hidden = change == LayoutChange::Hide,
                    }
                }
                None
            }
        };
        if let Some(to) = to {
            let placed = self.panels.remove(place);
            self.panels.insert(to, placed);
        }
        true
    }

    /// Moves a whole section before its predecessor or after its successor. Returns whether the section exists.
    pub(crate) fn change_section(&mut self, catalogue: &Catalogue, section: &str, earlier: bool) -> bool {
        self.add_missing(catalogue);
        let mut sections = sections(&self.apply(catalogue.clone()));
        let Some(place) = sections.iter().position(|known| known == section) else { return false };
        let other = if earlier { place.checked_sub(1) } else { Some(place + 1) };
        if let Some(other) = other.filter(|&other| other < sections.len()) {
            sections.swap(place, other);
        }
        let section_rank = |placed: &PanelPlacement| {
            let section = catalogue.panel(&placed.panel).map(|panel| &panel.section);
            section.and_then(|section| sections.iter().position(|known| known == section))
        };
        self.panels.sort_by_key(|placed| section_rank(placed).unwrap_or(usize::MAX));
        true
    }

    /// Style sheet with widths and hidden panels. Ids of letters, digits and hyphens only; others are skipped, since they would
    /// need escaping.
    pub(crate) fn stylesheet(&self) -> String {
        let is_safe_id = |placed: &&PanelPlacement| {
            placed.panel.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let mut css = String::new();
        let (mut any, mut hidden) = (String::new(), String::new());
        for PanelPlacement { panel, hidden: is_hidden, width } in self.panels.iter().filter(is_safe_id) {
            // Writing to a string cannot fail.
            let _ = match width {
                Width::Normal => Ok(()),
                Width::Wide => {
                    write!(
                        css,
                        "@media (min-width:900px){{.panel[data-panel=\"{panel}\"]{{grid-column:span 2}}}}"
                    )
                }
                Width::Full => write!(css, ".panel[data-panel=\"{panel}\"]{{grid-column:1/-1}}"),
            };
            if *is_hidden {
                let _ = write!(any, ",[data-panel=\"{panel}\"]");
                let _ = write!(hidden, "{OVERVIEW_SELECTOR} .panel[data-panel=\"{panel}\"],");
            }
        }
        if !any.is_empty() {
            // A section whose panels are all hidden is hidden with its heading.
            let _ = write!(
                css,
                "{hidden}{OVERVIEW_SELECTOR} .section:has(.panel):not(:has(.panel:not([hidden]{any}))){{display:none}}"
            );
        }
        css
    }

    /// Adds all panels of the catalogue. Panels unknown to this version stay.
    fn add_missing(&mut self, catalogue: &Catalogue) {
        let arranged = self.apply(catalogue.clone());
        let known: Vec<PanelPlacement> = arranged
            .panels()
            .iter()
            .map(|panel| {
                let placed = self.placement(&panel.id).cloned();
                placed.unwrap_or_else(|| PanelPlacement {
                    panel: panel.id.clone(),
                    hidden: false,
                    width: Width::Normal,
                })
            })
            .collect();
        let unknown = self.panels.drain(..).filter(|placed| catalogue.panel(&placed.panel).is_none());
        self.panels = known.into_iter().chain(unknown.collect::<Vec<_>>()).collect();
    }
}

/// Selector of the overview page.
const OVERVIEW_SELECTOR: &str = "main:has([data-part=\"overview\"])";

/// Sections, in the order of the panels.
pub(crate) fn sections(catalogue: &Catalogue) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for panel in catalogue.panels() {
        if !sections.contains(&panel.section) {
            sections.push(panel.section.clone());
        }
    }
    sections
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
