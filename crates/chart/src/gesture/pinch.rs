//! Pinch gesture: the times under the two fingers stay under them.

use super::{DRAG_THRESHOLD, State, Viewport};
use watchglass_model::TimeRange;

/// State at the start of a pinch, with id and position of both fingers.
pub(super) fn pinching(fingers: [(i32, f64); 2], viewport: &Viewport, shown: TimeRange) -> State {
    let [one, two] = fingers;
    State::Pinching {
        fingers,
        held: (viewport.time_at(one.1), viewport.time_at(two.1)),
        viewport: *viewport,
        shown,
    }
}

/// The range in which the held times are under the fingers.
pub(super) fn pinched(fingers: [(i32, f64); 2], held: (f64, f64), viewport: &Viewport) -> TimeRange {
    let [(_, one), (_, two)] = fingers;
    let apart = two - one;
    // Fingers that meet or cross would reverse time.
    if apart.abs() < DRAG_THRESHOLD || (held.1 - held.0) * apart <= 0.0 {
        return viewport.window;
    }
    let per_pixel = (held.1 - held.0) / apart;
    let start = held.0 - (one - viewport.left) * per_pixel;
    viewport.clamp_range(start, start + (viewport.right - viewport.left) * per_pixel)
}
