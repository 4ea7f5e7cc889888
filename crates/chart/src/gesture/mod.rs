//! What the reader's hand on a chart means: pointers, wheel and keys in, intents out.
//!
//! Nothing is drawn, asked or timed here. Places are CSS pixels from the chart's left edge.

mod ground;
mod pinch;

pub use ground::{Ground, LONGEST, SHORTEST};

use pinch::{pinched, pinching};
use watchglass_model::TimeRange;

/// A pointer that moves less than this many pixels has not been drawn.
const SLACK: f64 = 4.0;
/// An arrow key moves the cursor by this part of what is shown.
const STEPS: i64 = 100;

/// What can happen to a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A pointer touches it.
    Down {
        /// Number of the pointer.
        id: i32,
        /// Where.
        x: f64,
        /// Whether it is to move what is shown, as a finger does, and not to choose a part of it.
        pans: bool,
    },
    /// A pointer moves over it, or wherever it goes while it is down.
    Move {
        /// Number of the pointer.
        id: i32,
        /// Where to.
        x: f64,
    },
    /// A pointer is lifted.
    Up {
        /// Number of the pointer.
        id: i32,
        /// Where.
        x: f64,
    },
    /// The pointer is gone, or the browser has taken it for something else.
    Lost {
        /// Number of the pointer.
        id: i32,
    },
    /// A double click.
    Double,
    /// The wheel was turned sideways by so many pixels.
    Wheel {
        /// To the right.
        by: f64,
    },
    /// The wheel has come to rest.
    Rest,
    /// A key was pressed while the cursor was at a moment, or nowhere.
    Key {
        /// Which.
        key: Key,
        /// Where the cursor is, in milliseconds since the Unix epoch.
        cursor: Option<i64>,
    },
}

/// The keys that a chart understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Cursor to the left.
    Left,
    /// Cursor to the right.
    Right,
    /// Show what was before.
    Earlier,
    /// Show what was after.
    Later,
    /// Zoom in.
    In,
    /// Zoom out.
    Out,
    /// Let the cursor stay where it is.
    Pin,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Nothing.
    None,
    /// Let the cursor point at a moment, in milliseconds since the Unix epoch.
    Point(i64),
    /// Let it point at none.
    Leave,
    /// Show the part that is being chosen, from one moment to another.
    Choose(i64, i64),
    /// Choose none.
    Unchoose,
    /// Show another stretch while the hand still moves.
    Show(TimeRange),
    /// Go to another stretch.
    Go(TimeRange),
    /// Let the cursor stay at a moment.
    Pin(i64),
    /// Go back to where one was.
    Back,
}

/// The hand on a chart, from one event to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gesture(State);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Idle,
    /// Down at a place, and not drawn yet.
    Pressed { id: i32, x: f64, pans: bool, ground: Ground },
    /// Choosing a part.
    Choosing { id: i32, from: i64 },
    /// Moving what is shown.
    Panning { id: i32, x: f64, ground: Ground, shown: TimeRange },
    /// Two fingers: the number and the place of each, and the moments that were under them.
    Pinching { fingers: [(i32, f64); 2], held: (f64, f64), ground: Ground, shown: TimeRange },
    /// Turning the wheel.
    Wheeling { shown: TimeRange },
}

impl Gesture {
    /// Whether a hand is on the chart.
    pub fn is_busy(&self) -> bool {
        self.0 != State::Idle
    }

    /// Takes in what happens, and says what is to be done.
    pub fn handle(&mut self, event: Event, ground: &Ground) -> Intent {
        match event {
            Event::Down { id, x, pans } => self.down(id, x, pans, ground),
            Event::Move { id, x } => self.moved(id, x, ground),
            Event::Up { id, x } => self.up(id, x, ground),
            Event::Lost { id } => self.lost(id),
            Event::Double => {
                self.0 = State::Idle;
                Intent::Back
            }
            Event::Wheel { by } => self.wheel(by, ground),
            Event::Rest => match self.0 {
                State::Wheeling { shown } => {
                    self.0 = State::Idle;
                    Intent::Go(shown)
                }
                _ => Intent::None,
            },
            Event::Key { key, cursor } => self.key(key, cursor, ground),
        }
    }

    fn down(&mut self, id: i32, x: f64, pans: bool, ground: &Ground) -> Intent {
        match self.0 {
            // The second finger of two.
            State::Pressed { id: other, x: place, pans: true, ground } if other != id => {
                self.0 = pinching([(other, place), (id, x)], &ground, ground.window);
                Intent::None
            }
            State::Panning { id: other, x: place, ground, shown } if other != id => {
                let now = Ground { window: shown, ..ground };
                self.0 = pinching([(other, place), (id, x)], &now, shown);
                Intent::None
            }
            State::Pinching { .. } => Intent::None,
            _ => {
                self.0 = State::Pressed { id, x, pans, ground: *ground };
                Intent::None
            }
        }
    }

