//! Ctrl+K: finds pages, charts and what can be done. The server finds them and makes the list, the browser the dialog; here keys
//! lead from one to the other.

use crate::parts::fragment_living::{body_of, fetch};
use crate::parts::fragment_state::all;
use leptos::prelude::{document, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, KeyboardEvent, MouseEvent};

/// What can have the focus: the field, and what was found.
const STOPS: &str = "input,li a,li button";
/// The question that is not answered yet.
const ASKS: &str = "data-asks";
/// Whether the first that is found is to be followed, once it is known.
const FOLLOWS: &str = "data-follows";

/// Listens for what opens it and for what is done in it, as long as there is the page. To be called before anything else listens
/// to keys: what is typed here is for nobody else.
pub(crate) fn listen_for_palette() {
    // What a key or a press does may be a press itself, which is heard as well.
    let listener = Closure::<dyn Fn(Event)>::new(|event: Event| {
        // Without its parts, which the server has put into the page, there is no palette.
        let _ = hear(&event);
    });
    for name in ["keydown", "click", "input"] {
        let _ = window().add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    }
    listener.forget();
}

fn hear(event: &Event) -> Option<()> {
    let palette: HtmlDialogElement = document().get_element_by_id("find")?.unchecked_into();
    let target = event.target()?.dyn_into::<Element>().ok()?;
    match event.type_().as_str() {
        "click" => press(&palette, &target, event),
        "keydown" => key(&palette, event.unchecked_ref())?,
        _ if palette.contains(Some(&target)) => {
            let _ = palette.remove_attribute(FOLLOWS);
            ask(palette);
        }
        _ => {}
    }
    Some(())
}

fn press(palette: &HtmlDialogElement, target: &Element, event: &Event) {
    let closest = |what: &str| target.closest(what).ok().flatten();
    let mouse: &MouseEvent = event.unchecked_ref();
    // With a key the browser opens it elsewhere.
    if closest("a[href='/find']").is_some() && !mouse.ctrl_key() && !mouse.meta_key() {
        event.prevent_default();
        open(palette);
    } else if palette.contains(Some(target)) && closest("a,button").is_some() {
        palette.close();
        if let Some(what) = closest("[data-press]").and_then(|row| row.get_attribute("data-press")) {
            click(document().query_selector(&what));
        }
    }
}

fn key(palette: &HtmlDialogElement, event: &KeyboardEvent) -> Option<()> {
    let (key, is_chord) = (event.key(), event.ctrl_key() || event.meta_key() || event.alt_key());
    if is_chord && !event.alt_key() && !event.shift_key() && key.eq_ignore_ascii_case("k") {
        event.prevent_default();
        open(palette);
    } else if palette.has_attribute("open") {
        event.stop_immediate_propagation();
        // What is being composed has keys of its own.
        if event.is_composing() {
            return None;
        }
        let stops = all(palette, STOPS);
        let field = stops.first()?;
        let focused = document().active_element();
        let place = stops.iter().position(|stop| Some(stop) == focused.as_ref()).unwrap_or(0);
        let to = match key.as_str() {
            "ArrowDown" => stops.get(place + 1).unwrap_or(field),
            "ArrowUp" => stops.get(place.checked_sub(1).unwrap_or(stops.len() - 1))?,
            "Enter" if Some(field) == focused.as_ref() => {
                event.prevent_default();
                let _ = palette.set_attribute(FOLLOWS, "");
                follow(palette);
                return None;
            }
            // What is typed belongs into the field, wherever the focus is: the browser puts it there.
            key if !is_chord && key != " " && (key == "Backspace" || key.chars().nth(1).is_none()) => {
                let _ = field.unchecked_ref::<HtmlElement>().focus();
                return None;
            }
            _ => return None,
        };
        event.prevent_default();
        let _ = to.unchecked_ref::<HtmlElement>().focus();
    }
    Some(())
}

/// Opens it with an empty field; what is open is closed.
fn open(palette: &HtmlDialogElement) {
    if palette.has_attribute("open") {
        palette.close();
    } else if palette.show_modal().is_ok() {
        if let Ok(Some(form)) = palette.query_selector("form") {
            form.unchecked_into::<web_sys::HtmlFormElement>().reset();
        }
        ask(palette.clone());
    }
}

/// Presses the first that was found, if that is wanted and what is shown answers what was typed.
fn follow(palette: &HtmlDialogElement) {
    if palette.has_attribute(FOLLOWS) && !palette.has_attribute(ASKS) {
        let _ = palette.remove_attribute(FOLLOWS);
        click(palette.query_selector("li a,li button"));
    }
}

fn click(element: Result<Option<Element>, JsValue>) {
    if let Ok(Some(element)) = element {
        element.unchecked_into::<HtmlElement>().click();
    }
}

/// Asks the server for what is in the field.
fn ask(palette: HtmlDialogElement) {
    leptos::task::spawn_local(async move {
        // Without its parts there is nothing to show.
        let _ = show_answer(&palette).await;
    });
}

async fn show_answer(palette: &HtmlDialogElement) -> Option<()> {
    let form = palette.first_element_child()?;
    let question = body_of(form.unchecked_ref(), None).ok()?;
    let _ = palette.set_attribute(ASKS, &question);
    let answer = fetch(&format!("/api/fragment/find?{question}"), None).await;
    // Meanwhile something else may have been typed: then this is of no interest.
    if palette.get_attribute(ASKS) != Some(question) {
        return None;
    }
    let _ = palette.remove_attribute(ASKS);
    let (said, found) = (form.next_element_sibling()?, palette.last_element_child()?);
    let html = answer.map_or_else(|_| "<p>The server does not answer.</p>".to_owned(), |answer| answer.html);
    found.set_inner_html(&html);
    // What this page does not have cannot be pressed.
    for row in all(&found, "[data-press]") {
        let what = row.get_attribute("data-press")?;
        if document().query_selector(&what).is_ok_and(|found| found.is_none()) {
            row.remove();
        }
    }
    said.set_text_content(found.first_element_child()?.text_content().as_deref());
    follow(palette);
    Some(())
}
