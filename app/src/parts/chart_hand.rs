//! The hand on a chart: tells the gestures what the browser tells of pointers, wheel and keys, and does what they mean.

use crate::parts::chart_canvas::Canvas;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use watchglass_chart::gesture::{Event as Told, Gesture, Ground, Intent, Key};
use web_sys::{Event, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

/// What is listened to.
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
/// The wheel has come to rest when it was not turned for so long.
const REST: Duration = Duration::from_millis(250);
/// Pressed so near to where the cursor is pinned, it is let go; in CSS pixels.
const NEAR: f64 = 8.0;

/// What listens to a chart. Dropping it ends that.
pub(super) struct Hand {
    canvas: Rc<Canvas>,
    listener: Closure<dyn FnMut(Event)>,
    _state: Rc<State>,
}

/// What is known from one event to the next.
struct State {
    canvas: Rc<Canvas>,
    gesture: RefCell<Gesture>,
    /// Counts turns of the wheel.
    turns: Cell<u32>,
    /// Whether a pointer is on the chart: then the picture stands still.
    is_held: Cell<bool>,
}

impl Hand {
    pub(super) fn new(canvas: &Rc<Canvas>) -> Result<Self, JsValue> {
        let state = Rc::new(State {
            canvas: Rc::clone(canvas),
            gesture: RefCell::default(),
            turns: Cell::new(0),
            is_held: Cell::new(false),
        });
        let weak = Rc::downgrade(&state);
        let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| State::hear(&weak, &event));
        for name in EVENTS {
            canvas.frame.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref())?;
        }
        Ok(Self { canvas: Rc::clone(canvas), listener, _state: state })
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        for name in EVENTS {
            let listener = self.listener.as_ref().unchecked_ref();
            let _ = self.canvas.frame.remove_event_listener_with_callback(name, listener);
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // A chart that goes away from under a pointer lets the others go on.
        self.hold(false);
    }
}

impl State {
    fn hear(this: &Weak<Self>, event: &Event) {
        let Some(state) = this.upgrade() else { return };
        let Some(told) = state.tell(event) else { return };
        let is_key = matches!(told, Told::Key { .. });
        match told {
            Told::Move { .. } | Told::Down { .. } => state.hold(true),
            Told::Lost { .. } => state.hold(false),
            _ => {}
        }
        state.canvas.tip.switch(!matches!(told, Told::Lost { .. }));
        state.handle(told, is_key);
        if matches!(told, Told::Wheel { .. }) {
            let turn = state.turns.get().wrapping_add(1);
            state.turns.set(turn);
            let this = Weak::clone(this);
            set_timeout(
                move || {
                    if let Some(state) = this.upgrade().filter(|state| state.turns.get() == turn) {
                        state.handle(Told::Rest, false);
                    }
                },
                REST,
            );
        }
    }

    fn hold(&self, is_held: bool) {
        if self.is_held.replace(is_held) != is_held {
            self.canvas.live.rest(is_held);
        }
    }

    /// What an event is to the gestures; `None` for what is not theirs.
    fn tell(&self, event: &Event) -> Option<Told> {
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
                // What leaves the chart while it is drawn is still drawn; a pointer that cannot be held just leaves.
                let _ = self.canvas.frame.set_pointer_capture(id);
                Told::Down { id, x: x(), pans: pointer.shift_key() || pointer.pointer_type() == "touch" }
            }
            "pointermove" => Told::Move { id: pointer.pointer_id(), x: x() },
            "pointerup" => Told::Up { id: pointer.pointer_id(), x: x() },
            "pointercancel" | "pointerleave" => Told::Lost { id: pointer.pointer_id() },
            "dblclick" => Told::Double,
            "blur" => Told::Lost { id: -1 },
            "wheel" => {
                let wheel: &WheelEvent = event.unchecked_ref();
                let (along, across) = (wheel.delta_y(), wheel.delta_x());
                let by = if wheel.shift_key() && across == 0.0 { along } else { across };
                // Up and down belongs to the page.
                if by == 0.0 || (!wheel.shift_key() && across.abs() <= along.abs()) {
                    return None;
                }
                event.prevent_default();
                Told::Wheel { by }
            }
            "keydown" => {
                let pressed: &KeyboardEvent = event.unchecked_ref();
                if pressed.ctrl_key() || pressed.alt_key() || pressed.meta_key() {
                    return None;
                }
                let key = match (pressed.key().as_str(), pressed.shift_key()) {
                    ("ArrowLeft", true) => Key::Earlier,
                    ("ArrowRight", true) => Key::Later,
                    ("ArrowLeft", false) => Key::Left,
                    ("ArrowRight", false) => Key::Right,
                    ("+" | "=", _) => Key::In,
                    ("-" | "_", _) => Key::Out,
                    ("Enter", _) => Key::Pin,
                    ("Backspace", _) => {
                        event.prevent_default();
                        return Some(Told::Double);
                    }
                    _ => return None,
                };
                event.prevent_default();
                Told::Key { key, cursor: self.canvas.live.cursor.get_untracked() }
            }
            _ => return None,
        })
    }

    fn ground(&self) -> Option<Ground> {
        let (left, right) = self.canvas.painter.borrow().edges()?;
        let store = self.canvas.live.store;
        store.try_with_value(|store| Ground {
            left,
            right,
            window: store.window(),
            newest: store.newest().unwrap_or_default(),
        })
    }

    fn handle(&self, told: Told, is_key: bool) {
        let Some(ground) = self.ground() else { return };
        let intent = self.gesture.borrow_mut().handle(told, &ground);
        let canvas = &self.canvas;
        let live = canvas.live;
        let pinned = live.pinned.get_untracked();
        let chosen = if let Intent::Choose(from, to) = intent { Some((from, to)) } else { None };
        if canvas.chosen.replace(chosen) != chosen {
            canvas.point();
        }
        match intent {
            // A cursor that is pinned follows keys alone.
            Intent::Point(moment) if pinned.is_none() => live.cursor.set(Some(moment)),
            Intent::Point(moment) if is_key => live.pin(Some(moment)),
            Intent::Point(_) => canvas.tip.show(canvas),
            Intent::Leave => live.cursor.set(pinned),
            Intent::Show(range) => {
                let is_live = matches!(told, Told::Lost { .. })
                    && live.window.get_untracked().end().is_none()
                    && !live.paused.get_untracked();
                live.update(|store| {
                    store.show((!is_live).then_some(range));
                    true
                });
            }
            Intent::Go(range) => live.travel(range),
            Intent::Pin(moment) => {
                let near = ground.millis_in(NEAR);
                let is_there = pinned.is_some_and(|pinned| (pinned - moment).abs() <= near);
                live.pin((!is_there).then_some(moment));
            }
            Intent::Back => live.travel_back(),
            Intent::None | Intent::Choose(..) | Intent::Unchoose => {}
        }
    }
}
