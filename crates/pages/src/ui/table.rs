//! Table model: cells, columns and sort order.

use app::local_date_and_time;
use std::cmp::Ordering;
use watchglass_model::{Timestamp, Unit};

/// Characters of any text that the narrowest text column shows.
const LONGEST_UNCUT: usize = 12;

/// Table cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Short text on one line, cut off at its end if it does not fit; a long one has a tooltip.
    Text(String),
    /// Query or command.
    Code(String),
    /// Code of any length on one line, cut off at its end; the whole is the tooltip.
    CodeLine(String),
    /// Numeric id, written in full.
    Id(u64),
    /// Quantity with its unit.
    Number(Unit, f64),
    /// Time.
    Time(Timestamp),
}

/// Cells of a row, one per column.
pub type Row = Vec<Cell>;

/// Column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Title.
    pub title: &'static str,
    /// What its cells are.
    pub kind: ColumnKind,
}

/// Kind of the cells of a column. The width of a column depends on its kind alone: columns do not move as values change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Names and other texts of a few words.
    Text,
    /// One short word, such as a user or a state.
    Word,
    /// Queries, commands and routes.
    Code,
    /// Quantities and ids.
    Number,
    /// Times.
    Time,
}

impl Column {
    /// Whether its cells are numbers or times: right-aligned, and sorted from the largest by default.
    pub const fn is_number(&self) -> bool {
        matches!(self.kind, ColumnKind::Number | ColumnKind::Time)
    }

    /// CSS class of its header, which sets the width of the column.
    pub(crate) const fn class(&self) -> &'static str {
        match self.kind {
            ColumnKind::Text => "words",
            ColumnKind::Word => "words short",
            ColumnKind::Code => "code",
            ColumnKind::Number => "number",
            ColumnKind::Time => "number time",
        }
    }

    /// Name in URLs, such as `last-seen`.
    pub fn name(&self) -> String {
        self.title.to_lowercase().replace(' ', "-")
    }
}

/// Column of names and other texts of a few words.
pub const fn text_column(title: &'static str) -> Column {
    Column { title, kind: ColumnKind::Text }
}

/// Column of short words.
pub const fn word_column(title: &'static str) -> Column {
    Column { title, kind: ColumnKind::Word }
}

/// Column of queries, commands or routes.
pub const fn code_column(title: &'static str) -> Column {
    Column { title, kind: ColumnKind::Code }
}

/// Column of quantities or ids.
pub const fn number_column(title: &'static str) -> Column {
    Column { title, kind: ColumnKind::Number }
}

/// Column of times.
pub const fn time_column(title: &'static str) -> Column {
    Column { title, kind: ColumnKind::Time }
}

/// Sort order of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Index of the column.
    pub column: usize,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Cell {
    /// Whether it is a missing quantity.
    fn is_missing(&self) -> bool {
        matches!(self, Self::Number(_, value) if !value.is_finite())
    }

    /// Text of the cell. Times are in UTC: the server does not know the user's time zone.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Code(text) | Self::CodeLine(text) => text.clone(),
            Self::Id(id) => id.to_string(),
            Self::Number(unit, value) => unit.format(*value),
            Self::Time(time) => local_date_and_time(*time, None),
        }
    }

    /// CSS class.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Text(_) => "words",
            Self::Code(_) => "code",
            Self::CodeLine(_) => "code line",
            Self::Id(_) | Self::Number(..) | Self::Time(_) => "number",
        }
    }

    /// Whole text of a cell that may be cut off: its tooltip.
    pub(crate) fn tooltip(&self) -> Option<&str> {
        match self {
            Self::CodeLine(text) => Some(text),
            Self::Text(text) if text.chars().count() > LONGEST_UNCUT => Some(text),
            _ => None,
        }
    }

    /// Whether it belongs into columns of that kind.
    pub fn fits(&self, kind: ColumnKind) -> bool {
        match self {
            Self::Text(_) => matches!(kind, ColumnKind::Text | ColumnKind::Word),
            Self::Code(_) | Self::CodeLine(_) => kind == ColumnKind::Code,
            Self::Id(_) | Self::Number(..) => kind == ColumnKind::Number,
            Self::Time(_) => kind == ColumnKind::Time,
        }
    }

    /// Order of two cells. The cells of a column have one kind; different kinds compare as equal.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right))
            | (Self::Code(left), Self::Code(right))
            | (Self::CodeLine(left), Self::CodeLine(right)) => left.cmp(right),
            (Self::Id(left), Self::Id(right)) => left.cmp(right),
            (Self::Number(_, left), Self::Number(_, right)) => left.total_cmp(right),
            (Self::Time(left), Self::Time(right)) => left.cmp(right),
            _ => Ordering::Equal,
        }
    }
}

impl Sort {
    /// By that column, the largest first.
    pub const fn largest_first(column: usize) -> Self {
        Self { column, descending: true }
    }

