//! Hydration entry point.

use crate::ui::PANIC_BANNER;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the script of the page once the wasm is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&JsValue::from_str(&panic.to_string()));
        show_panic_banner();
    }));
    leptos::mount::hydrate_body(crate::root::App);
}

/// After a panic the state of Leptos is undefined, so the banner is a plain element of the page.
fn show_panic_banner() {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(banner) = document.and_then(|document| document.get_element_by_id(PANIC_BANNER)) {
        let _ = banner.remove_attribute("hidden");
    }
}
