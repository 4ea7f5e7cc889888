//! Colours and font of a chart.

/// Colours and font of a chart, in CSS syntax. The page reads them from its custom properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// Background, and ring around the dots of the cursor.
    pub background: String,
    /// Grid lines.
    pub grid: String,
    /// Axis labels.
    pub axis_text: String,
    /// Time cursor.
    pub cursor: String,
    /// Lines, by [`Line::colour`](crate::Line::colour); further lines reuse them from the first on.
    pub series: Vec<String>,
    /// Bands and thresholds, by [`Band::severity`](crate::Band::severity).
    pub severities: Vec<String>,
    /// Font of the labels, as CSS `font` shorthand with tabular figures: `11px system-ui`.
    pub font: String,
}

impl Theme {
    /// The colour of a band or threshold.
    pub(super) fn severity(&self, index: usize) -> &str {
        self.severities.get(index).unwrap_or(&self.axis_text)
    }

    /// The colour of a line; that of the labels when the theme has no series colours.
    pub(super) fn series(&self, index: usize) -> &str {
        let index = index.checked_rem(self.series.len()).unwrap_or(0);
        self.series.get(index).unwrap_or(&self.axis_text)
    }
}
