//! Heat maps: one row per bucket of values, one column per time bucket.

use crate::bars::TimeBuckets;
use crate::layers::Layer;
use crate::plot::middle;
use crate::{Axis, Plot, Point, Tick};

/// Opacity of a cell by its value: zero, then equal steps of the square root, so that rare values are visible next to common
/// ones. The style sheets have the same for the classes `heat-0` to `heat-6`.
pub const HEAT_OPACITY: [f64; 7] = [0.06, 0.2, 0.34, 0.5, 0.66, 0.82, 1.0];

/// CSS classes of the opacities.
pub(crate) const HEAT_CLASSES: [&str; 7] =
    ["area heat-0", "area heat-1", "area heat-2", "area heat-3", "area heat-4", "area heat-5", "area heat-6"];

/// Cells of a heat map. Reused between frames.
#[derive(Debug, Default)]
pub(crate) struct Heat {
    buckets: TimeBuckets,
    /// Start of the first column, as a multiple of the bucket length.
    first: i64,
    columns: usize,
    /// Row by row, lowest first; NaN without data.
    cells: Vec<f64>,
}

/// Adjacent columns of one row that share a value.
struct Run {
    from: usize,
    to: usize,
    sum: f64,
    count: f64,
}

impl Heat {
    /// Computes the cells of `plot`: the mean of the values of a line in each column, summed over the lines of a row. A column
    /// without a sample gets the value of the next one, unless there is a gap: a rate applies to the time before its sample.
    pub(crate) fn build(&mut self, plot: &Plot<'_>, columns: usize) {
        let window = plot.window;
        self.buckets =
            TimeBuckets::of(&mut plot.lines.iter().copied(), window, plot.gap_after_millis, columns);
        let column_of = |millis: i64| millis.div_euclid(self.buckets.length);
        // One more column on each side, for the neighbours outside the window.
        self.first = column_of(window.start.millis()).saturating_sub(1);
        let count = column_of(window.end.millis()).saturating_sub(self.first).saturating_add(2);
        self.columns = usize::try_from(count).unwrap_or(0).min(columns + 4);
        self.cells.clear();
        self.cells.resize(self.columns * plot.rows.len(), f64::NAN);
        for line in plot.lines.iter().filter(|line| line.colour < plot.rows.len()) {
            let mut open: Option<Run> = None;
            let mut last = i64::MIN;
            for (time, low, high) in line.around(window).points() {
                let place = time.div_euclid(self.buckets.length).checked_sub(self.first);
                let place = place.and_then(|place| usize::try_from(place).ok());
                let Some(place) = place.filter(|&place| place < self.columns) else { continue };
                let value = middle(low, high);
                if !value.is_finite() {
                    continue;
                }
                match &mut open {
                    Some(run) if run.to == place => {
                        run.sum += value;
                        run.count += 1.0;
                    }
                    _ => {
                        let before = open.take();
                        let is_joined = time.saturating_sub(last) <= plot.gap_after_millis;
                        let from =
                            before.as_ref().filter(|_| is_joined).map_or(place, |before| before.to + 1);
                        self.put(line.colour, before);
                        open = Some(Run { from, to: place, sum: value, count: 1.0 });
                    }
                }
                last = time;
            }
            self.put(line.colour, open);
        }
    }

    fn put(&mut self, row: usize, run: Option<Run>) {
        let Some(Run { from, to, sum, count }) = run else { return };
        let cells = self.cells.iter_mut().skip(row * self.columns + from);
        for cell in cells.take((to + 1).saturating_sub(from)) {
            *cell = if cell.is_nan() { 0.0 } else { *cell } + sum / count;
        }
    }

    /// Writes the cells to `layers`, one layer for each of [`HEAT_OPACITY`]: two points for each run of equal cells, its lower
    /// left and upper right corner. The value of a point is the index of a row. Columns with any data are one run over all rows
    /// in layer 0, so that zero differs from no data.
    pub(crate) fn layers(&self, layers: &mut Vec<Layer>) {
        layers.resize_with(HEAT_OPACITY.len(), Layer::default);
        for layer in &mut *layers {
            layer.points.clear();
            layer.colour = 0;
        }
        if self.columns == 0 {
            return;
        }
        let max_value = self.cells.iter().copied().fold(0.0, f64::max);
        let rows = self.cells.len() / self.columns;
        let cell = |row: usize, column: usize| self.cells.get(row * self.columns + column).copied();
        let is_known =
            |column: usize| (0..rows).any(|row| cell(row, column).is_some_and(|cell| !cell.is_nan()));
        self.write_runs(&|column| is_known(column).then_some(0), (0, rows), layers);
        for row in 0..rows {
            let level = |column| level(cell(row, column)?, max_value);
            self.write_runs(&level, (row, row + 1), layers);
        }
    }

    /// Writes the runs of columns of the same level over the same rows.
    fn write_runs(
        &self,
        level: &dyn Fn(usize) -> Option<usize>,
        (bottom, top): (usize, usize),
        layers: &mut [Layer],
    ) {
        let mut open = (None, 0);
        for column in 0..=self.columns {
            let level = level(column).filter(|_| column < self.columns);
            if level == open.0 {
                continue;
            }
            if let Some(layer) = open.0.and_then(|level| layers.get_mut(level)) {
                layer.points.push(Point { time: self.start_of(open.1), value: bottom as f64 });
                layer.points.push(Point { time: self.start_of(column), value: top as f64 });
            }
            open = (level, column);
        }
    }

    /// Start of a column: half a sample interval before its first sample.
    fn start_of(&self, column: usize) -> i64 {
        let place = self.first.saturating_add(i64::try_from(column).unwrap_or(i64::MAX));
        place.saturating_mul(self.buckets.length).saturating_sub(self.buckets.spacing / 2)
    }
}

/// Index into [`HEAT_OPACITY`] of a cell; `None` for zero or no data.
fn level(value: f64, max_value: f64) -> Option<usize> {
    let max = HEAT_OPACITY.len() - 1;
    // A rounding error must not add a step.
    let step = ((value / max_value).sqrt() * max as f64 - 1e-9).ceil();
    (value > 0.0).then(|| (step as usize).clamp(1, max))
}

/// The axis of rows. The label of a row is an upper bound, so it is at the upper edge; the last row has none.
pub(crate) fn axis(rows: &[&str]) -> Axis {
    let bounds = rows.iter().take(rows.len().saturating_sub(1));
    let labels = std::iter::once("0").chain(bounds.copied());
    let ticks = labels.enumerate().map(|(row, label)| Tick { value: row as f64, label: label.to_owned() });
    Axis { low: 0.0, high: rows.len().max(1) as f64, ticks: ticks.collect(), is_log: false }
}

#[cfg(test)]
#[path = "heat_tests.rs"]
mod tests;
