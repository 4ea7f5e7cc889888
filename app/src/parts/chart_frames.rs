//! When charts are drawn: those that wait are drawn bit by bit, so that no frame of the page takes long however many there are.

use crate::parts::chart_canvas::Canvas;
use leptos::prelude::request_animation_frame;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

/// When so much of a frame has passed, in milliseconds, further charts are drawn in the next: a frame has 16, and the browser
/// has work of its own in it.
const PART_OF_A_FRAME: f64 = 4.0;

thread_local! {
    static WAITING: RefCell<VecDeque<Weak<Canvas>>> = const { RefCell::new(VecDeque::new()) };
    static FRAME_IS_ASKED_FOR: Cell<bool> = const { Cell::new(false) };
}

/// Draws the chart in one of the next frames, after those that wait already.
pub(super) fn schedule(canvas: &Rc<Canvas>) {
    WAITING.with_borrow_mut(|waiting| waiting.push_back(Rc::downgrade(canvas)));
    ask_for_a_frame();
}

fn ask_for_a_frame() {
    if !FRAME_IS_ASKED_FOR.replace(true) {
        request_animation_frame(draw_some);
    }
}

fn draw_some() {
    FRAME_IS_ASKED_FOR.set(false);
    let begin = js_sys::Date::now();
    while let Some(next) = WAITING.with_borrow_mut(VecDeque::pop_front) {
        // One that is gone has nothing to draw.
        if let Some(canvas) = next.upgrade() {
            canvas.draw_scheduled();
        }
        if js_sys::Date::now() - begin >= PART_OF_A_FRAME {
            break;
        }
    }
    if !WAITING.with_borrow(VecDeque::is_empty) {
        ask_for_a_frame();
    }
}
