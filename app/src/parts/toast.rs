//! Alerts that have just begun or are over, in a corner of whatever page is open, and on the desktop when no page is looked at.

use crate::escape::escaped;
use leptos::prelude::{document, set_timeout, window};
use leptos::wasm_bindgen::JsCast;
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::JsFuture;
use watchglass_live::{AlertChange, AlertMessage};
use watchglass_model::Severity;
use web_sys::{Element, Event, Notification, NotificationOptions, NotificationPermission, VisibilityState};

/// The element of the page that they are put into.
const TOASTS: &str = "toasts";
/// How many there are at a time; the oldest give way.
const MOST: u32 = 4;
/// How long one stays. What is critical stays until it is closed, or over.
const STAYS: Duration = Duration::from_secs(12);

/// Shows what has become of an alert.
pub(crate) fn toast(alert: &AlertMessage) {
    let (word, class) = match alert.change {
        AlertChange::Fired | AlertChange::Worsened => (alert.severity.title(), alert.severity.word()),
        AlertChange::Resolved => ("Over", "over"),
        // That is for the page of alerts: nobody is to be interrupted again.
        AlertChange::FlappingBegan | AlertChange::FlappingEnded => return,
    };
    // Which alert: what is said later about the same one takes the place of what was said before.
    let key = format!("{}{}", alert.rule, alert.labels);
    let _ = show(&key, word, class, &alert.message, alert.severity == Severity::Critical);
    if document().visibility_state() != VisibilityState::Visible
        && notifications() == Some(NotificationPermission::Granted)
    {
        let options = NotificationOptions::new();
        options.set_body(&alert.message);
        options.set_tag(&key);
        let _ = Notification::new_with_options(&format!("Watchglass: {word}"), &options);
    }
}

/// Says in a few words, of this program's own, what has happened.
pub(crate) fn say(words: &str) {
    let (Some(toasts), Ok(toast)) = (document().get_element_by_id(TOASTS), document().create_element("div"))
    else {
        return;
    };
    toast.set_class_name("toast");
    toast.set_inner_html(&format!("<p>{words}</p>"));
    if toasts.append_child(&toast).is_ok() {
        set_timeout(move || toast.remove(), STAYS / 2);
    }
}

fn show(key: &str, word: &str, class: &str, text: &str, is_critical: bool) -> Result<(), JsValue> {
    let Some(toasts) = document().get_element_by_id(TOASTS) else { return Ok(()) };
    let shown = toasts.children();
    let same = (0..shown.length()).filter_map(|place| shown.item(place));
    for old in same.filter(|toast| toast.get_attribute("data-key").as_deref() == Some(key)) {
        old.remove();
    }
    while toasts.child_element_count() >= MOST {
        toasts.first_element_child().as_ref().map(Element::remove);
    }
    let toast = document().create_element("div")?;
    toast.set_class_name(&format!("toast {class}"));
    toast.set_attribute("data-key", key)?;
    toast.set_inner_html(&format!(
        "<p><strong>{word}</strong> {}</p><a href=\"/alerts\">Alerts</a>\
         <button type=\"button\" aria-label=\"Close\">&times;</button>",
        escaped(text)
    ));
    let close = {
        let toast = toast.clone();
        Closure::once_into_js(move |_: Event| toast.remove())
    };
    if let Some(button) = toast.last_element_child() {
        button.add_event_listener_with_callback("click", close.unchecked_ref())?;
    }
    toasts.append_child(&toast)?;
    if !is_critical || class == "over" {
        set_timeout(move || toast.remove(), STAYS);
    }
    Ok(())
}

/// Whether this browser may show alerts on the desktop; `None` for one that cannot.
pub(crate) fn notifications() -> Option<NotificationPermission> {
    let can = js_sys::Reflect::has(&window(), &JsValue::from_str("Notification"));
    (can == Ok(true)).then(Notification::permission)
}

/// Asks the reader whether it may, and calls `answered` afterwards.
pub(crate) fn ask_for_notifications(answered: impl Fn() + 'static) {
    if notifications().is_some()
        && let Ok(asked) = Notification::request_permission()
    {
        leptos::task::spawn_local(async move {
            // Whatever the answer is, the browser remembers it.
            let _ = JsFuture::from(asked).await;
            answered();
        });
    }
}
