//! Pointer, wheel and keyboard input of a chart: translates browser events to gestures and executes their intents.

use crate::chart::canvas::Canvas;
use crate::live::freeze_while_hovered;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use watchglass_chart::gesture::{Event as GestureEvent, Gesture, Intent, Key, Viewport};
use web_sys::{Event, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

/// Browser events with a listener.
const EVENTS: [&str; 9] = [
    "pointerdown",
    "pointermove",
    "pointerup",
    "pointercancel",
    "pointerleave",
    "dblclick",
    "wheel",
    "keydown",
    "blur",
];
/// Time after the last wheel event until the wheel gesture ends.
const WHEEL_TIMEOUT: Duration = Duration::from_millis(250);
/// A click within this distance of the pinned cursor releases it; in CSS pixels.
const UNPIN_DISTANCE: f64 = 8.0;

/// Event listeners of a chart, which are removed on drop.
pub(super) struct ChartInput {
    canvas: Rc<Canvas>,
    listener: Closure<dyn FnMut(Event)>,
    _state: Rc<State>,
}

/// State between events.
struct State {
    canvas: Rc<Canvas>,
    gesture: RefCell<Gesture>,
    /// Number of wheel events.
    wheel_events: Cell<u32>,
    /// Whether a pointer is on the chart, which freezes all charts.
    is_hovered: Cell<bool>,
}

impl ChartInput {
    pub(super) fn new(canvas: &Rc<Canvas>) -> Result<Self, JsValue> {
        let state = Rc::new(State {
            canvas: Rc::clone(canvas),
            gesture: RefCell::default(),
            wheel_events: Cell::new(0),
            is_hovered: Cell::new(false),
        });
        let weak = Rc::downgrade(&state);
        let listener =
            Closure::<dyn FnMut(Event)>::new(move |event: Event| State::handle_event(&weak, &event));
        for name in EVENTS {
            canvas.frame.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref())?;
        }
        Ok(Self { canvas: Rc::clone(canvas), listener, _state: state })
    }
}

impl Drop for ChartInput {
    fn drop(&mut self) {
        for name in EVENTS {
            let listener = self.listener.as_ref().unchecked_ref();
            let _ = self.canvas.frame.remove_event_listener_with_callback(name, listener);
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Unfreezes the other charts when this one disappears from under the pointer.
        self.set_hovered(false);
    }
}

impl State {
    fn handle_event(this: &Weak<Self>, event: &Event) {
        let Some(state) = this.upgrade() else { return };
        let Some(event) = state.translate(event) else { return };
        let is_key = matches!(event, GestureEvent::Key { .. });
        match event {
            GestureEvent::Move { .. } | GestureEvent::Down { .. } => state.set_hovered(true),
            GestureEvent::Cancel { .. } => state.set_hovered(false),
            _ => {}
        }
        state.canvas.tooltip.set_active(!matches!(event, GestureEvent::Cancel { .. }));
        state.handle(event, is_key);
        if matches!(event, GestureEvent::Wheel { .. }) {
            let count = state.wheel_events.get().wrapping_add(1);
            state.wheel_events.set(count);
            let this = Weak::clone(this);
            set_timeout(
                move || {
                    if let Some(state) = this.upgrade().filter(|state| state.wheel_events.get() == count) {
                        state.handle(GestureEvent::WheelEnd, false);
                    }
                },
                WHEEL_TIMEOUT,
            );
        }
    }

    fn set_hovered(&self, is_hovered: bool) {
        if self.is_hovered.replace(is_hovered) != is_hovered {
            freeze_while_hovered(self.canvas.data, self.canvas.view, is_hovered);
        }
    }

