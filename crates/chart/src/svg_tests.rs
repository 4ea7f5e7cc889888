//! Tests of SVG paths.

use super::*;
use crate::{AxisOptions, Line};
use proptest::prelude::*;
use watchglass_model::{TimeRange, Timestamp, Unit};

const GAP: f64 = f64::NAN;

fn draw(style: Style, times: &[i64], columns: &[&[f64]]) -> Vec<SvgPath> {
    let lines: Vec<Line<'_>> = columns
        .iter()
        .enumerate()
        .map(|(colour, values)| Line { times, low: values, high: values, colour })
        .collect();
    let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(30) };
    let plot = Plot {
        unit: Unit::Ratio,
        style,
        ceiling: Some(1.0),
        window,
        gap_after_millis: 15,
        lines: &lines,
        bands: &[],
        previous: &[],
        axis_options: AxisOptions::default(),
        rows: &[],
    };
    svg_paths(&plot, 30.0, 12.0)
}

#[test]
fn lines() {
    let cases: &[(&[i64], &[f64], &str)] = &[
        (&[], &[], ""),
        (&[0, 10, 20, 30], &[0.0, 1.0, 0.5, 0.25], "M0 11L10 1L20 6L30 8.5"),
        // A gap stays a gap, and an isolated point is a dash.
        (&[0, 10, 20, 30], &[0.0, 1.0, GAP, 0.5], "M0 11L10 1M29 6L31 6"),
        (&[0, 10, 28, 30], &[0.0, 1.0, 0.5, 0.5], "M0 11L10 1M28 6L30 6"),
        (&[-5, 5, 35], &[1.0, 1.0, 0.0], "M-5 1L5 1"),
        // Values above the ceiling are outside the view box, but limited.
        (&[0, 10], &[0.0, 3.0], "M0 11L10 -19"),
        (&[0, 10], &[0.0, 1e300], "M0 11L10 -1000000"),
    ];
    for (times, values, expected) in cases {
        let paths = draw(Style::Line, times, &[values]);
        assert_eq!(
            paths,
            [SvgPath {
                line: (*expected).to_owned(),
                area: None,
                class: "area",
                colour: 0,
                previous: None,
                clipped: None
            }],
            "{values:?}"
        );
    }
}

#[test]
fn bars_are_stacked_and_zero_has_no_bar() {
    let times = [0, 10, 20, 30];
    let paths = draw(Style::Bars, &times, &[&[0.0, 0.5, GAP, 0.5], &[0.0, 0.25, GAP, 0.0]]);
    let found: Vec<_> =
        paths.iter().map(|path| (path.line.as_str(), path.area.as_deref().unwrap())).collect();
    assert_eq!(
        found,
        [
            ("", "M5.5 11L5.5 6L14.5 6L14.5 11ZM25.5 11L25.5 6L34.5 6L34.5 11Z"),
            ("", "M5.5 6L5.5 3.5L14.5 3.5L14.5 6Z")
        ]
    );
    assert!(paths.iter().all(|path| path.class == "area bars"));
    // Small and narrow bars are visible: a bar covers three samples and has the height of the maximum.
    let times: Vec<i64> = (0..30).collect();
    let values: Vec<f64> = times.iter().map(|time| if *time == 16 { 0.01 } else { 0.0 }).collect();
    assert_eq!(draw(Style::Bars, &times, &[&values])[0].area.as_deref(), Some("M15 11L15 10L17 10L17 11Z"));
}

