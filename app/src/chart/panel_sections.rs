//! Panels of the catalogue, grouped by section.

use crate::chart::PanelCard;
use crate::live::{LiveData, use_live_data};
use leptos::prelude::*;

/// All sections, or some of them. The live data must be loaded.
#[component]
pub(crate) fn PanelSections(
    /// Sections to show; all when empty.
    #[prop(optional)]
    only: &'static [&'static str],
    /// Section that the user has selected; the others are rendered but hidden.
    #[prop(optional)]
    selected: Option<Memo<Option<String>>>,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| request_animation_frame(scroll_to_hash));
    sections(use_live_data())
        .into_iter()
        .filter(|(section, _)| only.is_empty() || only.contains(&section.as_str()))
        .map(|(section, panels)| {
            let name = section.clone();
            let is_other = move || {
                selected.is_some_and(|selected| {
                    selected.with(|selected| selected.as_ref().is_some_and(|selected| *selected != name))
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

/// Scrolls to the element of the URL hash: the router did so before there were any panels.
#[cfg(feature = "hydrate")]
fn scroll_to_hash() {
    let hash = location().hash().unwrap_or_default();
    if let Some(element) = hash.strip_prefix('#').and_then(|id| document().get_element_by_id(id)) {
        element.scroll_into_view();
    }
}

/// Panel ids by section, both in the order of the catalogue.
fn sections(data: LiveData) -> Vec<(String, Vec<String>)> {
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    data.store.with_value(|store| {
        for panel in store.catalogue().panels() {
            match sections.iter_mut().find(|(section, _)| *section == panel.section) {
                Some((_, panels)) => panels.push(panel.id.clone()),
                None => sections.push((panel.section.clone(), vec![panel.id.clone()])),
            }
        }
    });
    sections
}