    /// Translates a browser event to a gesture event; `None` for events that are ignored.
    fn translate(&self, event: &Event) -> Option<GestureEvent> {
        let x = || {
            let left = self.canvas.frame.get_bounding_client_rect().left();
            f64::from(event.unchecked_ref::<MouseEvent>().client_x()) - left
        };
        let pointer: &PointerEvent = event.unchecked_ref();
        Some(match event.type_().as_str() {
            "pointerdown" => {
                if pointer.button() != 0 {
                    return None;
                }
                let id = pointer.pointer_id();
                // A drag continues outside the chart. A pointer that cannot be captured just leaves.
                let _ = self.canvas.frame.set_pointer_capture(id);
                GestureEvent::Down {
                    id,
                    x: x(),
                    pans: pointer.shift_key() || pointer.pointer_type() == "touch",
                }
            }
            "pointermove" => GestureEvent::Move { id: pointer.pointer_id(), x: x() },
            "pointerup" => GestureEvent::Up { id: pointer.pointer_id(), x: x() },
            "pointercancel" | "pointerleave" => GestureEvent::Cancel { id: pointer.pointer_id() },
            "dblclick" => GestureEvent::DoubleClick,
            "blur" => GestureEvent::Cancel { id: -1 },
            "wheel" => {
                let wheel: &WheelEvent = event.unchecked_ref();
                let (along, across) = (wheel.delta_y(), wheel.delta_x());
                let by = if wheel.shift_key() && across == 0.0 { along } else { across };
                // Vertical scrolling belongs to the page.
                if by == 0.0 || (!wheel.shift_key() && across.abs() <= along.abs()) {
                    return None;
                }
                event.prevent_default();
                GestureEvent::Wheel { by }
            }
            "keydown" => {
                let pressed: &KeyboardEvent = event.unchecked_ref();
                if pressed.ctrl_key() || pressed.alt_key() || pressed.meta_key() {
                    return None;
                }
                let key = match (pressed.key().as_str(), pressed.shift_key()) {
                    ("ArrowLeft", true) => Key::PanLeft,
                    ("ArrowRight", true) => Key::PanRight,
                    ("ArrowLeft", false) => Key::CursorLeft,
                    ("ArrowRight", false) => Key::CursorRight,
                    ("+" | "=", _) => Key::ZoomIn,
                    ("-" | "_", _) => Key::ZoomOut,
                    ("Enter", _) => Key::Pin,
                    ("Backspace", _) => {
                        event.prevent_default();
                        return Some(GestureEvent::DoubleClick);
                    }
                    _ => return None,
                };
                event.prevent_default();
                GestureEvent::Key { key, cursor: self.canvas.view.cursor.get_untracked() }
            }
            _ => return None,
        })
    }

    fn viewport(&self) -> Option<Viewport> {
        let (left, right) = self.canvas.painter.borrow().edges()?;
        let store = self.canvas.data.store;
        store.try_with_value(|store| Viewport {
            left,
            right,
            window: store.window(),
            newest: store.newest().unwrap_or_default(),
        })
    }

    fn handle(&self, event: GestureEvent, is_key: bool) {
        let Some(viewport) = self.viewport() else { return };
        let intent = self.gesture.borrow_mut().handle(event, &viewport);
        let canvas = &self.canvas;
        let view = canvas.view;
        let pinned = view.pinned.get_untracked();
        let selection = if let Intent::Select(from, to) = intent { Some((from, to)) } else { None };
        if canvas.selection.replace(selection) != selection {
            canvas.draw_cursor();
        }
        match intent {
            // Only keys move a pinned cursor.
            Intent::MoveCursor(time) if pinned.is_none() => view.cursor.set(Some(time)),
            Intent::MoveCursor(time) if is_key => view.pin(Some(time)),
            Intent::MoveCursor(_) => canvas.tooltip.update(canvas),
            Intent::ClearCursor => view.cursor.set(pinned),
            Intent::Preview(range) => {
                let is_live = matches!(event, GestureEvent::Cancel { .. })
                    && view.window.get_untracked().end().is_none()
                    && !view.paused.get_untracked();
                canvas.data.update(|store| {
                    store.show_range((!is_live).then_some(range));
                    true
                });
            }
            Intent::Navigate(range) => view.show_range(range),
            Intent::Pin(time) => {
                let distance = viewport.millis_in(UNPIN_DISTANCE);
                let is_pinned_here = pinned.is_some_and(|pinned| (pinned - time).abs() <= distance);
                view.pin((!is_pinned_here).then_some(time));
            }
            Intent::Back => view.go_back(),
            Intent::None | Intent::Select(..) | Intent::ClearSelection => {}
        }
    }
}
