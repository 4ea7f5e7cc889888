//! What a page of lists and forms is told of the browser that shows it: the reader's clock, what is remembered here, what
//! is allowed here.

use crate::clock::local_date_and_time;
use crate::parts::fragment_state::{REMEMBERED, all, set_value, value};
use crate::parts::notifications;
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use watchglass_model::Timestamp;
use web_sys::{Element, HtmlElement, NotificationPermission};

/// A button that asks whether this browser may show alerts on the desktop.
pub(crate) const NOTIFICATIONS: &str = "data-notifications";

/// Goes through the page once it is in place.
pub(crate) fn dress(frame: &HtmlElement) {
    let offset = -(js_sys::Date::new_0().get_timezone_offset() as i32);
    all(frame, "time[datetime]").iter().for_each(|time| localise(time, offset));
    all(frame, "[data-notifications]").iter().for_each(say_what_is_allowed);
    restore_remembered(frame);
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