#[test]
fn bars_on_logarithmic_and_clipped_axes() {
    let mut values = vec![1.0; 300];
    values[150] = 100.0;
    values[20] = 0.0;
    let times: Vec<i64> = (0..300).map(|index| index * 10).collect();
    let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(3000) };
    let line = Line { times: &times, low: &values, high: &values, colour: 0 };
    let draw = |look| {
        let plot = Plot {
            unit: Unit::Count,
            style: Style::Bars,
            ceiling: None,
            window,
            gap_after_millis: 25,
            lines: &[line],
            bands: &[],
            previous: &[line],
            axis_options: look,
            rows: &[],
        };
        svg_paths(&plot, 3000.0, 102.0).remove(0)
    };
    let area = draw(AxisOptions { is_log: true, is_clipped: false }).area.unwrap();
    assert!(
        area.starts_with("M-4.5 101L-4.5 100L4.5 100L4.5 101Z") && area.contains("L1495.5 1L1504.5 1"),
        "{area}"
    );
    assert_eq!(area.matches('M').count(), 299, "zero has no bar");
    let clipped = draw(AxisOptions { is_log: false, is_clipped: true });
    assert_eq!(clipped.clipped.as_deref(), Some("M1496 6L1500 0L1504 6Z"));
    assert!(clipped.previous.unwrap().starts_with("M0 1L10 1"), "the previous period is a line");
}

#[test]
fn heat_map_cells_are_placed_by_row_and_time() {
    let times = [0, 10, 20];
    let values = [[4.0, 0.0, 4.0], [0.0, 1.0, 0.0]];
    let lines: Vec<Line<'_>> = values
        .iter()
        .enumerate()
        .map(|(colour, values)| Line { times: &times, low: values, high: values, colour })
        .collect();
    let plot = Plot {
        unit: Unit::PerSecond,
        style: Style::Heat,
        ceiling: None,
        window: TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(20) },
        gap_after_millis: 15,
        lines: &lines,
        bands: &[],
        previous: &lines,
        axis_options: AxisOptions { is_log: true, is_clipped: true },
        rows: &["1 ms", "longer"],
    };
    let paths = svg_paths(&plot, 20.0, 12.0);
    let drawn: Vec<_> = paths
        .iter()
        .filter(|path| path.area.as_deref() != Some(""))
        .map(|path| (path.class, path.area.as_deref().unwrap()))
        .collect();
    assert_eq!(
        drawn,
        [
            ("area heat-0", "M-5 11L-5 1L25 1L25 11Z"),
            ("area heat-3", "M5 6L5 1L15 1L15 6Z"),
            ("area heat-6", "M-5 11L-5 6L5 6L5 11ZM15 11L15 6L25 6L25 11Z"),
        ]
    );
    assert!(paths.iter().all(|path| path.line.is_empty() && path.previous.is_none()));
    assert!(paths.iter().all(|path| path.clipped.as_deref() == Some("")));
}

#[test]
fn previous_period_shares_the_axis() {
    let line = |high| Line { times: &[0, 10], low: high, high, colour: 0 };
    let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    let plot = Plot {
        unit: Unit::Count,
        style: Style::Area,
        ceiling: None,
        window,
        gap_after_millis: 15,
        lines: &[line(&[0.0, 1.0])],
        bands: &[],
        previous: &[line(&[4.0, 2.0])],
        axis_options: AxisOptions::default(),
        rows: &[],
    };
    let paths = svg_paths(&plot, 10.0, 12.0);
    assert_eq!((paths[0].line.as_str(), paths[0].previous.as_deref()), ("M0 11L10 8.5", Some("M0 1L10 6")));
}

#[test]
fn logarithmic_and_clipped_lines() {
    let values: Vec<f64> = (0..300).map(|at| if at == 150 { 1000.0 } else { 10.0 }).collect();
    let times: Vec<i64> = (0..300).collect();
    let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(300) };
    let draw = |look| {
        let line = Line { times: &times, low: &values, high: &values, colour: 0 };
        let plot = Plot {
            unit: Unit::Count,
            style: Style::Area,
            ceiling: None,
            window,
            gap_after_millis: 15,
            lines: &[line],
            bands: &[],
            previous: &[],
            axis_options: look,
            rows: &[],
        };
        svg_paths(&plot, 300.0, 12.0).remove(0)
    };
    let even = draw(AxisOptions::default());
    assert!(even.clipped.is_none() && even.line.starts_with("M0 10.9L"), "{even:?}");
    // Three powers of ten: 10 is at the bottom, and so is zero.
    let log = draw(AxisOptions { is_log: true, is_clipped: false });
    assert!(log.line.starts_with("M0 11L") && log.line.contains("L150 1L"), "{log:?}");
    assert!(log.area.unwrap().starts_with("M0 11L0 11L"));
    let clipped = draw(AxisOptions { is_log: false, is_clipped: true });
    assert_eq!(clipped.clipped.as_deref(), Some("M146 6L150 0L154 6Z"));
    assert!(clipped.line.starts_with("M0 1L"), "{clipped:?}");
}

