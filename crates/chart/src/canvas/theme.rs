//! The colours of a chart.

/// Colours and font of a chart, in the syntax of CSS. The page reads them from its custom properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// Behind everything; also the ring around the cursor's dots.
    pub background: String,
    /// The lines of the grid.
    pub grid: String,
    /// The labels.
    pub axis_text: String,
    /// The time cursor.
    pub cursor: String,
    /// The lines, by [`Line::colour`](crate::Line::colour); when there are fewer they begin again.
    pub series: Vec<String>,
    /// What is marked, by [`Band::level`](crate::Band::level).
    pub levels: Vec<String>,
    /// The font of the labels, as CSS's `font` shorthand, with figures of equal width: `11px system-ui`.
    pub font: String,
}

impl Theme {
    /// The colour of a band.
    pub(super) fn level(&self, index: usize) -> &str {
        self.levels.get(index).unwrap_or(&self.axis_text)
    }

    /// The colour of a line. A theme without any draws lines in the colour of the labels.
    pub(super) fn series(&self, index: usize) -> &str {
        let place = index.checked_rem(self.series.len()).unwrap_or(0);
        self.series.get(place).unwrap_or(&self.axis_text)
    }
}