    fn moved(&mut self, id: i32, x: f64, ground: &Ground) -> Intent {
        match self.0 {
            State::Idle | State::Wheeling { .. } => ground.inside(x).map_or(Intent::Leave, Intent::Point),
            State::Pressed { id: down, x: start, pans, ground }
                if down == id && (x - start).abs() >= SLACK =>
            {
                self.0 = if pans {
                    State::Panning { id, x: start, ground, shown: ground.window }
                } else {
                    State::Choosing { id, from: ground.nearest(start) }
                };
                self.moved(id, x, &ground)
            }
            State::Choosing { id: down, from } if down == id => Intent::Choose(from, ground.nearest(x)),
            State::Panning { id: down, x: start, ground, .. } if down == id => {
                let shown = ground.moved(ground.window, (start - x) * ground.millis_per_pixel());
                self.0 = State::Panning { id, x: start, ground, shown };
                Intent::Show(shown)
            }
            State::Pinching { mut fingers, held, ground, .. } => {
                for finger in &mut fingers {
                    if finger.0 == id {
                        finger.1 = x;
                    }
                }
                let shown = pinched(fingers, held, &ground);
                self.0 = State::Pinching { fingers, held, ground, shown };
                Intent::Show(shown)
            }
            _ => Intent::None,
        }
    }

    fn up(&mut self, id: i32, x: f64, ground: &Ground) -> Intent {
        match self.0 {
            State::Pressed { id: down, ground, .. } if down == id => {
                self.0 = State::Idle;
                ground.inside(x).map_or(Intent::None, Intent::Pin)
            }
            State::Choosing { id: down, from } if down == id => {
                self.0 = State::Idle;
                let to = ground.nearest(x);
                // Drawn back to where it began, it is let go.
                if to == from {
                    Intent::Unchoose
                } else {
                    Intent::Go(ground.fit(from.min(to) as f64, from.max(to) as f64))
                }
            }
            State::Panning { id: down, shown, .. } if down == id => {
                self.0 = State::Idle;
                Intent::Go(shown)
            }
            // Lifting one finger of two ends it: what the other does then is nothing that was meant.
            State::Pinching { fingers, shown, .. } if fingers.iter().any(|finger| finger.0 == id) => {
                self.0 = State::Idle;
                Intent::Go(shown)
            }
            _ => Intent::None,
        }
    }

    fn lost(&mut self, id: i32) -> Intent {
        let is_it = match self.0 {
            State::Pressed { id: down, .. }
            | State::Choosing { id: down, .. }
            | State::Panning { id: down, .. } => down == id,
            State::Pinching { fingers, .. } => fingers.iter().any(|finger| finger.0 == id),
            State::Idle | State::Wheeling { .. } => return Intent::Leave,
        };
        if !is_it {
            return Intent::None;
        }
        match std::mem::take(&mut self.0) {
            State::Choosing { .. } => Intent::Unchoose,
            State::Panning { ground, .. } | State::Pinching { ground, .. } => Intent::Show(ground.window),
            _ => Intent::Leave,
        }
    }

    fn wheel(&mut self, by: f64, ground: &Ground) -> Intent {
        let shown = match self.0 {
            State::Idle => ground.window,
            State::Wheeling { shown } => shown,
            _ => return Intent::None,
        };
        if !by.is_finite() {
            return Intent::None;
        }
        let shown = ground.moved(shown, by * ground.millis_per_pixel());
        self.0 = State::Wheeling { shown };
        Intent::Show(shown)
    }

    fn key(&mut self, key: Key, cursor: Option<i64>, ground: &Ground) -> Intent {
        if !matches!(self.0, State::Idle) {
            return Intent::None;
        }
        let (start, end) = (ground.window.start.millis(), ground.window.end.millis());
        let inside = cursor.filter(|cursor| (start..=end).contains(cursor));
        let step = ((end - start) / STEPS).max(1000);
        let middle = inside.map_or_else(|| f64::midpoint(start as f64, end as f64), |cursor| cursor as f64);
        let half = (end - start) as f64 / 2.0;
        match key {
            // Without a cursor it begins at the newest that is shown.
            Key::Left => Intent::Point(inside.map_or(end, |cursor| (cursor - step).max(start))),
            Key::Right => Intent::Point(inside.map_or(end, |cursor| (cursor + step).min(end))),
            Key::Earlier => Intent::Go(ground.moved(ground.window, -half)),
            Key::Later => Intent::Go(ground.moved(ground.window, half)),
            Key::In => Intent::Go(ground.zoomed(middle, 0.5)),
            Key::Out => Intent::Go(ground.zoomed(middle, 2.0)),
            Key::Pin => inside.map_or(Intent::None, Intent::Pin),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
