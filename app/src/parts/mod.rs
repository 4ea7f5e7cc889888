//! What pages are made of: one component a file.

mod banners;
mod chart;
#[cfg(feature = "hydrate")]
mod chart_canvas;
mod connection_badge;
mod data_table;
mod fragment;
#[cfg(feature = "hydrate")]
mod fragment_dress;
#[cfg(feature = "hydrate")]
mod fragment_living;
#[cfg(feature = "hydrate")]
mod fragment_state;
mod legend;
mod marks;
mod panel_card;
mod panel_sections;
mod problems;
mod service_lists;
mod service_state;
mod set_up;
mod severity;
mod theme_switch;
#[cfg(feature = "hydrate")]
mod toast;
mod top_bar;
mod window_picker;

#[cfg(feature = "hydrate")]
pub(crate) use banners::PANIC_BANNER;
pub(crate) use banners::{OutdatedBanner, PanicBanner};
pub(crate) use chart::Chart;
pub(crate) use connection_badge::ConnectionBadge;
pub(crate) use data_table::DataTable;
pub(crate) use fragment::Fragment;
pub(crate) use legend::Legend;
pub(crate) use marks::Marks;
pub(crate) use panel_card::PanelCard;
pub(crate) use panel_sections::PanelSections;
pub(crate) use problems::Problems;
pub(crate) use service_lists::ServiceLists;
pub(crate) use service_state::ServiceState;
pub(crate) use set_up::{SetUp, SetUpText};
pub(crate) use severity::severity;
pub(crate) use theme_switch::ThemeSwitch;
#[cfg(feature = "hydrate")]
pub(crate) use theme_switch::follow_system;
#[cfg(feature = "hydrate")]
pub(crate) use toast::{ask_for_notifications, notifications, toast};
pub(crate) use top_bar::TopBar;
pub(crate) use window_picker::WindowPicker;
