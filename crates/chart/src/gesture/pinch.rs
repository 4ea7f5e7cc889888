//! Two fingers on a chart: the moments under them stay under them.

use super::{Ground, SLACK, State};
use watchglass_model::TimeRange;

/// Two fingers that have just come down, at these places of what is `shown`.
pub(super) fn pinching(fingers: [(i32, f64); 2], ground: &Ground, shown: TimeRange) -> State {
    let [one, two] = fingers;
    State::Pinching { fingers, held: (ground.moment(one.1), ground.moment(two.1)), ground: *ground, shown }
}

/// The stretch that has the moments that are held where the fingers are.
pub(super) fn pinched(fingers: [(i32, f64); 2], held: (f64, f64), ground: &Ground) -> TimeRange {
    let [(_, one), (_, two)] = fingers;
    let apart = two - one;
    // Fingers that meet, or pass each other, would turn time round.
    if apart.abs() < SLACK || (held.1 - held.0) * apart <= 0.0 {
        return ground.window;
    }
    let per_pixel = (held.1 - held.0) / apart;
    let start = held.0 - (one - ground.left) * per_pixel;
    ground.fit(start, start + (ground.right - ground.left) * per_pixel)
}
