//! Hydration entry point.

use crate::base_path::{base_path, set_base_path, url};
use crate::ui::PANIC_BANNER;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the script of the page once the wasm is loaded. `base` is the base path of the server.
#[wasm_bindgen]
pub fn hydrate(base: &str) {
    set_base_path(base);
    // It fails only if it is already set.
    let _ = leptos::server_fn::client::try_set_server_url(base_path());
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&JsValue::from_str(&panic.to_string()));
        show_panic_banner();
    }));
    let _ = add_final_slash(base);
    leptos::mount::hydrate_body(crate::root::App);
}

/// The overview is at the base path with a slash. Behind a proxy that takes the base path off, the server cannot see that the
/// slash is missing.
fn add_final_slash(base: &str) -> Option<()> {
    let window = web_sys::window()?;
    let location = window.location();
    if base.is_empty() || location.pathname().ok()? != base {
        return None;
    }
    let overview = format!("{}{}{}", url("/"), location.search().ok()?, location.hash().ok()?);
    window.history().ok()?.replace_state_with_url(&JsValue::NULL, "", Some(&overview)).ok()
}

/// After a panic the state of Leptos is undefined, so the banner is a plain element of the page.
fn show_panic_banner() {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(banner) = document.and_then(|document| document.get_element_by_id(PANIC_BANNER)) {
        let _ = banner.remove_attribute("hidden");
    }
}
