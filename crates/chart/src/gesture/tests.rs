//! What hands do to charts: each gesture, and any that no hand would make.

use super::*;
use proptest::prelude::*;
use watchglass_model::Timestamp;

const NEWEST: i64 = 2_000_000_000;

/// A thousand seconds on a thousand pixels, which begin at 50; it ends an hour ago.
fn ground() -> Ground {
    let end = NEWEST - 3_600_000;
    let window =
        TimeRange { start: Timestamp::from_millis(end - 1_000_000), end: Timestamp::from_millis(end) };
    Ground { left: 50.0, right: 1050.0, window, newest: Timestamp::from_millis(NEWEST) }
}

fn start() -> i64 {
    ground().window.start.millis()
}

/// Seconds from the start of what is shown.
fn range(from: i64, to: i64) -> TimeRange {
    let at = |second: i64| Timestamp::from_millis(start() + second * 1000);
    TimeRange { start: at(from), end: at(to) }
}

fn all(events: &[Event]) -> Vec<Intent> {
    let mut gesture = Gesture::default();
    let intents = events.iter().map(|event| gesture.handle(*event, &ground())).collect();
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
fn each_gesture_does_what_it_is_for() {
    let at = |second: i64| start() + second * 1000;
    use Intent::{Back, Choose, Go, Leave, None, Pin, Point, Show, Unchoose};
    for (name, events, expected) in [
        ("hover", vec![to(1, 150.0), to(1, 20.0), Event::Lost { id: 1 }], vec![Point(at(100)), Leave, Leave]),
        ("click", vec![down(1, 150.0), to(1, 152.0), up(1, 152.0)], vec![None, None, Pin(at(102))]),
        ("click beside the lines", vec![down(1, 10.0), up(1, 10.0)], vec![None, None]),
        (
            "drag",
            vec![down(1, 150.0), to(1, 250.0), up(1, 350.0)],
            vec![None, Choose(at(100), at(200)), Go(range(100, 300))],
        ),
        (
            "drag to the left and beyond the edge",
            vec![down(1, 150.0), to(1, -9.0), up(1, -9.0)],
            vec![None, Choose(at(100), at(0)), Go(range(0, 100))],
        ),
        (
            "drag back to its beginning",
            vec![down(1, 150.0), to(1, 250.0), up(1, 150.0)],
            vec![None, Choose(at(100), at(200)), Unchoose],
        ),
        (
            "a drag so short is ten seconds",
            vec![down(1, 150.0), to(1, 155.0), up(1, 156.0)],
            vec![None, Choose(at(100), at(105)), Go(range(98, 108))],
        ),
        (
            "drag that the browser takes",
            vec![down(1, 150.0), to(1, 250.0), Event::Lost { id: 1 }],
            vec![None, Choose(at(100), at(200)), Unchoose],
        ),
        (
            "finger",
            vec![touch(1, 150.0), to(1, 250.0), up(1, 250.0)],
            vec![None, Show(range(-100, 900)), Go(range(-100, 900))],
        ),
        ("tap", vec![touch(1, 150.0), up(1, 150.0)], vec![None, Pin(at(100))]),
        (
            "finger that begins to scroll",
            vec![touch(1, 150.0), to(1, 160.0), Event::Lost { id: 1 }],
            vec![None, Show(range(-10, 990)), Show(range(0, 1000))],
        ),
        (
            "pinch: moments 400 s apart come 800 pixels apart",
            vec![touch(1, 350.0), touch(2, 750.0), to(1, 150.0), to(2, 950.0), up(2, 950.0), up(1, 150.0)],
            vec![None, None, Show(range(233, 900)), Show(range(250, 750)), Go(range(250, 750)), None],
        ),
        (
            "wheel",
            vec![Event::Wheel { by: 100.0 }, Event::Wheel { by: -200.0 }, Event::Rest],
            vec![Show(range(100, 1100)), Show(range(-100, 900)), Go(range(-100, 900))],
        ),
        (
            "to the future",
            vec![Event::Wheel { by: 1e7 }, Event::Rest],
            vec![Show(range(3601, 4601)), Go(range(3601, 4601))],
        ),
        ("double click", vec![down(1, 150.0), up(1, 150.0), Event::Double], vec![None, Pin(at(100)), Back]),
        ("another button's pointer", vec![up(7, 150.0), Event::Rest], vec![None, None]),
        (
            "keys without a cursor",
            vec![press(Key::Left, Option::None), press(Key::In, Option::None), press(Key::Pin, Option::None)],
            vec![Point(at(1000)), Go(range(250, 750)), None],
        ),
        (
            "keys at the cursor",
            vec![
                press(Key::Left, Some(5)),
                press(Key::Right, Some(5)),
                press(Key::Pin, Some(5)),
                press(Key::In, Some(1000)),
                press(Key::Out, Some(0)),
                press(Key::Earlier, Some(5)),
                press(Key::Later, Some(5)),
            ],
            vec![
                Point(at(0)),
                Point(at(15)),
                Pin(at(5)),
                Go(range(500, 1000)),
                Go(range(0, 2000)),
                Go(range(-500, 500)),
                Go(range(500, 1500)),
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
        Key::Left,
        Key::Right,
        Key::Earlier,
        Key::Later,
        Key::In,
        Key::Out,
        Key::Pin,
    ]);
    prop_oneof![
        (id.clone(), x.clone(), any::<bool>()).prop_map(|(id, x, pans)| Event::Down { id, x, pans }),
        (id.clone(), x.clone()).prop_map(|(id, x)| Event::Move { id, x }),
        (id.clone(), x.clone()).prop_map(|(id, x)| Event::Up { id, x }),
        id.prop_map(|id| Event::Lost { id }),
        Just(Event::Double),
        x.prop_map(|by| Event::Wheel { by }),
        Just(Event::Rest),
        (key, prop::option::of(any::<i64>())).prop_map(|(key, cursor)| Event::Key { key, cursor }),
    ]
}

proptest! {
    #[test]
    fn whatever_hands_do_what_is_shown_is_possible(
        events in prop::collection::vec(events(), 1..60),
        length in 0_i64..700_000_000,
        width in prop_oneof![Just(0.0), 1.0_f64..3000.0],
    ) {
        let end = Timestamp::from_millis(NEWEST);
        let start = Timestamp::from_millis(NEWEST - length);
        let mut ground = Ground { left: 50.0, right: 50.0 + width, window: TimeRange { start, end }, newest: end };
        let mut gesture = Gesture::default();
        let mut seen = vec![ground.window];
        for event in events {
            match gesture.handle(event, &ground) {
                // What was shown already is shown again where a gesture breaks off.
                Intent::Show(range) | Intent::Go(range) if !seen.contains(&range) => {
                    prop_assert!((SHORTEST..=LONGEST).contains(&range.millis()), "{:?}", range);
                    prop_assert!(range.start.millis() >= 0 && range.end.millis() <= NEWEST + 1000, "{:?}", range);
                    prop_assert!(range.start.millis() % 1000 == 0 && range.end.millis() % 1000 == 0);
                    ground.window = range;
                    seen.push(range);
                }
                Intent::Choose(from, to) => {
                    for moment in [from, to] {
                        prop_assert!((0..=NEWEST + 1000).contains(&moment), "{}", moment);
                    }
                }
                Intent::Point(moment) | Intent::Pin(moment) => {
                    prop_assert!((0..=NEWEST + 1000).contains(&moment), "{}", moment);
                }
                _ => {}
            }
        }
        // Once every finger is lifted and the wheel rests, nothing is held.
        for id in 0..3 {
            gesture.handle(Event::Lost { id }, &ground);
        }
        gesture.handle(Event::Rest, &ground);
        prop_assert!(!gesture.is_busy(), "{:?}", gesture);
    }
}
