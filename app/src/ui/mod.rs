//! Components of the page frame: top bar, banners, toasts, command palette, switches.

mod banners;
#[cfg(feature = "hydrate")]
mod command_palette;
mod connection_badge;
mod problems;
mod theme_switch;
mod time_zone_switch;
#[cfg(feature = "hydrate")]
mod toast;
mod top_bar;
mod window_picker;

#[cfg(feature = "hydrate")]
pub(crate) use banners::PANIC_BANNER;
pub(crate) use banners::{OutdatedBanner, PanicBanner};
#[cfg(feature = "hydrate")]
pub(crate) use command_palette::listen_for_palette;
pub(crate) use connection_badge::ConnectionBadge;
pub(crate) use problems::Problems;
pub(crate) use theme_switch::ThemeSwitch;
#[cfg(feature = "hydrate")]
pub(crate) use theme_switch::follow_system_theme;
pub(crate) use time_zone_switch::ZoneSwitch;
#[cfg(feature = "hydrate")]
pub(crate) use time_zone_switch::{follow_time_zone, is_utc, utc_offset_minutes};
#[cfg(feature = "hydrate")]
pub(crate) use toast::{
    notification_permission, remove_lasting_toasts, request_notification_permission, show_message, toast,
};
pub(crate) use top_bar::TopBar;
pub(crate) use window_picker::WindowPicker;
