//! Tests of standalone SVG charts: content and size.

use super::*;
use proptest::prelude::*;
use std::path::Path;
use watchglass_model::Timestamp;

/// 2023-11-14 22:13:20 UTC.
const END: i64 = 1_700_000_000_000;
const STEP: i64 = 15_000;
const ROWS: i64 = 240;
const MAX_BYTES: usize = 64 << 10;

fn times() -> Vec<i64> {
    (0..ROWS).map(|row| END - (ROWS - 1 - row) * STEP).collect()
}

fn drawn(unit: Unit, title: &str, low: &[f64], high: &[f64], threshold: Option<f64>) -> Option<String> {
    let window =
        TimeRange { start: Timestamp::from_millis(END - ROWS * STEP), end: Timestamp::from_millis(END) };
    let times = times();
    let line = Line { times: &times, low, high, colour: 0 };
    standalone_svg(&StandaloneChart { title, unit, window, gap_after_millis: STEP * 3 / 2, line, threshold })
}

/// Rising CPU usage, with a gap.
fn growing() -> (Vec<f64>, Vec<f64>) {
    let low = (0..ROWS).map(|row| match row {
        60..75 => f64::NAN,
        _ => 0.2 + 0.6 * (row as f64 / ROWS as f64).powi(3) + 0.01 * (row % 7) as f64,
    });
    let low: Vec<f64> = low.collect();
    let high = low.iter().map(|low| low + 0.05).collect();
    (low, high)
}

#[test]
fn chart_matches_the_golden_file() {
    let (low, high) = growing();
    let drawn = drawn(Unit::Ratio, "Use of the processors of web-1", &low, &high, Some(0.8)).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/picture.svg");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == drawn, "picture.svg differs: {drawn}");
}

#[test]
fn labels_have_units() {
    let (low, high) = growing();
    let drawn = drawn(Unit::Ratio, "A <b> & \"c\"", &low, &high, Some(0.8)).unwrap();
    for part in [
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"480\" height=\"190\"",
        ">A &lt;b&gt; &amp; &quot;c&quot;</text>",
        ">100\u{a0}%</text>",
        ">0\u{a0}%</text>",
        ">22:00</text>",
        ">UTC</text>",
        ">threshold 80.0\u{a0}%</text>",
        "in the last 1\u{a0}h",
        "; threshold 80.0\u{a0}%\"",
    ] {
        assert!(drawn.contains(part), "{part} in {drawn}");
    }
    assert!(drawn.starts_with("<svg") && !drawn.contains("var(") && !drawn.contains("id="), "{drawn}");
}

#[test]
fn axis_covers_the_threshold() {
    let flat = vec![0.1; ROWS as usize];
    for threshold in [-3.0, 0.0, 0.1, 0.9, 250.0] {
        let drawn = drawn(Unit::Count, "x", &flat, &flat, Some(threshold)).unwrap();
        let dashed = drawn.lines().find(|line| line.contains("stroke-dasharray")).unwrap();
        let y: f64 = dashed.split("y1=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        assert!((TITLE..HEIGHT - 20.0).contains(&y), "{threshold}: {dashed}");
    }
    for threshold in [None, Some(f64::NAN), Some(f64::INFINITY)] {
        let drawn = drawn(Unit::Count, "x", &flat, &flat, threshold).unwrap();
        assert!(!drawn.contains("threshold") && !drawn.contains("dasharray"), "{drawn}");
    }
}

#[test]
fn long_title_is_truncated() {
    let flat = vec![0.1; ROWS as usize];
    let drawn = drawn(Unit::Count, &"é".repeat(100), &flat, &flat, None).unwrap();
    assert!(drawn.contains(&format!(">{}…<", "é".repeat(MAX_TITLE_CHARS))), "{drawn}");
}

#[test]
fn no_values_give_no_chart() {
    let none = vec![f64::NAN; ROWS as usize];
    assert_eq!(drawn(Unit::Count, "x", &none, &none, Some(1.0)), None);
    assert_eq!(drawn(Unit::Count, "x", &[], &[], None), None);
}

proptest! {
    #[test]
    fn any_data_makes_a_small_document(
        values in prop::collection::vec(prop::num::f64::ANY, ROWS as usize),
        wild in prop::collection::vec(prop_oneof![Just(f64::NAN), Just(-1e300), Just(1e300), 0.0..1.0], ROWS as usize),
        threshold in prop::option::of(prop::num::f64::ANY), title in "\\PC{0,200}",
    ) {
        for (low, high) in [(&values, &values), (&wild, &wild), (&values, &wild)] {
            if let Some(drawn) = drawn(Unit::Bytes, &title, low, high, threshold) {
                prop_assert!(drawn.len() < MAX_BYTES, "{}", drawn.len());
                prop_assert!(!drawn.contains("NaN") && !drawn.contains("\"inf"), "{}", drawn);
                prop_assert_eq!(drawn.matches("<svg").count(), drawn.matches("</svg>").count());
                prop_assert!(drawn.lines().all(|line| line.starts_with('<') && line.ends_with('>')), "{}", drawn);
            }
        }
    }
}
