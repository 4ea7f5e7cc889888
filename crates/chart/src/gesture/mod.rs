//! Gesture recognition on charts: pointer, wheel and key events in, intents out.
//!
//! Pure state machine: no drawing, requests or timers. Positions are CSS pixels from the left edge of the chart.

mod pinch;
mod viewport;

pub use viewport::{MAX_RANGE_MILLIS, MIN_RANGE_MILLIS, Viewport};

use pinch::{pinched, pinching};
use watchglass_model::TimeRange;

/// Minimum movement of a drag, in CSS pixels.
const DRAG_THRESHOLD: f64 = 4.0;
/// Number of arrow key steps across the window.
const CURSOR_STEPS: i64 = 100;

/// Input event of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A pointer is pressed.
    Down {
        /// Id of the pointer.
        id: i32,
        /// Position.
        x: f64,
        /// Whether it pans the chart, like a finger, instead of selecting a range.
        pans: bool,
    },
    /// A pointer moves over the chart, or anywhere while it is pressed.
    Move {
        /// Id of the pointer.
        id: i32,
        /// New position.
        x: f64,
    },
    /// A pointer is released.
    Up {
        /// Id of the pointer.
        id: i32,
        /// Position.
        x: f64,
    },
    /// The pointer has left the chart, or the browser has cancelled the gesture, for example to scroll.
    Cancel {
        /// Id of the pointer.
        id: i32,
    },
    /// A double click.
    DoubleClick,
    /// Horizontal scrolling.
    Wheel {
        /// Pixels to the right.
        by: f64,
    },
    /// The end of horizontal scrolling.
    WheelEnd,
    /// A key was pressed.
    Key {
        /// The key.
        key: Key,
        /// Time of the cursor, in milliseconds since the Unix epoch; `None` without a cursor.
        cursor: Option<i64>,
    },
}

/// Keyboard commands of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Move the cursor to the left.
    CursorLeft,
    /// Move the cursor to the right.
    CursorRight,
    /// Pan to earlier times.
    PanLeft,
    /// Pan to later times.
    PanRight,
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
    /// Pin or release the cursor.
    Pin,
}

/// Action that results from an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Nothing.
    None,
    /// Move the cursor to a time, in milliseconds since the Unix epoch.
    MoveCursor(i64),
    /// Remove the cursor.
    ClearCursor,
    /// Highlight the range that is being selected, in milliseconds since the Unix epoch.
    Select(i64, i64),
    /// Discard the selection.
    ClearSelection,
    /// Show another range during a gesture.
    Preview(TimeRange),
    /// Navigate to another range.
    Navigate(TimeRange),
    /// Pin the cursor at a time, or release it there; in milliseconds since the Unix epoch.
    Pin(i64),
    /// Return to the previous range.
    Back,
}

/// State of a gesture between events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gesture(State);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Idle,
    /// Pressed, but not dragged yet.
    Pressed { id: i32, x: f64, pans: bool, viewport: Viewport },
    /// Selecting a range.
    Selecting { id: i32, from: i64 },
    /// Panning.
    Panning { id: i32, x: f64, viewport: Viewport, shown: TimeRange },
    /// Pinching: id and position of both fingers, and the times that were under them.
    Pinching { fingers: [(i32, f64); 2], held: (f64, f64), viewport: Viewport, shown: TimeRange },
    /// Scrolling horizontally.
    Wheeling { shown: TimeRange },
}

impl Gesture {
    /// Whether a gesture is in progress.
    pub fn is_busy(&self) -> bool {
        self.0 != State::Idle
    }

    /// Processes an event and returns the resulting action.
    pub fn handle(&mut self, event: Event, viewport: &Viewport) -> Intent {
        match event {
            Event::Down { id, x, pans } => self.down(id, x, pans, viewport),
            Event::Move { id, x } => self.moved(id, x, viewport),
            Event::Up { id, x } => self.up(id, x, viewport),
            Event::Cancel { id } => self.cancel(id),
            Event::DoubleClick => {
                self.0 = State::Idle;
                Intent::Back
            }
            Event::Wheel { by } => self.wheel(by, viewport),
            Event::WheelEnd => match self.0 {
                State::Wheeling { shown } => {
                    self.0 = State::Idle;
                    Intent::Navigate(shown)
                }
                _ => Intent::None,
            },
            Event::Key { key, cursor } => self.key(key, cursor, viewport),
        }
    }

    fn down(&mut self, id: i32, x: f64, pans: bool, viewport: &Viewport) -> Intent {
        match self.0 {
            // The second finger starts a pinch.
            State::Pressed { id: other, x: place, pans: true, viewport } if other != id => {
                self.0 = pinching([(other, place), (id, x)], &viewport, viewport.window);
                Intent::None
            }
            State::Panning { id: other, x: place, viewport, shown } if other != id => {
                let now = Viewport { window: shown, ..viewport };
                self.0 = pinching([(other, place), (id, x)], &now, shown);
                Intent::None
            }
            State::Pinching { .. } => Intent::None,
            _ => {
                self.0 = State::Pressed { id, x, pans, viewport: *viewport };
                Intent::None
            }
        }
    }

