//! Heat maps: how much there was of what, when. A row for each size, a column for each stretch of time.

use crate::bars::Groups;
use crate::layers::Layer;
use crate::plot::middle;
use crate::{Axis, Plot, Point, Tick};

/// Opacity of a cell, by how much there is in it: nothing, then in equal steps of the square root, so that what is rare is seen
/// beside what is common. The style sheets have the same for the classes `heat-0` to `heat-6`.
pub const HEAT: [f64; 7] = [0.06, 0.2, 0.34, 0.5, 0.66, 0.82, 1.0];

/// What the style sheets call these.
pub(crate) const CLASSES: [&str; 7] =
    ["area heat-0", "area heat-1", "area heat-2", "area heat-3", "area heat-4", "area heat-5", "area heat-6"];

/// The cells, kept from one frame to the next.
#[derive(Debug, Default)]
pub(crate) struct Heat {
    groups: Groups,
    /// Which multiple of the groups' length the first column begins at.
    first: i64,
    columns: usize,
    /// Row by row, the lowest first; NaN where nothing was measured.
    cells: Vec<f64>,
}

/// A stretch of columns of one row, from samples that are joined.
struct Stretch {
    from: usize,
    to: usize,
    sum: f64,
    count: f64,
}

impl Heat {
    /// Finds the cells of `plot`: the mean of a line's values in each column, added up where several lines are of one row. A
    /// column without a sample has the value of the next one, unless a gap is between: a rate is that of the time before it.
    pub(crate) fn build(&mut self, plot: &Plot<'_>, columns: usize) {
        let window = plot.window;
        self.groups = Groups::of(&mut plot.lines.iter().copied(), window, plot.gap_after_millis, columns);
        let column_of = |millis: i64| millis.div_euclid(self.groups.length);
        // One more on each side, for the neighbours outside.
        self.first = column_of(window.start.millis()).saturating_sub(1);
        let count = column_of(window.end.millis()).saturating_sub(self.first).saturating_add(2);
        self.columns = usize::try_from(count).unwrap_or(0).min(columns + 4);
        self.cells.clear();
        self.cells.resize(self.columns * plot.rows.len(), f64::NAN);
        for line in plot.lines.iter().filter(|line| line.colour < plot.rows.len()) {
            let mut open: Option<Stretch> = None;
            let mut last = i64::MIN;
            for (time, low, high) in line.around(window).points() {
                let place = time.div_euclid(self.groups.length).checked_sub(self.first);
                let place = place.and_then(|place| usize::try_from(place).ok());
                let Some(place) = place.filter(|&place| place < self.columns) else { continue };
                let value = middle(low, high);
                if !value.is_finite() {
                    continue;
                }
                match &mut open {
                    Some(stretch) if stretch.to == place => {
                        stretch.sum += value;
                        stretch.count += 1.0;
                    }
                    _ => {
                        let before = open.take();
                        let is_joined = time.saturating_sub(last) <= plot.gap_after_millis;
                        let from =
                            before.as_ref().filter(|_| is_joined).map_or(place, |before| before.to + 1);
                        self.put(line.colour, before);
                        open = Some(Stretch { from, to: place, sum: value, count: 1.0 });
                    }
                }
                last = time;
            }
            self.put(line.colour, open);
        }
    }

    fn put(&mut self, row: usize, stretch: Option<Stretch>) {
        let Some(Stretch { from, to, sum, count }) = stretch else { return };
        let cells = self.cells.iter_mut().skip(row * self.columns + from);
        for cell in cells.take((to + 1).saturating_sub(from)) {
            *cell = if cell.is_nan() { 0.0 } else { *cell } + sum / count;
        }
    }

    /// Writes the cells to `layers`, one layer for each of [`HEAT`]: two points for each stretch of equal cells, its lower left
    /// and its upper right corner. The value of a point is the number of a row. What was measured at all is one stretch over
    /// all rows, so that nothing is told apart from not known.
    pub(crate) fn layers(&self, layers: &mut Vec<Layer>) {
        layers.resize_with(HEAT.len(), Layer::default);
        for layer in &mut *layers {
            layer.points.clear();
            layer.colour = 0;
        }
        if self.columns == 0 {
            return;
        }
        let greatest = self.cells.iter().copied().fold(0.0, f64::max);
        let rows = self.cells.len() / self.columns;
        let cell = |row: usize, column: usize| self.cells.get(row * self.columns + column).copied();
        let is_known =
            |column: usize| (0..rows).any(|row| cell(row, column).is_some_and(|cell| !cell.is_nan()));
        self.stretches(&|column| is_known(column).then_some(0), (0, rows), layers);
        for row in 0..rows {
            let level = |column| level(cell(row, column)?, greatest);
            self.stretches(&level, (row, row + 1), layers);
        }
    }

    /// Writes the stretches of columns of the same level, which reach over the same rows.
    fn stretches(
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

    /// Where a column begins: half a sample before its first sample.
    fn start_of(&self, column: usize) -> i64 {
        let place = self.first.saturating_add(i64::try_from(column).unwrap_or(i64::MAX));
        place.saturating_mul(self.groups.length).saturating_sub(self.groups.spacing / 2)
    }
}

/// Which of [`HEAT`] a cell has; `None` where there is nothing in it.
fn level(value: f64, greatest: f64) -> Option<usize> {
    let most = HEAT.len() - 1;
    // What rounding adds to a whole step is no step.
    let step = ((value / greatest).sqrt() * most as f64 - 1e-9).ceil();
    (value > 0.0).then(|| (step as usize).clamp(1, most))
}

/// The axis of rows: the name of each is at its upper edge, for it is a bound; that of the last, which has none, is left out.
pub(crate) fn axis(rows: &[&str]) -> Axis {
    let bounds = rows.iter().take(rows.len().saturating_sub(1));
    let labels = std::iter::once("0").chain(bounds.copied());
    let ticks = labels.enumerate().map(|(row, label)| Tick { value: row as f64, label: label.to_owned() });
    Axis { low: 0.0, high: rows.len().max(1) as f64, ticks: ticks.collect(), is_log: false }
}

#[cfg(test)]
#[path = "heat_tests.rs"]
mod tests;
