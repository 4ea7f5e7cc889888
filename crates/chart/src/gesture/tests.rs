//! Tests of gestures: typical ones, and arbitrary events.

use super::*;
use proptest::prelude::*;
use watchglass_model::Timestamp;

const NEWEST: i64 = 2_000_000_000;

/// A window of 1000 s on 1000 pixels that start at 50; it ends an hour before the newest values.
fn viewport() -> Viewport {
    let end = NEWEST - 3_600_000;
    let window =
        TimeRange { start: Timestamp::from_millis(end - 1_000_000), end: Timestamp::from_millis(end) };
    Viewport { left: 50.0, right: 1050.0, window, newest: Timestamp::from_millis(NEWEST) }
}

fn start() -> i64 {
    viewport().window.start.millis()
}

/// A range in seconds from the start of the window.
fn range(from: i64, to: i64) -> TimeRange {
    let at = |second: i64| Timestamp::from_millis(start() + second * 1000);
    TimeRange { start: at(from), end: at(to) }
}

fn all(events: &[Event]) -> Vec<Intent> {
    let mut gesture = Gesture::default();
    let intents = events.iter().map(|event| gesture.handle(*event, &viewport())).collect();
    assert!(!gesture.is_busy(), "{gesture:?} after {events:?}");
    intents
}

fn down(id: i32, x: f64) -> Event {
    Event::Down { id, x, pans: false }
}

fn touch(id: i32, x: f64) -> Event {
    Event::Down { id, x, pans: true }
}

fn to(id: i32, x: f64) -> Event {
    Event::Move { id, x }
}

fn up(id: i32, x: f64) -> Event {
    Event::Up { id, x }
}

fn press(key: Key, second: Option<i64>) -> Event {
    Event::Key { key, cursor: second.map(|second| start() + second * 1000) }
}

#[test]
fn gestures_give_the_expected_intents() {
    let at = |second: i64| start() + second * 1000;
    use Intent::{Back, ClearCursor, ClearSelection, MoveCursor, Navigate, None, Pin, Preview, Select};
    for (name, events, expected) in [
        (
            "hover",
            vec![to(1, 150.0), to(1, 20.0), Event::Cancel { id: 1 }],
            vec![MoveCursor(at(100)), ClearCursor, ClearCursor],
        ),
        ("click", vec![down(1, 150.0), to(1, 152.0), up(1, 152.0)], vec![None, None, Pin(at(102))]),
        ("click outside the plot area", vec![down(1, 10.0), up(1, 10.0)], vec![None, None]),
        (
            "drag",
            vec![down(1, 150.0), to(1, 250.0), up(1, 350.0)],
            vec![None, Select(at(100), at(200)), Navigate(range(100, 300))],
        ),
        (
            "drag left beyond the edge",
            vec![down(1, 150.0), to(1, -9.0), up(1, -9.0)],
            vec![None, Select(at(100), at(0)), Navigate(range(0, 100))],
        ),
        (
            "drag back to its start",
            vec![down(1, 150.0), to(1, 250.0), up(1, 150.0)],
            vec![None, Select(at(100), at(200)), ClearSelection],
        ),
        (
            "short drag selects ten seconds",
            vec![down(1, 150.0), to(1, 155.0), up(1, 156.0)],
            vec![None, Select(at(100), at(105)), Navigate(range(98, 108))],
        ),
        (
            "drag cancelled by the browser",
            vec![down(1, 150.0), to(1, 250.0), Event::Cancel { id: 1 }],
            vec![None, Select(at(100), at(200)), ClearSelection],
        ),
        (
            "touch pan",
            vec![touch(1, 150.0), to(1, 250.0), up(1, 250.0)],
            vec![None, Preview(range(-100, 900)), Navigate(range(-100, 900))],
        ),
        ("tap", vec![touch(1, 150.0), up(1, 150.0)], vec![None, Pin(at(100))]),
        (
            "touch that becomes a scroll",
            vec![touch(1, 150.0), to(1, 160.0), Event::Cancel { id: 1 }],
            vec![None, Preview(range(-10, 990)), Preview(range(0, 1000))],
        ),
        (
            "pinch: times 400 s apart end 800 pixels apart",
            vec![touch(1, 350.0), touch(2, 750.0), to(1, 150.0), to(2, 950.0), up(2, 950.0), up(1, 150.0)],
            vec![
                None,
                None,
                Preview(range(233, 900)),
                Preview(range(250, 750)),
                Navigate(range(250, 750)),
                None,
            ],
        ),
        (
            "wheel",
            vec![Event::Wheel { by: 100.0 }, Event::Wheel { by: -200.0 }, Event::WheelEnd],
            vec![Preview(range(100, 1100)), Preview(range(-100, 900)), Navigate(range(-100, 900))],
        ),
        (
            "wheel into the future",
            vec![Event::Wheel { by: 1e7 }, Event::WheelEnd],
            vec![Preview(range(3601, 4601)), Navigate(range(3601, 4601))],
        ),
        (
            "double click",
            vec![down(1, 150.0), up(1, 150.0), Event::DoubleClick],
            vec![None, Pin(at(100)), Back],
        ),
        ("pointer of another button", vec![up(7, 150.0), Event::WheelEnd], vec![None, None]),
        (
            "keys without a cursor",
            vec![
                press(Key::CursorLeft, Option::None),
                press(Key::ZoomIn, Option::None),
                press(Key::Pin, Option::None),
            ],
            vec![MoveCursor(at(1000)), Navigate(range(250, 750)), None],
        ),
        (
            "keys at the cursor",
            vec![
                press(Key::CursorLeft, Some(5)),
                press(Key::CursorRight, Some(5)),
                press(Key::Pin, Some(5)),
                press(Key::ZoomIn, Some(1000)),
                press(Key::ZoomOut, Some(0)),
                press(Key::PanLeft, Some(5)),
                press(Key::PanRight, Some(5)),
            ],
            vec![
                MoveCursor(at(0)),
                MoveCursor(at(15)),
                Pin(at(5)),
                Navigate(range(500, 1000)),
                Navigate(range(0, 2000)),
                Navigate(range(-500, 500)),
                Navigate(range(500, 1500)),
            ],
        ),
    ] {
        assert_eq!(all(&events), expected, "{name}");
    }
}

