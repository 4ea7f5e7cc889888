//! What pages are made of: one component a file.

mod banners;
mod chart;
#[cfg(feature = "hydrate")]
mod chart_canvas;
#[cfg(feature = "hydrate")]
mod chart_deeds;
#[cfg(feature = "hydrate")]
mod chart_frames;
#[cfg(feature = "hydrate")]
mod chart_hand;
mod chart_menu;
#[cfg(feature = "hydrate")]
mod chart_picture;
#[cfg(not(feature = "hydrate"))]
mod chart_svg;
#[cfg(feature = "hydrate")]
mod chart_tip;
mod connection_badge;
mod fragment;
#[cfg(feature = "hydrate")]
mod fragment_dress;
#[cfg(feature = "hydrate")]
mod fragment_living;
#[cfg(feature = "hydrate")]
mod fragment_state;
mod legend;
mod marks;
mod meaning;
#[cfg(feature = "hydrate")]
mod palette;
mod panel_card;
mod panel_sections;
mod problems;
mod signs;
mod theme_switch;
#[cfg(feature = "hydrate")]
mod toast;
mod top_bar;
mod window_picker;
mod zone_switch;

#[cfg(feature = "hydrate")]
pub(crate) use banners::PANIC_BANNER;
pub(crate) use banners::{OutdatedBanner, PanicBanner};
pub(crate) use chart::Chart;
#[cfg(feature = "ssr")]
pub(crate) use chart::plot_of;
#[cfg(feature = "hydrate")]
pub(crate) use chart_deeds::act;
#[cfg(feature = "hydrate")]
pub(crate) use chart_menu::follow;
pub(crate) use chart_menu::{LookInWords, chart_menu};
pub(crate) use connection_badge::ConnectionBadge;
pub(crate) use fragment::Fragment;
pub(crate) use legend::Legend;
pub(crate) use marks::Marks;
#[cfg(feature = "hydrate")]
pub(crate) use meaning::ask_for_meanings;
#[cfg(feature = "hydrate")]
pub(crate) use palette::listen_for_palette;
pub(crate) use panel_card::PanelCard;
pub(crate) use panel_sections::PanelSections;
pub(crate) use problems::Problems;
pub(crate) use theme_switch::ThemeSwitch;
#[cfg(feature = "hydrate")]
pub(crate) use theme_switch::follow_system;
#[cfg(feature = "hydrate")]
pub(crate) use toast::{ask_for_notifications, notifications, toast};
pub(crate) use top_bar::TopBar;
pub(crate) use window_picker::WindowPicker;
pub(crate) use zone_switch::ZoneSwitch;
#[cfg(feature = "hydrate")]
pub(crate) use zone_switch::show_clock;