    fn moved(&mut self, id: i32, x: f64, viewport: &Viewport) -> Intent {
        match self.0 {
            State::Idle | State::Wheeling { .. } => {
                viewport.time_inside(x).map_or(Intent::ClearCursor, Intent::MoveCursor)
            }
            State::Pressed { id: down, x: start, pans, viewport }
                if down == id && (x - start).abs() >= DRAG_THRESHOLD =>
            {
                self.0 = if pans {
                    State::Panning { id, x: start, viewport, shown: viewport.window }
                } else {
                    State::Selecting { id, from: viewport.nearest_time(start) }
                };
                self.moved(id, x, &viewport)
            }
            State::Selecting { id: down, from } if down == id => {
                Intent::Select(from, viewport.nearest_time(x))
            }
            State::Panning { id: down, x: start, viewport, .. } if down == id => {
                let shown = viewport.moved(viewport.window, (start - x) * viewport.millis_per_pixel());
                self.0 = State::Panning { id, x: start, viewport, shown };
                Intent::Preview(shown)
            }
            State::Pinching { mut fingers, held, viewport, .. } => {
                for finger in &mut fingers {
                    if finger.0 == id {
                        finger.1 = x;
                    }
                }
                let shown = pinched(fingers, held, &viewport);
                self.0 = State::Pinching { fingers, held, viewport, shown };
                Intent::Preview(shown)
            }
            _ => Intent::None,
        }
    }

    fn up(&mut self, id: i32, x: f64, viewport: &Viewport) -> Intent {
        match self.0 {
            State::Pressed { id: down, viewport, .. } if down == id => {
                self.0 = State::Idle;
                viewport.time_inside(x).map_or(Intent::None, Intent::Pin)
            }
            State::Selecting { id: down, from } if down == id => {
                self.0 = State::Idle;
                let to = viewport.nearest_time(x);
                // A drag back to its start discards the selection.
                if to == from {
                    Intent::ClearSelection
                } else {
                    Intent::Navigate(viewport.clamp_range(from.min(to) as f64, from.max(to) as f64))
                }
            }
            State::Panning { id: down, shown, .. } if down == id => {
                self.0 = State::Idle;
                Intent::Navigate(shown)
            }
            // Lifting one finger ends the pinch. The remaining finger is ignored.
            State::Pinching { fingers, shown, .. } if fingers.iter().any(|finger| finger.0 == id) => {
                self.0 = State::Idle;
                Intent::Navigate(shown)
            }
            _ => Intent::None,
        }
    }

    fn cancel(&mut self, id: i32) -> Intent {
        let is_active = match self.0 {
            State::Pressed { id: down, .. }
            | State::Selecting { id: down, .. }
            | State::Panning { id: down, .. } => down == id,
            State::Pinching { fingers, .. } => fingers.iter().any(|finger| finger.0 == id),
            State::Idle | State::Wheeling { .. } => return Intent::ClearCursor,
        };
        if !is_active {
            return Intent::None;
        }
        match std::mem::take(&mut self.0) {
            State::Selecting { .. } => Intent::ClearSelection,
            State::Panning { viewport, .. } | State::Pinching { viewport, .. } => {
                Intent::Preview(viewport.window)
            }
            _ => Intent::ClearCursor,
        }
    }

    fn wheel(&mut self, by: f64, viewport: &Viewport) -> Intent {
        let shown = match self.0 {
            State::Idle => viewport.window,
            State::Wheeling { shown } => shown,
            _ => return Intent::None,
        };
        if !by.is_finite() {
            return Intent::None;
        }
        let shown = viewport.moved(shown, by * viewport.millis_per_pixel());
        self.0 = State::Wheeling { shown };
        Intent::Preview(shown)
    }

    fn key(&mut self, key: Key, cursor: Option<i64>, viewport: &Viewport) -> Intent {
        if !matches!(self.0, State::Idle) {
            return Intent::None;
        }
        let (start, end) = (viewport.window.start.millis(), viewport.window.end.millis());
        let inside = cursor.filter(|cursor| (start..=end).contains(cursor));
        let step = ((end - start) / CURSOR_STEPS).max(1000);
        let middle = inside.map_or_else(|| f64::midpoint(start as f64, end as f64), |cursor| cursor as f64);
        let half = (end - start) as f64 / 2.0;
        match key {
            // Without a cursor, start at the end of the window.
            Key::CursorLeft => Intent::MoveCursor(inside.map_or(end, |cursor| (cursor - step).max(start))),
            Key::CursorRight => Intent::MoveCursor(inside.map_or(end, |cursor| (cursor + step).min(end))),
            Key::PanLeft => Intent::Navigate(viewport.moved(viewport.window, -half)),
            Key::PanRight => Intent::Navigate(viewport.moved(viewport.window, half)),
            Key::ZoomIn => Intent::Navigate(viewport.zoomed(middle, 0.5)),
            Key::ZoomOut => Intent::Navigate(viewport.zoomed(middle, 2.0)),
            Key::Pin => inside.map_or(Intent::None, Intent::Pin),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
