//! Tables for people: what stands in their cells, and in which order their rows stand.

use crate::clock::local_date_and_time;
use std::cmp::Ordering;
use watchglass_model::{Timestamp, Unit};

/// What stands in a place of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A statement or a command.
    Code(String),
    /// A number that names something, and is written in full.
    Id(u64),
    /// A quantity.
    Number(Unit, f64),
    /// A moment.
    Time(Timestamp),
}

/// The cells of a row, one for each column.
pub type Row = Vec<Cell>;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// What stands above it.
    pub title: &'static str,
    /// Whether its cells are numbers or moments: they stand to the right, and the largest is of interest first.
    pub is_number: bool,
}

impl Column {
    /// Its name in an address: `last-seen`.
    pub fn name(&self) -> String {
        self.title.to_lowercase().replace(' ', "-")
    }
}

/// A column of words.
pub const fn words(title: &'static str) -> Column {
    Column { title, is_number: false }
}

/// A column of numbers or moments.
pub const fn numbers(title: &'static str) -> Column {
    Column { title, is_number: true }
}

/// By what a table is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Number of the column.
    pub column: usize,
    /// Whether the largest stands first.
    pub descending: bool,
}

impl Cell {
    /// Whether there is nothing to write: a quantity that was not measured.
    fn is_missing(&self) -> bool {
        matches!(self, Self::Number(_, value) if !value.is_finite())
    }

    /// What is written. Moments are in UTC: the server does not know the reader's clock.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Code(text) => text.clone(),
            Self::Id(id) => id.to_string(),
            Self::Number(unit, value) => unit.text(*value),
            Self::Time(time) => local_date_and_time(*time, None),
        }
    }

    /// What the style sheet calls it.
    pub(super) fn class(&self) -> &'static str {
        match self {
            Self::Text(_) => "words",
            Self::Code(_) => "code",
            Self::Id(_) | Self::Number(..) | Self::Time(_) => "number",
        }
    }

    /// Cells of one column are of one kind; others are left as they stand.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) | (Self::Code(left), Self::Code(right)) => left.cmp(right),
            (Self::Id(left), Self::Id(right)) => left.cmp(right),
            (Self::Number(_, left), Self::Number(_, right)) => left.total_cmp(right),
            (Self::Time(left), Self::Time(right)) => left.cmp(right),
            _ => Ordering::Equal,
        }
    }
}

impl Sort {
    /// By that column, the largest first.
    pub const fn largest(column: usize) -> Self {
        Self { column, descending: true }
    }

    /// The order after the reader has chosen a column: turned round if it was the one, else by it, numbers from the
    /// largest and words from A.
    pub(super) fn chosen(self, place: usize, column: Column) -> Self {
        let descending = if self.column == place { !self.descending } else { column.is_number };
        Self { column: place, descending }
    }

    /// The order as assistive technology is told of it; `None` for a column that does not make it.
    pub(super) fn spoken(self, place: usize) -> Option<&'static str> {
        (self.column == place).then_some(if self.descending { "descending" } else { "ascending" })
    }

    /// Puts rows in this order, those that have no value at the end. Those that are equal in it stay as they stand.
    pub fn apply(self, rows: &mut [Row]) {
        rows.sort_by(|left, right| {
            let (Some(left), Some(right)) = (left.get(self.column), right.get(self.column)) else {
                return Ordering::Equal;
            };
            let order = left.compare(right);
            let order = if self.descending { order.reverse() } else { order };
            left.is_missing().cmp(&right.is_missing()).then(order)
        });
    }

    /// The order by the column that an address names, `asc` or `desc`; `None` where there is no such column or direction.
    #[cfg(feature = "ssr")]
    pub fn named(columns: &[Column], column: &str, direction: Option<&str>) -> Option<Self> {
        let place = columns.iter().position(|known| known.name() == column)?;
        let descending = match direction {
            None => columns.get(place)?.is_number,
            Some("desc") => true,
            Some("asc") => false,
            Some(_) => return None,
        };
        Some(Self { column: place, descending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_written_for_people() {
        for (cell, expected, class) in [
            (Cell::Text("a".to_owned()), "a", "words"),
            (Cell::Code("SELECT ?".to_owned()), "SELECT ?", "code"),
            (Cell::Id(12_345), "12345", "number"),
            (Cell::Number(Unit::Count, 12_345.0), "12.3 k", "number"),
            (Cell::Number(Unit::Seconds, 0.0125), "12.5 ms", "number"),
            (Cell::Time(Timestamp::from_millis(3_600_000)), "1 Jan 01:00:00 UTC", "number"),
        ] {
            assert_eq!((cell.text().replace('\u{a0}', " ").as_str(), cell.class()), (expected, class));
        }
    }

    #[test]
    fn a_column_that_is_chosen_again_turns_the_order_round() {
        let (name, size) = (words("Name"), numbers("Size"));
        let by_size = Sort::largest(1);
        let smallest = by_size.chosen(1, size);
        assert_eq!(smallest, Sort { column: 1, descending: false });
        assert_eq!(smallest.chosen(1, size), by_size);
        assert_eq!(by_size.chosen(0, name), Sort { column: 0, descending: false });
        assert_eq!(smallest.chosen(0, name).chosen(1, size), by_size);
        assert_eq!((by_size.spoken(1), by_size.spoken(0)), (Some("descending"), None));
        assert_eq!(smallest.spoken(1), Some("ascending"));
    }

    #[test]
    fn an_address_names_column_and_direction() {
        let columns = [words("Route"), numbers("Last seen")];
        for (column, direction, expected) in [
            ("route", None, Some((0, false))),
            ("last-seen", None, Some((1, true))),
            ("last-seen", Some("asc"), Some((1, false))),
            ("route", Some("desc"), Some((0, true))),
            ("route", Some("up"), None),
            ("Route", None, None),
            ("", None, None),
        ] {
            let found = Sort::named(&columns, column, direction).map(|sort| (sort.column, sort.descending));
            assert_eq!(found, expected, "{column} {direction:?}");
        }
    }

    #[test]
    fn rows_stand_in_the_order_and_equal_ones_as_they_stood() {
        let row = |name: &str, size: f64| vec![Cell::Text(name.to_owned()), Cell::Number(Unit::Count, size)];
        let given = [row("b", 2.0), row("c", 10.0), row("a", 2.0)];
        for (sort, expected) in [
            (Sort::largest(1), "cba"),
            (Sort { column: 1, descending: false }, "bac"),
            (Sort { column: 0, descending: false }, "abc"),
            (Sort::largest(0), "cba"),
            (Sort::largest(7), "bca"),
        ] {
            let mut rows = given.to_vec();
            sort.apply(&mut rows);
            let names: String = rows.iter().map(|row| row[0].text()).collect();
            assert_eq!(names, expected, "{sort:?}");
        }
        let mut moments = [1, 3, 2].map(|second| vec![Cell::Time(Timestamp::from_millis(second * 1000))]);
        Sort::largest(0).apply(&mut moments);
        assert!(moments.is_sorted_by_key(|row| std::cmp::Reverse(row[0].text())));
    }
}
