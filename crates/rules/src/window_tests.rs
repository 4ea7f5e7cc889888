//! Tests of the windows of rules.

use super::*;
use proptest::prelude::*;
use watchglass_model::Timestamp;

fn add(window: &mut Window, second: i64, reading: f64) {
    let point = Point::from_sample(Timestamp::from_millis(second * 1000), Some(reading));
    window.advance(second * 1000);
    window.add(second * 1000, &point, Some(reading));
}

fn value(window: &mut Window, second: i64) -> Option<f64> {
    window.advance(second * 1000);
    window.value(second * 1000)
}

#[test]
fn window_has_value_once_half_is_covered() {
    for (aggregation, expected) in [
        (Aggregation::Mean, 12.0),
        (Aggregation::Min, 10.0),
        (Aggregation::Max, 14.0),
        (Aggregation::Sum, 36.0),
        (Aggregation::Increase, 36.0),
        (Aggregation::Count, 3.0),
    ] {
        let mut window = Window::new(aggregation, 4);
        for (second, reading) in [(100, 10.0), (101, 12.0)] {
            add(&mut window, second, reading);
            assert_eq!(value(&mut window, second), None, "{aggregation:?}");
        }
        add(&mut window, 102, 14.0);
        assert_eq!(value(&mut window, 102), Some(expected), "{aggregation:?}");
    }
}

#[test]
fn old_readings_expire_and_empty_window_restarts() {
    let mut window = Window::new(Aggregation::Max, 3);
    for (second, reading) in [(1, 9.0), (2, 1.0), (3, 2.0)] {
        add(&mut window, second, reading);
    }
    assert_eq!(value(&mut window, 3), Some(9.0));
    assert_eq!(value(&mut window, 4), Some(2.0));
    assert_eq!(value(&mut window, 6), None);
    add(&mut window, 7, 5.0);
    assert_eq!(value(&mut window, 7), None);
    assert_eq!(value(&mut window, 9), Some(5.0));
    let mut count = Window::new(Aggregation::Count, 3);
    add(&mut count, 1, 1.0);
    assert_eq!(value(&mut count, 100), Some(0.0));
}

#[test]
fn window_has_at_most_60_buckets() {
    for (seconds, buckets) in [(1, 1), (59, 59), (60, 60), (61, 31), (600, 60), (86_400, 60)] {
        assert_eq!(Window::new(Aggregation::Mean, seconds).buckets.len(), buckets, "{seconds}");
    }
}

#[test]
fn clock_step_back_keeps_or_restarts_window() {
    let mut window = Window::new(Aggregation::Sum, 10);
    (0..20).for_each(|second| add(&mut window, second, 1.0));
    add(&mut window, 17, 1.0);
    assert_eq!(value(&mut window, 17), Some(11.0));
    add(&mut window, 5, 1.0);
    assert_eq!(value(&mut window, 5), None);
    (6..11).for_each(|second| add(&mut window, second, 1.0));
    assert_eq!(value(&mut window, 10), Some(6.0));
}

proptest! {
    #[test]
    fn minute_window_equals_aggregated_readings(
        readings in prop::collection::vec(prop::option::of(-1e6..1e6_f64), 60..200),
    ) {
        let mut minimum = Window::new(Aggregation::Min, 60);
        let mut mean = Window::new(Aggregation::Mean, 60);
        for (second, reading) in readings.iter().enumerate() {
            let second = second as i64;
            for window in [&mut minimum, &mut mean] {
                window.advance(second * 1000);
                if let Some(reading) = reading {
                    add(window, second, *reading);
                }
            }
        }
        let last: Vec<f64> = readings.iter().rev().take(60).rev().copied().flatten().collect();
        let now = readings.len() as i64 - 1;
        if let Some(least) = minimum.value(now * 1000) {
            prop_assert_eq!(Some(least), last.iter().copied().reduce(f64::min));
            let expected = last.iter().sum::<f64>() / last.len() as f64;
            prop_assert!((mean.value(now * 1000).unwrap() - expected).abs() < 1e-6);
        }
    }
}
