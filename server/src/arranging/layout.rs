//! How one person has arranged the panels: their order, their widths, and which the overview leaves out. Pure.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use watchglass_model::{Catalogue, Panel};

/// An arrangement. Panels that it does not name stand behind the others of their section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layout {
    /// All panels that were known when it was last changed, in their order.
    pub(super) panels: Vec<Placed>,
}

/// A panel in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Placed {
    /// Id of the panel.
    pub(super) panel: String,
    /// Whether the overview leaves it out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) hidden: bool,
    /// How much room it has.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) width: Width,
}

/// How wide a panel is, where the screen has more columns than one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Width {
    /// One column.
    #[default]
    Usual,
    /// Two columns.
    Wide,
    /// All columns.
    Full,
}

/// What can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It comes before the one that it stood behind.
    Earlier,
    /// It comes behind the one that it stood before.
    Later,
    /// The overview leaves it out.
    Hide,
    /// The overview has it again.
    Show,
    /// It has that much room.
    Width(Width),
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Layout {
    /// How that panel is placed.
    pub(crate) fn placed(&self, panel: &str) -> Option<&Placed> {
        self.panels.iter().find(|placed| placed.panel == panel)
    }

    /// The catalogue with its panels in this order: sections by their first panel that is named.
    pub(crate) fn arrange(&self, mut catalogue: Catalogue) -> Catalogue {
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

    /// Changes where a panel of the catalogue stands, or how it looks. A panel passes those that `is_seen` says nothing is
    /// seen of, as if they were not there. Whether there is such a panel.
    pub(crate) fn change(
        &mut self,
        catalogue: &Catalogue,
        panel: &str,
        change: Change,
        is_seen: impl Fn(&str) -> bool,
    ) -> bool {
        self.name_all(catalogue);
        let Some(section) = catalogue.panel(panel).map(|panel| panel.section.as_str()) else { return false };
        let Some(place) = self.panels.iter().position(|placed| placed.panel == panel) else { return false };
        let is_neighbour = |placed: &Placed| {
            let of_section = catalogue.panel(&placed.panel).is_some_and(|found| found.section == section);
            of_section && is_seen(&placed.panel)
        };
        let to = match change {
            Change::Earlier => self.panels.iter().take(place).rposition(is_neighbour),
            Change::Later => {
                let next = self.panels.iter().skip(place + 1).position(is_neighbour);
                next.map(|next| place + 1 + next)
            }
            Change::Hide | Change::Show | Change::Width(_) => {
                for placed in self.panels.iter_mut().filter(|placed| placed.panel == panel) {
                    match change {
                        Change::Width(width) => placed.width = width,
                        _ => placed.hidden = change == Change::Hide,
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

    /// Moves a whole section before the one that it stood behind, or behind the one that it stood before. Whether there is
    /// such a section.
    pub(crate) fn change_section(&mut self, catalogue: &Catalogue, section: &str, earlier: bool) -> bool {
        self.name_all(catalogue);
        let mut sections = sections(&self.arrange(catalogue.clone()));
        let Some(place) = sections.iter().position(|known| known == section) else { return false };
        let other = if earlier { place.checked_sub(1) } else { Some(place + 1) };
        if let Some(other) = other.filter(|&other| other < sections.len()) {
            sections.swap(place, other);
        }
        let of = |placed: &Placed| {
            let section = catalogue.panel(&placed.panel).map(|panel| &panel.section);
            section.and_then(|section| sections.iter().position(|known| known == section))
        };
        self.panels.sort_by_key(|placed| of(placed).unwrap_or(usize::MAX));
        true
    }

    /// The style sheet that says the rest. Ids of panels are letters, digits and hyphens; others are left out.
    pub(crate) fn style_sheet(&self) -> String {
        let is_plain =
            |placed: &&Placed| placed.panel.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let mut sheet = String::new();
        let (mut any, mut hidden) = (String::new(), String::new());
        for Placed { panel, hidden: is_hidden, width } in self.panels.iter().filter(is_plain) {
            // Writing to a string cannot fail.
            let _ = match width {
                Width::Usual => Ok(()),
                Width::Wide => {
                    write!(
                        sheet,
                        "@media (min-width:900px){{.panel[data-panel=\"{panel}\"]{{grid-column:span 2}}}}"
                    )
                }
                Width::Full => write!(sheet, ".panel[data-panel=\"{panel}\"]{{grid-column:1/-1}}"),
            };
            if *is_hidden {
                let _ = write!(any, ",[data-panel=\"{panel}\"]");
                let _ = write!(hidden, "{OVERVIEW} .panel[data-panel=\"{panel}\"],");
            }
        }
        if !any.is_empty() {
            // A section of which all panels are hidden has nothing to name either.
            let _ = write!(
                sheet,
                "{hidden}{OVERVIEW} .section:has(.panel):not(:has(.panel:not([hidden]{any}))){{display:none}}"
            );
        }
        sheet
    }

    /// Names all panels of the catalogue, so that each has a place. Panels that this version does not have keep theirs.
    fn name_all(&mut self, catalogue: &Catalogue) {
        let arranged = self.arrange(catalogue.clone());
        let known: Vec<Placed> = arranged
            .panels()
            .iter()
            .map(|panel| {
                let placed = self.placed(&panel.id).cloned();
                placed.unwrap_or_else(|| Placed {
                    panel: panel.id.clone(),
                    hidden: false,
                    width: Width::Usual,
                })
            })
            .collect();
        let unknown = self.panels.drain(..).filter(|placed| catalogue.panel(&placed.panel).is_none());
        self.panels = known.into_iter().chain(unknown.collect::<Vec<_>>()).collect();
    }
}

/// What only the overview has.
const OVERVIEW: &str = "main:has([data-part=\"overview\"])";

/// The sections of the panels, in their order.
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
