//! Theme switch: dark, light, or the system default. Stored in a cookie, so that the server renders the right theme at once.

use crate::live::{Preferences, use_preferences};
use leptos::prelude::*;

#[cfg(feature = "hydrate")]
const DARK: &str = "(prefers-color-scheme: dark)";

/// Icon: a half-dark disc. Only the server renders it; static HTML adds nothing to the wasm bundle.
const ICON: &str = if cfg!(feature = "hydrate") {
    ""
} else {
    "<svg viewBox=\"0 0 24 24\" width=\"18\" height=\"18\" aria-hidden=\"true\">\
    <circle cx=\"12\" cy=\"12\" r=\"9\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"></circle>\
    <path d=\"M12 3a9 9 0 0 1 0 18z\" fill=\"currentColor\"></path></svg>"
};

/// Button that switches to the other theme.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let preferences = use_preferences();
    view! {
        <button class="theme-switch" type="button" aria-label="Switch between dark and light"
            on:click=move |_| switch(preferences) inner_html=ICON></button>
    }
}

/// Redraws the charts when the system theme changes.
#[cfg(feature = "hydrate")]
pub(crate) fn follow_system_theme() {
    use leptos::wasm_bindgen::JsCast;
    use wasm_bindgen::prelude::Closure;
    let preferences = use_preferences();
    let Ok(Some(query)) = window().match_media(DARK) else { return };
    let changed = Closure::<dyn FnMut()>::new(move || {
        let _ = preferences.theme_changed.try_update(|count| *count += 1);
    });
    if query.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref()).is_ok() {
        let listener = StoredValue::new_local((query, changed));
        on_cleanup(move || {
            let _ = listener.try_with_value(|(query, changed)| {
                query.remove_event_listener_with_callback("change", changed.as_ref().unchecked_ref())
            });
        });
    }
}

#[cfg(not(feature = "hydrate"))]
fn switch(_: Preferences) {}

#[cfg(feature = "hydrate")]
fn switch(preferences: Preferences) {
    let Some(root) = document().document_element() else { return };
    let dark = match root.get_attribute("data-theme").as_deref() {
        Some(theme) => theme == "dark",
        None => window().match_media(DARK).ok().flatten().is_some_and(|query| query.matches()),
    };
    let theme = if dark { "light" } else { "dark" };
    let _ = root.set_attribute("data-theme", theme);
    let path = crate::base_path::url("/");
    let cookie = format!("theme={theme}; Path={path}; Max-Age=31536000; SameSite=Lax");
    let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &cookie.into());
    let _ = preferences.theme_changed.try_update(|count| *count += 1);
}
