//! Toasts for alerts that fire or are resolved, and desktop notifications while the page is in the background.

use crate::base_path::url;
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

/// Id of the element that contains the toasts.
const TOASTS: &str = "toasts";
/// Maximum number of toasts; the oldest are removed.
const MAX_TOASTS: u32 = 4;
/// How long a toast is shown. Critical ones stay until they are closed or resolved.
const DURATION: Duration = Duration::from_secs(12);

/// Shows the change of an alert, unless it is suppressed: nobody is interrupted then.
pub(crate) fn toast(alert: &AlertMessage) {
    // Identifies the alert: a later toast replaces an earlier one of the same alert.
    let key = format!("{}{}", alert.rule, alert.labels);
    if alert.change == AlertChange::Suppressed {
        remove(|toast| toast.get_attribute("data-key").as_deref() == Some(key.as_str()));
    }
    if alert.suppressed {
        return;
    }
    let (word, class) = match alert.change {
        AlertChange::Fired | AlertChange::Worsened | AlertChange::Unsuppressed => {
            (alert.severity.title(), alert.severity.as_str())
        }
        AlertChange::Resolved => ("Resolved", "over"),
        // Shown on the alerts page only, without interrupting the user.
        AlertChange::FlappingBegan
        | AlertChange::FlappingEnded
        | AlertChange::NoData
        | AlertChange::DataReturned
        | AlertChange::Suppressed => return,
    };
    let _ = show(&key, word, class, &alert.message, alert.severity == Severity::Critical);
    if document().visibility_state() != VisibilityState::Visible
        && notification_permission() == Some(NotificationPermission::Granted)
    {
        let options = NotificationOptions::new();
        options.set_body(&alert.message);
        options.set_tag(&key);
        let _ = Notification::new_with_options(&format!("Watchglass: {word}"), &options);
    }
}

/// Removes the toasts that stay until their alert is resolved: no alert waits for a user any more. The page may have missed
/// the change that says so, while it was disconnected.
pub(crate) fn remove_lasting_toasts() {
    remove(|toast| toast.class_name().split(' ').any(|class| class == Severity::Critical.as_str()));
}

fn remove(is_old: impl Fn(&Element) -> bool) {
    let Some(toasts) = document().get_element_by_id(TOASTS) else { return };
    let shown = toasts.children();
    // Collected first: the list changes with each removal.
    let old: Vec<Element> =
        (0..shown.length()).filter_map(|index| shown.item(index)).filter(is_old).collect();
    old.iter().for_each(Element::remove);
}

/// Shows a short static message. `text` is not escaped.
pub(crate) fn show_message(text: &str) {
    let (Some(toasts), Ok(toast)) = (document().get_element_by_id(TOASTS), document().create_element("div"))
    else {
        return;
    };
    toast.set_class_name("toast");
    toast.set_inner_html(&format!("<p>{text}</p>"));
    if toasts.append_child(&toast).is_ok() {
        set_timeout(move || toast.remove(), DURATION / 2);
    }
}

fn show(key: &str, word: &str, class: &str, text: &str, is_critical: bool) -> Result<(), JsValue> {
    let Some(toasts) = document().get_element_by_id(TOASTS) else { return Ok(()) };
    remove(|toast| toast.get_attribute("data-key").as_deref() == Some(key));
    while toasts.child_element_count() >= MAX_TOASTS {
        toasts.first_element_child().as_ref().map(Element::remove);
    }
    let toast = document().create_element("div")?;
    toast.set_class_name(&format!("toast {class}"));
    toast.set_attribute("data-key", key)?;
    toast.set_inner_html(&format!(
        "<p><strong>{word}</strong> {}</p><a href=\"{}\">Alerts</a>\
         <button type=\"button\" aria-label=\"Close\">&times;</button>",
        escaped(text),
        url("/alerts")
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
        set_timeout(move || toast.remove(), DURATION);
    }
    Ok(())
}

/// Permission for desktop notifications; `None` when the browser does not support them.
pub(crate) fn notification_permission() -> Option<NotificationPermission> {
    let is_supported = js_sys::Reflect::has(&window(), &JsValue::from_str("Notification"));
    (is_supported == Ok(true)).then(Notification::permission)
}

/// Requests permission for desktop notifications, and calls `done` afterwards.
pub(crate) fn request_notification_permission(done: impl Fn() + 'static) {
    if notification_permission().is_some()
        && let Ok(promise) = Notification::request_permission()
    {
        leptos::task::spawn_local(async move {
            // The browser stores the decision.
            let _ = JsFuture::from(promise).await;
            done();
        });
    }
}
