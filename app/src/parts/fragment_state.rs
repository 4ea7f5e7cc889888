//! What a reader has done to a page of lists and forms, kept while its HTML is replaced: by the ids of its elements.

use leptos::prelude::{document, window};
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, HtmlTextAreaElement};

/// A field whose content this browser remembers, under the attribute's value.
const REMEMBERED: &str = "data-remember";
/// A field that was written into.
const TOUCHED: &str = "data-touched";

/// What is open, what was typed, and where the reader is.
pub(crate) struct State {
    /// Ids of what can be opened, and whether it is.
    open: Vec<(String, bool)>,
    typed: Vec<(String, String)>,
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

    /// Puts it back, as far as the new page has elements of the same ids.
    pub(crate) fn restore(self) {
        for (id, is_open) in &self.open {
            if let Some(element) = by_id(id) {
                let _ = element.toggle_attribute_with_force("open", *is_open);
            }
        }
        for (id, text) in &self.typed {
            if let Some(field) = by_id(id) {
                set_value(&field, text);
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
    if let (Some(key), Some(value)) = (field.get_attribute(REMEMBERED), value(&field))
        && let Ok(Some(storage)) = window().local_storage()
    {
        // A full or forbidden storage costs a convenience.
        let _ = storage.set_item(&key, &value);
    }
}

/// Fills what this browser remembers into fields that are empty.
pub(crate) fn restore_remembered(frame: &HtmlElement) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    for field in all(frame, "[data-remember]") {
        let known = field.get_attribute(REMEMBERED).and_then(|key| storage.get_item(&key).ok().flatten());
        if let Some(known) = known
            && value(&field).is_some_and(|value| value.is_empty())
        {
            set_value(&field, &known);
        }
    }
}

fn all(frame: &HtmlElement, selector: &str) -> Vec<Element> {
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

fn value(field: &Element) -> Option<String> {
    let input = field.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value);
    input.or_else(|| field.dyn_ref::<HtmlTextAreaElement>().map(HtmlTextAreaElement::value))
}

fn set_value(field: &Element, text: &str) {
    if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
        input.set_value(text);
    } else if let Some(area) = field.dyn_ref::<HtmlTextAreaElement>() {
        area.set_value(text);
    }
}
