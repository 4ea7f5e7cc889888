//! Tests of heat map cells.

use super::*;
use crate::{AxisOptions, Line};
use proptest::prelude::*;
use watchglass_model::{Style, TimeRange, Timestamp, Unit};

const ROWS: [&str; 3] = ["1 ms", "10 ms", "longer"];

fn plot<'a>(lines: &'a [Line<'a>], (start, end): (i64, i64)) -> Plot<'a> {
    Plot {
        unit: Unit::PerSecond,
        style: Style::Heat,
        ceiling: None,
        window: TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) },
        gap_after_millis: 25,
        lines,
        bands: &[],
        previous: &[],
        axis_options: AxisOptions::default(),
        rows: &ROWS,
    }
}

fn line<'a>(times: &'a [i64], values: &'a [f64], row: usize) -> Line<'a> {
    Line { times, low: values, high: values, colour: row }
}

/// The rows as text, lowest first.
fn cells(heat: &Heat) -> Vec<String> {
    let cell = |cell: &f64| if cell.is_nan() { "-".to_owned() } else { cell.to_string() };
    heat.cells.chunks(heat.columns).map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn samples_fill_their_cells_and_gaps_stay_empty() {
    let times = [0, 10, 20, 70, 80];
    let lines = [line(&times, &[1.0, 2.0, 3.0, 4.0, 5.0], 0), line(&times, &[0.0; 5], 2)];
    let mut heat = Heat::default();
    heat.build(&plot(&lines, (0, 90)), 100);
    let expected = ["- 1 2 3 - - - - 4 5 - -", "- - - - - - - - - - - -", "- 0 0 0 - - - - 0 0 - -"];
    assert_eq!(cells(&heat), expected);
    assert_eq!(heat.start_of(1), -5, "samples are centred in their columns");
}

#[test]
fn columns_are_means_and_lines_of_a_row_are_summed() {
    let times = [0, 10, 20, 30, 40, 50];
    let values = [1.0, 3.0, 5.0, 7.0, 2.0, 4.0];
    let lines = [line(&times, &values, 1), line(&times[..2], &[10.0, 20.0], 1)];
    let mut heat = Heat::default();
    heat.build(&plot(&lines, (0, 59)), 9);
    assert_eq!((heat.buckets.length, heat.buckets.spacing), (20, 10));
    assert_eq!(cells(&heat)[1], "- 17 6 3 -");
    // Lines of unknown rows are ignored.
    heat.build(&plot(&[line(&times, &values, 3)], (0, 59)), 9);
    assert!(heat.cells.iter().all(|cell| cell.is_nan()));
}

#[test]
fn late_sample_fills_the_columns_before_it() {
    let mut heat = Heat::default();
    heat.build(&plot(&[line(&[0, 10, 30, 40], &[1.0, 2.0, 3.0, 4.0], 0)], (0, 49)), 100);
    assert_eq!(cells(&heat)[0], "- 1 2 3 3 4 -");
}

#[test]
fn equal_neighbours_are_one_run() {
    let times = [0, 10, 20, 30];
    let lines = [line(&times, &[36.0, 36.0, 1.0, 0.0], 0), line(&times, &[0.0, 9.0, 0.0, 0.0], 1)];
    let mut heat = Heat::default();
    heat.build(&plot(&lines, (0, 39)), 100);
    let mut layers = vec![Layer::default()];
    heat.layers(&mut layers);
    let corners = |level: usize| -> Vec<(i64, f64)> {
        layers[level].points.iter().map(|point| (point.time, point.value)).collect()
    };
    assert_eq!(corners(0), [(-5, 0.0), (35, 3.0)], "columns with data");
    assert_eq!(corners(6), [(-5, 0.0), (15, 1.0)]);
    assert_eq!(corners(3), [(5, 1.0), (15, 2.0)], "a quarter of the maximum has half the strength");
    assert_eq!(corners(1), [(15, 0.0), (25, 1.0)], "rare values are visible");
    assert!([2, 4, 5].into_iter().all(|level| corners(level).is_empty()));
}

#[test]
fn row_labels_are_at_the_upper_edge() {
    let found = axis(&ROWS);
    let labels: Vec<_> = found.ticks.iter().map(|tick| (tick.value, tick.label.as_str())).collect();
    assert_eq!(labels, [(0.0, "0"), (1.0, "1 ms"), (2.0, "10 ms")]);
    assert_eq!((found.low, found.high), (0.0, 3.0));
    assert!(axis(&[]).high > axis(&[]).low);
}

#[test]
fn opacity_increases_with_the_level() {
    assert!(HEAT_OPACITY.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(HEAT_CLASSES.len(), HEAT_OPACITY.len());
}

proptest! {
    #[test]
    fn counts_are_preserved(
        counts in proptest::collection::vec((0_usize..3, 0_u32..50), 1..200), columns in 0_usize..300,
    ) {
        // One sample per row every ten milliseconds, all but one of them zero.
        let times: Vec<i64> = (0..counts.len() as i64).map(|index| index * 10).collect();
        let rows: Vec<Vec<f64>> = (0..3)
            .map(|row| counts.iter().map(|&(own, count)| if own == row { f64::from(count) } else { 0.0 }).collect())
            .collect();
        let lines: Vec<Line<'_>> = rows.iter().enumerate().map(|(row, values)| line(&times, values, row)).collect();
        let mut heat = Heat::default();
        heat.build(&plot(&lines, (0, times.len() as i64 * 10 - 1)), columns);
        for (row, values) in rows.iter().enumerate() {
            let mut sum = 0.0;
            for (column, cell) in heat.cells[row * heat.columns..(row + 1) * heat.columns].iter().enumerate() {
                let own = (heat.first + column as i64) * heat.buckets.length;
                let inside = times.iter().filter(|time| (own..own + heat.buckets.length).contains(time)).count();
                prop_assert_eq!(inside == 0, cell.is_nan());
                if inside > 0 {
                    sum += cell * inside as f64;
                }
            }
            prop_assert!((sum - values.iter().sum::<f64>()).abs() < 1e-6, "{sum} {values:?}");
        }
    }

    #[test]
    fn non_zero_cells_are_drawn_once(
        samples in proptest::collection::btree_map(0_i64..60, 0_u32..9, 0..60), columns in 0_usize..100,
    ) {
        let (times, values): (Vec<i64>, Vec<f64>) =
            samples.iter().map(|(&time, &value)| (time * 10, f64::from(value))).unzip();
        let mut heat = Heat::default();
        heat.build(&plot(&[line(&times, &values, 1)], (0, 600)), columns);
        let mut layers = Vec::new();
        heat.layers(&mut layers);
        for column in 0..heat.columns {
            let start = heat.start_of(column);
            let cell = heat.cells[heat.columns + column];
            let levels: Vec<usize> = (1..HEAT_OPACITY.len())
                .filter(|&level| {
                    let mut corners = layers[level].points.chunks(2);
                    corners.any(|pair| (pair[0].time..pair[1].time).contains(&start) && pair[0].value == 1.0)
                })
                .collect();
            prop_assert_eq!(levels.len(), usize::from(cell > 0.0), "{} {:?}", cell, levels);
        }
    }

    #[test]
    fn extreme_input_does_not_panic(
        mut times in proptest::collection::vec(proptest::num::i64::ANY, 0..20),
        values in proptest::collection::vec(proptest::num::f64::ANY, 20), columns in 0_usize..400,
        row in 0_usize..5,
    ) {
        times.sort_unstable();
        let mut heat = Heat::default();
        heat.build(&plot(&[line(&times, &values, row)], (-50, 1000)), columns);
        prop_assert!(heat.columns <= columns + 4);
        let mut layers = Vec::new();
        heat.layers(&mut layers);
        prop_assert!(layers.iter().all(|layer| layer.points.len() % 2 == 0));
    }
}