    /// Order after a click on a column: reversed if it was sorted by it, else by it, numbers descending and text ascending.
    pub(crate) fn toggled(self, index: usize, column: Column) -> Self {
        let descending = if self.column == index { !self.descending } else { column.is_number() };
        Self { column: index, descending }
    }

    /// Value of `aria-sort`; `None` for the other columns.
    pub(crate) fn aria_sort(self, index: usize) -> Option<&'static str> {
        (self.column == index).then_some(if self.descending { "descending" } else { "ascending" })
    }

    /// Sorts rows, missing values last. The sort is stable.
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

    /// Parses the column name and direction (`asc` or `desc`) of a URL; `None` if either is unknown.
    pub fn parse(columns: &[Column], column: &str, direction: Option<&str>) -> Option<Self> {
        let index = columns.iter().position(|known| known.name() == column)?;
        let descending = match direction {
            None => columns.get(index)?.is_number(),
            Some("desc") => true,
            Some("asc") => false,
            Some(_) => return None,
        };
        Some(Self { column: index, descending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_formatted() {
        for (cell, expected, class) in [
            (Cell::Text("a".to_owned()), "a", "words"),
            (Cell::Code("SELECT ?".to_owned()), "SELECT ?", "code"),
            (Cell::CodeLine("sh -c x".to_owned()), "sh -c x", "code line"),
            (Cell::Id(12_345), "12345", "number"),
            (Cell::Number(Unit::Count, 12_345.0), "12.3 k", "number"),
            (Cell::Number(Unit::Seconds, 0.0125), "12.5 ms", "number"),
            (Cell::Time(Timestamp::from_millis(3_600_000)), "1 Jan 01:00:00 UTC", "number"),
        ] {
            assert_eq!((cell.text().replace('\u{a0}', " ").as_str(), cell.class()), (expected, class));
        }
    }

    #[test]
    fn texts_that_may_be_cut_off_have_tooltips() {
        for (cell, expected) in [
            (Cell::Text("postgres".to_owned()), None),
            (Cell::Text("systemd-journald.service".to_owned()), Some("systemd-journald.service")),
            (Cell::CodeLine("x".to_owned()), Some("x")),
            // These wrap.
            (Cell::Code("SELECT 1 FROM a_long_table_name".to_owned()), None),
            (Cell::Id(12_345_678_901_234), None),
        ] {
            assert_eq!(cell.tooltip(), expected, "{cell:?}");
        }
    }

    #[test]
    fn choosing_a_column_again_reverses_the_order() {
        let (name, size) = (text_column("Name"), number_column("Size"));
        let by_size = Sort::largest_first(1);
        let smallest = by_size.toggled(1, size);
        assert_eq!(smallest, Sort { column: 1, descending: false });
        assert_eq!(smallest.toggled(1, size), by_size);
        assert_eq!(by_size.toggled(0, name), Sort { column: 0, descending: false });
        assert_eq!(smallest.toggled(0, name).toggled(1, size), by_size);
        assert_eq!((by_size.aria_sort(1), by_size.aria_sort(0)), (Some("descending"), None));
        assert_eq!(smallest.aria_sort(1), Some("ascending"));
    }

    #[test]
    fn column_and_direction_are_parsed() {
        let columns = [text_column("Route"), number_column("Last seen")];
        for (column, direction, expected) in [
            ("route", None, Some((0, false))),
            ("last-seen", None, Some((1, true))),
            ("last-seen", Some("asc"), Some((1, false))),
            ("route", Some("desc"), Some((0, true))),
            ("route", Some("up"), None),
            ("Route", None, None),
            ("", None, None),
        ] {
            let found = Sort::parse(&columns, column, direction).map(|sort| (sort.column, sort.descending));
            assert_eq!(found, expected, "{column} {direction:?}");
        }
    }

    #[test]
    fn sorting_is_stable() {
        let row = |name: &str, size: f64| vec![Cell::Text(name.to_owned()), Cell::Number(Unit::Count, size)];
        let given = [row("b", 2.0), row("c", 10.0), row("a", 2.0)];
        for (sort, expected) in [
            (Sort::largest_first(1), "cba"),
            (Sort { column: 1, descending: false }, "bac"),
            (Sort { column: 0, descending: false }, "abc"),
            (Sort::largest_first(0), "cba"),
            (Sort::largest_first(7), "bca"),
        ] {
            let mut rows = given.to_vec();
            sort.apply(&mut rows);
            let names: String = rows.iter().map(|row| row[0].text()).collect();
            assert_eq!(names, expected, "{sort:?}");
        }
        let mut moments = [1, 3, 2].map(|second| vec![Cell::Time(Timestamp::from_millis(second * 1000))]);
        Sort::largest_first(0).apply(&mut moments);
        assert!(moments.is_sorted_by_key(|row| std::cmp::Reverse(row[0].text())));
    }
}
