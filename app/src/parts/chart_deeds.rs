//! What the buttons of a chart's menu do: full screen, and copies of its address and of its picture.

use crate::live::{Live, query};
use crate::parts::chart_picture::picture;
use crate::parts::toast::say;
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::{WithValue, document, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement};

/// Does what a press on `target` means, if that is a button of a menu.
pub(crate) fn act(live: Live, target: &Element) {
    let Ok(Some(button)) = target.closest("[data-do]") else { return };
    let Ok(Some(panel)) = button.closest("[data-panel]") else { return };
    match button.get_attribute("data-do").as_deref() {
        Some("full") if document().fullscreen_element().is_some() => document().exit_fullscreen(),
        Some("full") if panel.request_fullscreen().is_err() => {
            say("This browser shows no chart on the full screen.");
        }
        Some("link") => {
            let link = link(live, &panel).unwrap_or_default();
            leptos::task::spawn_local(async move {
                match clipboard("writeText", &JsValue::from_str(&link)).await {
                    Ok(()) => say("The link is copied."),
                    // Without TLS browsers have no clipboard: the address can be copied by hand.
                    Err(_) => {
                        let _ = window().prompt_with_message_and_default("The link:", &link);
                    }
                }
            });
        }
        Some("picture") => leptos::task::spawn_local(async move {
            say(match copy_picture(live, &panel).await {
                Ok(true) => "The picture is copied.",
                Ok(false) => "The picture is saved as a file.",
                Err(_) => "The picture could not be made.",
            });
        }),
        _ => {}
    }
}

/// The address that shows this chart as it is seen now, also later: what is live becomes the stretch that it shows.
fn link(live: Live, panel: &Element) -> Option<String> {
    let id = panel.get_attribute("data-panel")?;
    let query = query()?;
    let range = live.store.try_with_value(|store| store.window())?;
    query.delete("window");
    query.set("from", &range.start.millis().to_string());
    query.set("to", &range.end.millis().to_string());
    let location = window().location();
    let (origin, path) = (location.origin().ok()?, location.pathname().ok()?);
    Some(format!("{origin}{path}?{}#panel-{id}", String::from(query.to_string())))
}

/// Copies the picture; where that is not allowed it is saved. Says whether it was copied.
async fn copy_picture(live: Live, panel: &Element) -> Result<bool, JsValue> {
    let canvas = picture(live, panel)?;
    let made = Promise::new(&mut |done, failed| {
        if canvas.to_blob(&done).is_err() {
            let _ = failed.call0(&JsValue::NULL);
        }
    });
    let blob = JsFuture::from(made).await?;
    if copy_blob(&blob).await.is_ok() {
        return Ok(true);
    }
    let link: HtmlElement = document().create_element("a")?.unchecked_into();
    let address = web_sys::Url::create_object_url_with_blob(blob.unchecked_ref())?;
    let id = panel.get_attribute("data-panel").unwrap_or_default();
    link.set_attribute("href", &address)?;
    link.set_attribute("download", &format!("watchglass-{id}.png"))?;
    link.click();
    // What is being saved is held by the browser.
    web_sys::Url::revoke_object_url(&address)?;
    Ok(false)
}

async fn copy_blob(blob: &JsValue) -> Result<(), JsValue> {
    let kinds = Object::new();
    Reflect::set(&kinds, &"image/png".into(), blob)?;
    let constructor: Function = Reflect::get(&window(), &"ClipboardItem".into())?.dyn_into()?;
    let item = Reflect::construct(&constructor, &Array::of1(&kinds))?;
    clipboard("write", &Array::of1(&item)).await
}

/// Gives something to the clipboard; an error where there is none.
async fn clipboard(method: &str, what: &JsValue) -> Result<(), JsValue> {
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into())?;
    let method: Function = Reflect::get(&clipboard, &method.into())?.dyn_into()?;
    let given: Promise = method.call1(&clipboard, what)?.dyn_into()?;
    JsFuture::from(given).await.map(|_| ())
}