fn events() -> impl Strategy<Value = Event> {
    let x = prop_oneof![-2000.0_f64..3000.0, Just(f64::NAN), Just(f64::INFINITY)];
    let id = 0..3_i32;
    let key = prop::sample::select(vec![
        Key::CursorLeft,
        Key::CursorRight,
        Key::PanLeft,
        Key::PanRight,
        Key::ZoomIn,
        Key::ZoomOut,
        Key::Pin,
    ]);
    prop_oneof![
        (id.clone(), x.clone(), any::<bool>()).prop_map(|(id, x, pans)| Event::Down { id, x, pans }),
        (id.clone(), x.clone()).prop_map(|(id, x)| Event::Move { id, x }),
        (id.clone(), x.clone()).prop_map(|(id, x)| Event::Up { id, x }),
        id.prop_map(|id| Event::Cancel { id }),
        Just(Event::DoubleClick),
        x.prop_map(|by| Event::Wheel { by }),
        Just(Event::WheelEnd),
        (key, prop::option::of(any::<i64>())).prop_map(|(key, cursor)| Event::Key { key, cursor }),
    ]
}

proptest! {
    #[test]
    fn any_events_give_valid_ranges(
        events in prop::collection::vec(events(), 1..60),
        length in 0_i64..700_000_000,
        width in prop_oneof![Just(0.0), 1.0_f64..3000.0],
    ) {
        let end = Timestamp::from_millis(NEWEST);
        let start = Timestamp::from_millis(NEWEST - length);
        let mut viewport = Viewport { left: 50.0, right: 50.0 + width, window: TimeRange { start, end }, newest: end };
        let mut gesture = Gesture::default();
        let mut seen = vec![viewport.window];
        for event in events {
            match gesture.handle(event, &viewport) {
                // A cancelled gesture restores a range that was shown before.
                Intent::Preview(range) | Intent::Navigate(range) if !seen.contains(&range) => {
                    prop_assert!((MIN_RANGE_MILLIS..=MAX_RANGE_MILLIS).contains(&range.millis()), "{:?}", range);
                    prop_assert!(range.start.millis() >= 0 && range.end.millis() <= NEWEST + 1000, "{:?}", range);
                    prop_assert!(range.start.millis() % 1000 == 0 && range.end.millis() % 1000 == 0);
                    viewport.window = range;
                    seen.push(range);
                }
                Intent::Select(from, to) => {
                    for time in [from, to] {
                        prop_assert!((0..=NEWEST + 1000).contains(&time), "{}", time);
                    }
                }
                Intent::MoveCursor(time) | Intent::Pin(time) => {
                    prop_assert!((0..=NEWEST + 1000).contains(&time), "{}", time);
                }
                _ => {}
            }
        }
        // After all pointers are released and the wheel has stopped, no gesture is in progress.
        for id in 0..3 {
            gesture.handle(Event::Cancel { id }, &viewport);
        }
        gesture.handle(Event::WheelEnd, &viewport);
        prop_assert!(!gesture.is_busy(), "{:?}", gesture);
    }
}
