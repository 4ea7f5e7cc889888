//! Redraw scheduler: draws queued charts in small batches, so that no frame takes long however many charts there are.

use crate::chart::canvas::Canvas;
use leptos::prelude::request_animation_frame;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

/// Time budget per frame in milliseconds; further charts wait for the next frame. A frame takes 16 ms, and the browser needs
/// time as well.
const FRAME_BUDGET: f64 = 4.0;

thread_local! {
    static QUEUE: RefCell<VecDeque<Weak<Canvas>>> = const { RefCell::new(VecDeque::new()) };
    static IS_FRAME_REQUESTED: Cell<bool> = const { Cell::new(false) };
}

/// Queues the chart for one of the next frames.
pub(super) fn schedule(canvas: &Rc<Canvas>) {
    QUEUE.with_borrow_mut(|queue| queue.push_back(Rc::downgrade(canvas)));
    request_frame();
}

fn request_frame() {
    if !IS_FRAME_REQUESTED.replace(true) {
        request_animation_frame(draw_queued);
    }
}

fn draw_queued() {
    IS_FRAME_REQUESTED.set(false);
    let start = js_sys::Date::now();
    while let Some(next) = QUEUE.with_borrow_mut(VecDeque::pop_front) {
        // The chart may have been dropped in the meantime.
        if let Some(canvas) = next.upgrade() {
            canvas.draw_scheduled();
        }
        if js_sys::Date::now() - start >= FRAME_BUDGET {
            break;
        }
    }
    if !QUEUE.with_borrow(VecDeque::is_empty) {
        request_frame();
    }
}
