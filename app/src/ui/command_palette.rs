//! Command palette (Ctrl+K): search for pages, charts and actions. The server searches and renders the results, the browser
//! provides the dialog; this module connects them.

use crate::base_path::url;
use crate::fragment::{all, body_of, fetch};
use leptos::prelude::{document, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, KeyboardEvent, MouseEvent};

/// Selector of focusable elements: the field and the results.
const FOCUSABLE: &str = "input,li a,li button";
/// Attribute with the pending query.
const PENDING: &str = "data-asks";
/// Attribute that is set while the first result is to be opened as soon as it is loaded.
const OPEN_FIRST: &str = "data-follows";

/// Registers the event listeners of the palette for the lifetime of the page. Call it before all other key listeners: input to
/// the palette must not reach them.
pub(crate) fn listen_for_palette() {
    // `Fn`, because handling an event may trigger a click, which calls the listener again.
    let listener = Closure::<dyn Fn(Event)>::new(|event: Event| {
        // `None` when the elements rendered by the server are missing.
        let _ = handle_event(&event);
    });
    for name in ["keydown", "click", "input"] {
        let _ = window().add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    }
    listener.forget();
}

fn handle_event(event: &Event) -> Option<()> {
    let palette: HtmlDialogElement = document().get_element_by_id("find")?.unchecked_into();
    let target = event.target()?.dyn_into::<Element>().ok()?;
    match event.type_().as_str() {
        "click" => handle_click(&palette, &target, event),
        "keydown" => handle_key(&palette, event.unchecked_ref())?,
        _ if palette.contains(Some(&target)) => {
            let _ = palette.remove_attribute(OPEN_FIRST);
            search(palette);
        }
        _ => {}
    }
    Some(())
}

fn handle_click(palette: &HtmlDialogElement, target: &Element, event: &Event) {
    let closest = |selector: &str| target.closest(selector).ok().flatten();
    let mouse: &MouseEvent = event.unchecked_ref();
    // With Ctrl or Cmd the browser opens a new tab.
    if closest(&format!("a[href='{}']", url("/search"))).is_some() && !mouse.ctrl_key() && !mouse.meta_key() {
        event.prevent_default();
        toggle(palette);
    } else if palette.contains(Some(target)) && closest("a,button").is_some() {
        palette.close();
        if let Some(selector) = closest("[data-press]").and_then(|row| row.get_attribute("data-press")) {
            click(document().query_selector(&selector));
        }
    }
}

fn handle_key(palette: &HtmlDialogElement, event: &KeyboardEvent) -> Option<()> {
    let (key, is_chord) = (event.key(), event.ctrl_key() || event.meta_key() || event.alt_key());
    if is_chord && !event.alt_key() && !event.shift_key() && key.eq_ignore_ascii_case("k") {
        event.prevent_default();
        toggle(palette);
    } else if palette.has_attribute("open") {
        event.stop_immediate_propagation();
        // Keys of an input method (IME) are not for the palette.
        if event.is_composing() {
            return None;
        }
        let elements = all(palette, FOCUSABLE);
        let field = elements.first()?;
        let focused = document().active_element();
        let index = elements.iter().position(|element| Some(element) == focused.as_ref()).unwrap_or(0);
        let next = match key.as_str() {
            "ArrowDown" => elements.get(index + 1).unwrap_or(field),
            "ArrowUp" => elements.get(index.checked_sub(1).unwrap_or(elements.len() - 1))?,
            "Enter" if Some(field) == focused.as_ref() => {
                event.prevent_default();
                let _ = palette.set_attribute(OPEN_FIRST, "");
                open_first_result(palette);
                return None;
            }
            // Typing always goes to the field: focus it, and the browser inserts the character.
            key if !is_chord && key != " " && (key == "Backspace" || key.chars().nth(1).is_none()) => {
                let _ = field.unchecked_ref::<HtmlElement>().focus();
                return None;
            }
            _ => return None,
        };
        event.prevent_default();
        let _ = next.unchecked_ref::<HtmlElement>().focus();
    }
    Some(())
}

/// Opens the palette with an empty field, or closes it when it is open.
fn toggle(palette: &HtmlDialogElement) {
    if palette.has_attribute("open") {
        palette.close();
    } else if palette.show_modal().is_ok() {
        if let Ok(Some(form)) = palette.query_selector("form") {
            form.unchecked_into::<web_sys::HtmlFormElement>().reset();
        }
        search(palette.clone());
    }
}

/// Opens the first result, if requested and the results are up to date.
fn open_first_result(palette: &HtmlDialogElement) {
    if palette.has_attribute(OPEN_FIRST) && !palette.has_attribute(PENDING) {
        let _ = palette.remove_attribute(OPEN_FIRST);
        click(palette.query_selector("li a,li button"));
    }
}

fn click(element: Result<Option<Element>, JsValue>) {
    if let Ok(Some(element)) = element {
        element.unchecked_into::<HtmlElement>().click();
    }
}

/// Sends the text of the field to the server and shows the results.
fn search(palette: HtmlDialogElement) {
    leptos::task::spawn_local(async move {
        // `None` when elements of the dialog are missing, or the reply is outdated.
        let _ = show_results(&palette).await;
    });
}

async fn show_results(palette: &HtmlDialogElement) -> Option<()> {
    let form = palette.first_element_child()?;
    let query = body_of(form.unchecked_ref(), None).ok()?;
    let _ = palette.set_attribute(PENDING, &query);
    let reply = fetch(&format!("/api/fragment/search?{query}"), None).await;
    // The text may have changed in the meantime.
    if palette.get_attribute(PENDING) != Some(query) {
        return None;
    }
    let _ = palette.remove_attribute(PENDING);
    let (status, results) = (form.next_element_sibling()?, palette.last_element_child()?);
    let html = reply.map_or_else(|_| "<p>Server unreachable</p>".to_owned(), |reply| reply.html);
    results.set_inner_html(&html);
    // Remove actions whose button is not on this page.
    for row in all(&results, "[data-press]") {
        let selector = row.get_attribute("data-press")?;
        if document().query_selector(&selector).is_ok_and(|found| found.is_none()) {
            row.remove();
        }
    }
    status.set_text_content(results.first_element_child()?.text_content().as_deref());
    open_first_result(palette);
    Some(())
}
