//! The panels of the catalogue, section by section.

use crate::live::{Live, use_live};
use crate::parts::PanelCard;
use leptos::prelude::*;

/// All sections, or some of them. The live data must have been loaded.
#[component]
pub(crate) fn PanelSections(
    /// The sections that are shown; all when empty.
    #[prop(optional)]
    only: &'static [&'static str],
    /// The section that the reader has chosen; the others are there, but not to be seen.
    #[prop(optional)]
    chosen: Option<Memo<Option<String>>>,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| request_animation_frame(lead_to_the_named_place));
    sections(use_live())
        .into_iter()
        .filter(|(section, _)| only.is_empty() || only.contains(&section.as_str()))
        .map(|(section, panels)| {
            let name = section.clone();
            let is_other = move || {
                chosen.is_some_and(|chosen| {
                    chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| *chosen != name))
                })
            };
            view! {
                <section class="section" hidden=is_other>
                    <h2>{section}</h2>
                    <div class="panels">
                        {panels.into_iter().map(|panel| view! { <PanelCard panel/> }).collect_view()}
                    </div>
                </section>
            }
        })
        .collect_view()
}

/// Scrolls to what the address names behind its `#`: when the router looked for it, there were no panels yet.
#[cfg(feature = "hydrate")]
fn lead_to_the_named_place() {
    let hash = location().hash().unwrap_or_default();
    if let Some(place) = hash.strip_prefix('#').and_then(|id| document().get_element_by_id(id)) {
        place.scroll_into_view();
    }
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