#[test]
fn areas_extend_to_zero() {
    let paths = draw(Style::Area, &[0, 10, 20, 30], &[&[0.5, 1.0, GAP, 0.5]]);
    assert_eq!(paths[0].line, "M0 6L10 1M29 6L31 6");
    assert_eq!(paths[0].area.as_deref(), Some("M0 11L0 6L10 1L10 11Z"));
}

#[test]
fn stacked_areas_extend_to_the_line_below() {
    let paths = draw(
        Style::Stacked,
        &[0, 10, 20, 30],
        &[&[0.1, 0.2, GAP, 0.1], &[0.5, GAP, GAP, 0.5], &[0.2, 0.2, GAP, 0.2]],
    );
    let areas: Vec<_> = paths.iter().map(|path| path.area.as_deref().unwrap_or_default()).collect();
    assert_eq!(areas, ["M0 11L0 10L10 9L10 11Z", "M0 5L10 9L10 9L0 10Z", "M0 3L10 7L10 9L0 5Z"]);
    assert_eq!(paths[2].line, "M0 3L10 7M29 3L31 3");
    assert_eq!(paths.iter().map(|path| path.colour).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn degenerate_sizes_and_windows_are_safe() {
    let window = TimeRange { start: Timestamp::from_millis(7), end: Timestamp::from_millis(7) };
    let line = Line { times: &[6, 7, 8], low: &[1.0; 3], high: &[1.0; 3], colour: 0 };
    let plot = Plot {
        unit: Unit::Bytes,
        style: Style::Area,
        ceiling: None,
        window,
        gap_after_millis: 5,
        lines: &[line],
        bands: &[],
        previous: &[],
        axis_options: AxisOptions::default(),
        rows: &[],
    };
    for (width, height) in [(0.0, 0.0), (-3.0, 5.0), (f64::NAN, f64::NAN), (f64::INFINITY, 1e9)] {
        assert_eq!(svg_paths(&plot, width, height).len(), 1, "{width} by {height}");
    }
}

proptest! {
    #[test]
    fn numbers_have_at_most_one_decimal(number in -1e6_f64..1e6) {
        let mut text = String::new();
        push_tenths(&mut text, number);
        let back: f64 = text.parse().unwrap();
        prop_assert!((back - number).abs() <= 0.0500001);
        prop_assert!(text.split_once('.').is_none_or(|(_, decimals)| decimals.len() == 1));
        prop_assert!(text != "-0");
    }

    #[test]
    fn path_has_one_move_per_run(
        values in proptest::collection::vec(proptest::option::of(0.0_f64..1.0), 0..60),
    ) {
        let times: Vec<i64> = (0..).take(values.len()).collect();
        let numbers: Vec<f64> = values.iter().map(|value| value.unwrap_or(GAP)).collect();
        let window = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(60) };
        let line = Line { times: &times, low: &numbers, high: &numbers, colour: 0 };
        let plot = Plot { unit: Unit::Ratio, style: Style::Line, ceiling: None, window, gap_after_millis: 5, lines: &[line], bands: &[], previous: &[], axis_options: AxisOptions::default(), rows: &[] };
        // One column per millisecond, so that no gap is narrower than a column.
        let paths = svg_paths(&plot, 60.0, 40.0);
        let runs = values.split(Option::is_none).filter(|run| !run.is_empty()).count();
        prop_assert_eq!(paths[0].line.matches('M').count(), runs);
        prop_assert!(paths[0].line.chars().all(|letter| "ML -.0123456789".contains(letter)));
    }
}
