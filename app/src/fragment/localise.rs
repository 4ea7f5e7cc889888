//! Browser-specific content of a fragment: time zone, remembered fields and notification permission.

use crate::clock::local_date_and_time;
use crate::fragment::form_state::{REMEMBERED, all, set_value, value};
use crate::ui::{is_utc, notification_permission, utc_offset_minutes};
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use watchglass_model::Timestamp;
use web_sys::{Element, HtmlElement, NotificationPermission};

/// Attribute of the button that requests permission for desktop notifications.
pub(crate) const NOTIFICATIONS: &str = "data-notifications";

/// Applies time zone, permissions and remembered fields to new HTML.
pub(crate) fn localise_fragment(frame: &HtmlElement) {
    set_utc_offset(frame, 0);
    all(frame, "[data-notifications]").iter().for_each(show_permission);
    restore_remembered(frame);
}

/// Converts all times to the selected time zone. The values of input fields are in a zone `old_offset` minutes ahead of UTC.
pub(crate) fn set_utc_offset(frame: &HtmlElement, old_offset: i32) {
    let offset = utc_offset_minutes();
    all(frame, "time[datetime]").iter().for_each(|time| localise_time(time, offset));
    // Without scripts, input fields are in UTC; here they are in the user's time zone and say so.
    for field in all(frame, "[type=datetime-local]") {
        let name = JsValue::from_str("valueAsNumber");
        if let Some(millis) = js_sys::Reflect::get(&field, &name).ok().and_then(|value| value.as_f64()) {
            let _ = js_sys::Reflect::set(
                &field,
                &name,
                &JsValue::from_f64(millis + f64::from(offset - old_offset) * 60e3),
            );
        }
    }
    for zone in all(frame, "[data-zone]") {
        set_value(&zone, &JsValue::from_f64(f64::from(offset)));
    }
    for name in all(frame, "[data-zone-name]") {
        name.set_text_content(Some(if is_utc() { "UTC" } else { "local" }));
    }
}

/// Shows a time in the user's time zone: as text, or as tooltip when the text is an age.
fn localise_time(time: &Element, offset: i32) {
    let millis = js_sys::Date::parse(&time.get_attribute("datetime").unwrap_or_default());
    if millis.is_nan() {
        return;
    }
    let text = local_date_and_time(Timestamp::from_millis(millis as i64), Some(offset));
    if time.has_attribute("title") {
        let _ = time.set_attribute("title", &text);
    } else {
        time.set_text_content(Some(&text));
    }
}

fn show_permission(button: &Element) {
    let text = match notification_permission() {
        None => "Not supported by this browser",
        Some(NotificationPermission::Granted) => "Enabled",
        Some(NotificationPermission::Denied) => "Blocked by the browser",
        // The browser asks the user when the button is pressed.
        Some(_) => return,
    };
    button.set_text_content(Some(text));
    let _ = button.set_attribute("disabled", "");
}

/// Fills fields that are empty or have a suggestion of the server with the values remembered by this browser.
fn restore_remembered(frame: &HtmlElement) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    for field in all(frame, "[data-remember]") {
        let known = field.get_attribute(REMEMBERED).and_then(|key| storage.get_item(&key).ok().flatten());
        if let Some(known) = known
            && (field.has_attribute("data-suggested") || value(&field).is_some_and(|value| value == ""))
        {
            set_value(&field, &JsValue::from_str(&known));
        }
    }
}
