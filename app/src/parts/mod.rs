//! What pages are made of: one component a file.

mod banners;
mod chart;
#[cfg(feature = "hydrate")]
mod chart_canvas;
mod connection_badge;
mod data_table;
mod legend;
mod panel_card;
mod panel_sections;
mod problems;
mod service_lists;
mod service_state;
mod set_up;
mod theme_switch;
mod top_bar;
mod window_picker;

#[cfg(feature = "hydrate")]
pub(crate) use banners::PANIC_BANNER;
pub(crate) use banners::{OutdatedBanner, PanicBanner};
pub(crate) use chart::Chart;
pub(crate) use connection_badge::ConnectionBadge;
pub(crate) use data_table::DataTable;
pub(crate) use legend::Legend;
pub(crate) use panel_card::PanelCard;
pub(crate) use panel_sections::PanelSections;
pub(crate) use problems::Problems;
pub(crate) use service_lists::ServiceLists;
pub(crate) use service_state::ServiceState;
pub(crate) use set_up::{SetUp, SetUpText};
pub(crate) use theme_switch::ThemeSwitch;
#[cfg(feature = "hydrate")]
pub(crate) use theme_switch::follow_system;
pub(crate) use top_bar::TopBar;
pub(crate) use window_picker::WindowPicker;
