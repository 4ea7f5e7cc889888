//! The panels of the catalogue, section by section.

use crate::live::{Live, use_live};
use crate::parts::PanelCard;
use leptos::prelude::*;

/// All sections, or one of them. The live data must have been loaded.
#[component]
pub(crate) fn PanelSections(
    /// The section that is shown alone.
    #[prop(optional)]
    only: Option<&'static str>,
) -> impl IntoView {
    sections(use_live())
        .into_iter()
        .filter(|(section, _)| only.is_none_or(|only| section == only))
        .map(|(section, panels)| {
            view! {
                <section class="section">
                    <h2>{section}</h2>
                    <div class="panels">
                        {panels.into_iter().map(|panel| view! { <PanelCard panel/> }).collect_view()}
                    </div>
                </section>
            }
        })
        .collect_view()
}

/// Ids of the panels by section, both in the order of the catalogue.
fn sections(live: Live) -> Vec<(String, Vec<String>)> {
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    live.store.with_value(|store| {
        for panel in store.catalogue().panels() {
            match sections.iter_mut().find(|(section, _)| *section == panel.section) {
                Some((_, panels)) => panels.push(panel.id.clone()),
                None => sections.push((panel.section.clone(), vec![panel.id.clone()])),
            }
        }
    });
    sections
}
