//! Charts: panels, canvases, input, menu, legend and annotations.

#[cfg(feature = "hydrate")]
mod actions;
mod annotation_labels;
#[cfg(feature = "hydrate")]
mod canvas;
mod component;
mod events;
#[cfg(feature = "hydrate")]
mod image;
#[cfg(feature = "hydrate")]
mod input;
mod legend;
mod meaning;
mod menu;
mod panel_card;
mod panel_sections;
#[cfg(feature = "hydrate")]
mod scheduler;
mod statistics;
#[cfg(not(feature = "hydrate"))]
mod svg;
#[cfg(feature = "hydrate")]
mod tooltip;

#[cfg(feature = "hydrate")]
pub(crate) use actions::handle_menu_click;
pub(crate) use component::Chart;
#[cfg(feature = "ssr")]
pub(crate) use component::plot_of;
pub(crate) use events::ChartEvents;
pub(crate) use legend::Legend;
#[cfg(feature = "hydrate")]
pub(crate) use meaning::fetch_meanings;
#[cfg(feature = "hydrate")]
pub(crate) use menu::update_menu_links;
pub(crate) use menu::{AxisNote, all_series_link, chart_menu};
pub(crate) use panel_card::PanelCard;
pub(crate) use panel_sections::PanelSections;
#[cfg(feature = "ssr")]
pub(crate) use statistics::statistics_html;
