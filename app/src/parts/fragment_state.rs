//! What a reader has done to a page of lists and forms, kept while its HTML is replaced: by the ids of its elements.

use leptos::prelude::{document, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

/// A field whose content this browser remembers, under the attribute's value.
pub(crate) const REMEMBERED: &str = "data-remember";
/// A field that was written into.
const TOUCHED: &str = "data-touched";

/// What is open, what was typed, and where the reader is.
pub(crate) struct State {
    /// Ids of what can be opened, and whether it is.
    open: Vec<(String, bool)>,
    typed: Vec<(String, JsValue)>,
    focus: Option<(String, Option<u32>)>,
}

impl State {
    /// The state of the page in `frame`.
    pub(crate) fn of(frame: &HtmlElement) -> Self {
        let typed = all(frame, "[data-touched]").into_iter();
        let focus = document().active_element().filter(|active| frame.contains(Some(active)));
        Self {
            open: all(frame, "details").iter().map(|part| (part.id(), part.has_attribute("open"))).collect(),
            typed: typed.filter_map(|field| Some((field.id(), value(&field)?))).collect(),
            focus: focus.map(|active| (active.id(), caret(&active))),
        }
    }

    /// Of it, where the reader is. The rest belongs to what was shown before.
    pub(crate) fn only_focus(self) -> Self {
        Self { open: Vec::new(), typed: Vec::new(), ..self }
    }

    /// Puts it back, as far as the new page has elements of the same ids.
    pub(crate) fn restore(self) {
        for (id, is_open) in &self.open {
            if let Some(element) = by_id(id) {
                let _ = element.toggle_attribute_with_force("open", *is_open);
            }
        }
        for (id, known) in &self.typed {
            if let Some(field) = by_id(id) {
                set_value(&field, known);
                let _ = field.set_attribute(TOUCHED, "");
            }
        }
        if let Some((id, caret)) = self.focus
            && let Some(element) = by_id(&id)
        {
            let _ = element.unchecked_ref::<HtmlElement>().focus();
            if let Some(caret) = caret
                && let Some(input) = element.dyn_ref::<HtmlInputElement>()
            {
                let _ = input.set_selection_range(caret, caret);
            }
        }
    }
}

/// Notes that a field was written into, and what of it is to be remembered.
pub(crate) fn remember(event: &Event) {
    let Some(field) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let _ = field.set_attribute(TOUCHED, "");
    if let (Some(key), Some(value)) =
        (field.get_attribute(REMEMBERED), value(&field).and_then(|value| value.as_string()))
        && let Ok(Some(storage)) = window().local_storage()
    {
        // A full or forbidden storage costs a convenience.
        let _ = storage.set_item(&key, &value);
    }
}

/// The elements that a selector finds.
pub(crate) fn all(frame: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = frame.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|place| found.get(place)?.dyn_into().ok()).collect()
}

fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

fn caret(element: &Element) -> Option<u32> {
    // Fields that are no text have none, and say so by an exception.
    element.dyn_ref::<HtmlInputElement>()?.selection_start().ok().flatten()
}

/// What a field holds: its text, what is chosen of it, or whether it is ticked.
pub(crate) fn value(field: &Element) -> Option<JsValue> {
    js_sys::Reflect::get(field, &property(field)).ok().filter(|value| !value.is_undefined())
}

/// Fills a field.
pub(crate) fn set_value(field: &Element, value: &JsValue) {
    // Nothing that has a value refuses one.
    let _ = js_sys::Reflect::set(field, &property(field), value);
}

fn property(field: &Element) -> JsValue {
    let is_ticked = field.get_attribute("type").as_deref() == Some("checkbox");
    JsValue::from_str(if is_ticked { "checked" } else { "value" })
}
