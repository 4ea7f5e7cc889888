//! What a page of lists and forms is told of the browser that shows it: the reader's clock, what is remembered here, what
//! is allowed here.

use crate::clock::local_date_and_time;
use crate::parts::fragment_state::{REMEMBERED, all, set_value, value};
use crate::parts::notifications;
use crate::parts::zone_switch::{chosen_offset, is_utc};
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use watchglass_model::Timestamp;
use web_sys::{Element, HtmlElement, NotificationPermission};

/// A button that asks whether this browser may show alerts on the desktop.
pub(crate) const NOTIFICATIONS: &str = "data-notifications";

/// Goes through the page once it is in place.
pub(crate) fn dress(frame: &HtmlElement) {
    set_clock(frame, 0);
    all(frame, "[data-notifications]").iter().for_each(say_what_is_allowed);
    restore_remembered(frame);
}

/// Sets all moments to the clock that counts now. What is to be typed was on one `before` minutes ahead of UTC.
pub(super) fn set_clock(frame: &HtmlElement, before: i32) {
    let offset = chosen_offset();
    all(frame, "time[datetime]").iter().for_each(|time| localise(time, offset));
    // Moments to be typed are in UTC for those who have no scripts; here they are on the reader's clock, and say so.
    for field in all(frame, "[type=datetime-local]") {
        let name = JsValue::from_str("valueAsNumber");
        if let Some(millis) = js_sys::Reflect::get(&field, &name).ok().and_then(|value| value.as_f64()) {
            let _ = js_sys::Reflect::set(
                &field,
                &name,
                &JsValue::from_f64(millis + f64::from(offset - before) * 60e3),
            );
        }
    }
    for zone in all(frame, "[data-zone]") {
        set_value(&zone, &JsValue::from_f64(f64::from(offset)));
    }
    for name in all(frame, "[data-zone-name]") {
        name.set_text_content(is_utc().then_some("UTC"));
    }
}

/// A moment on the reader's clock: its text, or where that is an age, what is said when it is pointed at.
fn localise(time: &Element, offset: i32) {
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

fn say_what_is_allowed(button: &Element) {
    let text = match notifications() {
        None => "This browser cannot",
        Some(NotificationPermission::Granted) => "Switched on",
        Some(NotificationPermission::Denied) => "This browser forbids it",
        // It is asked when the button is pressed.
        Some(_) => return,
    };
    button.set_text_content(Some(text));
    let _ = button.set_attribute("disabled", "");
}

/// Fills what this browser remembers into fields that are empty.
fn restore_remembered(frame: &HtmlElement) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    for field in all(frame, "[data-remember]") {
        let known = field.get_attribute(REMEMBERED).and_then(|key| storage.get_item(&key).ok().flatten());
        if let Some(known) = known
            && value(&field).is_some_and(|value| value == "")
        {
            set_value(&field, &JsValue::from_str(&known));
        }
    }
}
