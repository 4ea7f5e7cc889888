//! Form state of a fragment, preserved by element id while its HTML is replaced.

use leptos::prelude::{document, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

/// Attribute of fields that this browser remembers; its value is the storage key.
pub(crate) const REMEMBERED: &str = "data-remember";
/// Attribute of fields that the user has edited.
const TOUCHED: &str = "data-touched";

/// Open details, edited fields and focus.
pub(crate) struct FormState {
    /// Ids of `details` elements, and whether they are open.
    open: Vec<(String, bool)>,
    edited: Vec<(String, JsValue)>,
    focus: Option<(String, Option<u32>)>,
}

impl FormState {
    /// Reads the state of the fragment in `frame`.
    pub(crate) fn of(frame: &HtmlElement) -> Self {
        let edited = all(frame, "[data-touched]").into_iter();
        let focus = document().active_element().filter(|active| frame.contains(Some(active)));
        Self {
            open: all(frame, "details").iter().map(|part| (part.id(), part.has_attribute("open"))).collect(),
            edited: edited.filter_map(|field| Some((field.id(), value(&field)?))).collect(),
            focus: focus.map(|active| (active.id(), caret(&active))),
        }
    }

    /// Only the focus: the rest belongs to the previous URL.
    pub(crate) fn only_focus(self) -> Self {
        Self { open: Vec::new(), edited: Vec::new(), ..self }
    }

    /// Restores the state of elements that the new HTML has with the same ids.
    pub(crate) fn restore(self) {
        for (id, is_open) in &self.open {
            if let Some(element) = by_id(id) {
                let _ = element.toggle_attribute_with_force("open", *is_open);
            }
        }
        for (id, known) in &self.edited {
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

/// Marks a field as edited, and stores its value if the field is to be remembered.
pub(crate) fn remember(event: &Event) {
    let Some(field) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let _ = field.set_attribute(TOUCHED, "");
    if let (Some(key), Some(value)) =
        (field.get_attribute(REMEMBERED), value(&field).and_then(|value| value.as_string()))
        && let Ok(Some(storage)) = window().local_storage()
    {
        // Without storage, the field is just not remembered.
        let _ = storage.set_item(&key, &value);
    }
}

/// The elements that match a selector.
pub(crate) fn all(frame: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = frame.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

fn caret(element: &Element) -> Option<u32> {
    // Fields other than text throw an exception.
    element.dyn_ref::<HtmlInputElement>()?.selection_start().ok().flatten()
}

/// The value of a field: its text, its selected option, or whether it is checked.
pub(crate) fn value(field: &Element) -> Option<JsValue> {
    js_sys::Reflect::get(field, &property(field)).ok().filter(|value| !value.is_undefined())
}

/// Sets the value of a field.
pub(crate) fn set_value(field: &Element, value: &JsValue) {
    // Setting `value` or `checked` of a form field does not fail.
    let _ = js_sys::Reflect::set(field, &property(field), value);
}

fn property(field: &Element) -> JsValue {
    let is_checkbox = field.get_attribute("type").as_deref() == Some("checkbox");
    JsValue::from_str(if is_checkbox { "checked" } else { "value" })
}
