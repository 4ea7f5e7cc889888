//! Tables for people: what stands in their cells, and in which order their rows stand.

use crate::clock::local_date_and_time;
use std::cmp::Ordering;
use watchglass_model::{Timestamp, Unit};

/// What stands in a place of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
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
pub(crate) type Row = Vec<Cell>;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// What stands above it.
    pub(crate) title: &'static str,
    /// Whether its cells are numbers or moments: they stand to the right, and the largest is of interest first.
    pub(crate) is_number: bool,
}

/// A column of words.
pub(crate) const fn words(title: &'static str) -> Column {
    Column { title, is_number: false }
}

/// A column of numbers or moments.
pub(crate) const fn numbers(title: &'static str) -> Column {
    Column { title, is_number: true }
}

/// By what a table is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    /// Number of the column.
    pub(crate) column: usize,
    /// Whether the largest stands first.
    pub(crate) descending: bool,
}

impl Cell {
    /// What is written. Moments are on the clock of a reader who is `offset` minutes ahead of UTC.
    pub(crate) fn text(&self, offset: Option<i32>) -> String {
        match self {
            Self::Text(text) | Self::Code(text) => text.clone(),
            Self::Id(id) => id.to_string(),
            Self::Number(unit, value) => unit.text(*value),
            Self::Time(time) => local_date_and_time(*time, offset),
        }
    }

    /// What the style sheet calls it.
    pub(crate) fn class(&self) -> &'static str {
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

/// The rows as HTML. As text they cost the page's program a fraction of what elements made one by one would.
pub(crate) fn html(rows: &[Row], offset: Option<i32>) -> String {
    let mut html = String::new();
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            html.push_str("<td class=\"");
            html.push_str(cell.class());
            html.push_str("\">");
            escape(&cell.text(offset), &mut html);
            html.push_str("</td>");
        }
        html.push_str("</tr>");
    }
    html
}

/// Appends `text` so that nothing in it is taken for markup.
pub(crate) fn escape(text: &str, html: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

/// `text` so that nothing in it is taken for markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::new();
    escape(text, &mut html);
    html
}

impl Sort {
    /// By that column, the largest first.
    pub(crate) const fn largest(column: usize) -> Self {
        Self { column, descending: true }
    }

    /// The order after the reader has chosen a column: turned round if it was the one, else by it, numbers from the
    /// largest and words from A.
    pub(crate) fn chosen(self, place: usize, column: Column) -> Self {
        let descending = if self.column == place { !self.descending } else { column.is_number };
        Self { column: place, descending }
    }

    /// The order as assistive technology is told of it; `None` for a column that does not make it.
    pub(crate) fn spoken(self, place: usize) -> Option<&'static str> {
        (self.column == place).then_some(if self.descending { "descending" } else { "ascending" })
    }

    /// Puts rows in this order. Those that are equal in it stay as they stand.
    pub(crate) fn apply(self, rows: &mut [Row]) {
        rows.sort_by(|left, right| {
            let order = match (left.get(self.column), right.get(self.column)) {
                (Some(left), Some(right)) => left.compare(right),
                _ => Ordering::Equal,
            };
            if self.descending { order.reverse() } else { order }
        });
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
            assert_eq!((cell.text(None).replace('\u{a0}', " ").as_str(), cell.class()), (expected, class));
        }
        let time = Cell::Time(Timestamp::from_millis(0));
        assert_eq!(time.text(Some(60)).replace('\u{a0}', " "), "1 Jan 01:00:00");
    }

    #[test]
    fn nothing_in_a_cell_is_taken_for_markup() {
        let rows =
            [vec![Cell::Text("a".to_owned()), Cell::Code("<img src=\"x\" onerror='y'> & &lt;".to_owned())]];
        let expected = concat!(
            r#"<tr><td class="words">a</td><td class="code">"#,
            "&lt;img src=&quot;x&quot; onerror=&#39;y&#39;&gt; &amp; &amp;lt;</td></tr>"
        );
        assert_eq!(html(&rows, None), expected);
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
            let names: String = rows.iter().map(|row| row[0].text(None)).collect();
            assert_eq!(names, expected, "{sort:?}");
        }
        let mut moments = [1, 3, 2].map(|second| vec![Cell::Time(Timestamp::from_millis(second * 1000))]);
        Sort::largest(0).apply(&mut moments);
        assert!(moments.is_sorted_by_key(|row| std::cmp::Reverse(row[0].text(None))));
    }
}
