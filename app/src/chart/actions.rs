//! Menu actions of a chart: full screen, copy link, copy as PNG.

use crate::chart::image::chart_image;
use crate::live::{LiveData, Preferences, query_params};
use crate::ui::show_message;
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::{WithValue, document, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement};

/// Runs the action of `target`, if that is a button of a chart menu.
pub(crate) fn handle_menu_click(data: LiveData, preferences: Preferences, target: &Element) {
    let Ok(Some(button)) = target.closest("[data-do]") else { return };
    let Ok(Some(panel)) = button.closest("[data-panel]") else { return };
    match button.get_attribute("data-do").as_deref() {
        Some("full") if document().fullscreen_element().is_some() => document().exit_fullscreen(),
        Some("full") if panel.request_fullscreen().is_err() => {
            show_message("Full screen is not available");
        }
        Some("link") => {
            let link = link(data, &panel).unwrap_or_default();
            leptos::task::spawn_local(async move {
                match clipboard("writeText", &JsValue::from_str(&link)).await {
                    Ok(()) => show_message("Link copied"),
                    // Without TLS, browsers offer no clipboard: the user can copy the link by hand.
                    Err(_) => {
                        let _ = window().prompt_with_message_and_default("Link:", &link);
                    }
                }
            });
        }
        Some("picture") => leptos::task::spawn_local(async move {
            show_message(match copy_image(data, preferences, &panel).await {
                Ok(true) => "Image copied",
                Ok(false) => "Image saved as a file",
                Err(_) => "Could not create the image",
            });
        }),
        _ => {}
    }
}

/// A permanent link to this chart as shown now: a live window becomes a fixed range.
fn link(data: LiveData, panel: &Element) -> Option<String> {
    let id = panel.get_attribute("data-panel")?;
    let query = query_params()?;
    let range = data.store.try_with_value(|store| store.window())?;
    query.delete("window");
    query.set("from", &range.start.millis().to_string());
    query.set("to", &range.end.millis().to_string());
    let location = window().location();
    let (origin, path) = (location.origin().ok()?, location.pathname().ok()?);
    Some(format!("{origin}{path}?{}#panel-{id}", String::from(query.to_string())))
}

/// Copies the chart as an image, or saves it where that is not allowed. Returns whether it was copied.
async fn copy_image(data: LiveData, preferences: Preferences, panel: &Element) -> Result<bool, JsValue> {
    let canvas = chart_image(data, preferences, panel)?;
    let promise = Promise::new(&mut |resolve, reject| {
        if canvas.to_blob(&resolve).is_err() {
            let _ = reject.call0(&JsValue::NULL);
        }
    });
    let blob = JsFuture::from(promise).await?;
    if copy_blob(&blob).await.is_ok() {
        return Ok(true);
    }
    let link: HtmlElement = document().create_element("a")?.unchecked_into();
    let url = web_sys::Url::create_object_url_with_blob(blob.unchecked_ref())?;
    let id = panel.get_attribute("data-panel").unwrap_or_default();
    link.set_attribute("href", &url)?;
    link.set_attribute("download", &format!("watchglass-{id}.png"))?;
    link.click();
    // The browser keeps the data of a started download.
    web_sys::Url::revoke_object_url(&url)?;
    Ok(false)
}

async fn copy_blob(blob: &JsValue) -> Result<(), JsValue> {
    let kinds = Object::new();
    Reflect::set(&kinds, &"image/png".into(), blob)?;
    let constructor: Function = Reflect::get(&window(), &"ClipboardItem".into())?.dyn_into()?;
    let item = Reflect::construct(&constructor, &Array::of1(&kinds))?;
    clipboard("write", &Array::of1(&item)).await
}

/// Calls a method of the clipboard; an error when there is no clipboard.
async fn clipboard(method: &str, argument: &JsValue) -> Result<(), JsValue> {
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into())?;
    let method: Function = Reflect::get(&clipboard, &method.into())?.dyn_into()?;
    let promise: Promise = method.call1(&clipboard, argument)?.dyn_into()?;
    JsFuture::from(promise).await.map(|_| ())
}
