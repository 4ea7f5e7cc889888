//! The past of one panel, as tables have it.

use super::Core;
use app::api::Stretch;
use watchglass_history::{Columns, QueryError, step_for};
use watchglass_model::{Metric, Panel, Role, TimeRange};

/// What the chart of a panel shows, in numbers.
#[derive(Debug)]
pub(crate) struct PanelPast {
    /// The panel.
    pub(crate) panel: Panel,
    /// The stretch of time.
    pub(crate) range: TimeRange,
    /// The metrics of its chart with their readings; all have the same rows.
    pub(crate) parts: Vec<(Metric, Columns)>,
}

/// However many series there are, so many rows are answered with.
const FEWEST_ROWS: usize = 30;

impl Core {
    /// The readings of the series of a panel's chart, in at most `most_rows` rows, and fewer where that would be more than
    /// `most_cells` cells; `None` where there is no such panel. Like the charts it is this server's own past.
    ///
    /// # Errors
    /// The history cannot answer.
    pub(crate) fn panel_past(
        &self,
        id: &str,
        stretch: Stretch,
        most_rows: usize,
        most_cells: usize,
    ) -> Result<Option<PanelPast>, QueryError> {
        let Some(panel) = self.catalogue.panel(id) else { return Ok(None) };
        let is_charted = |role| matches!(role, Role::Chart | Role::HeadlineAndChart);
        let metrics: Vec<&Metric> = self
            .catalogue
            .shown_in(id)
            .filter(|(_, role)| is_charted(*role))
            .map(|(metric, _)| metric)
            .collect();
        let state = self.read_state();
        let is_shown = |name: &str| metrics.iter().any(|metric| metric.name == name);
        let series = state.series.iter().filter(|series| is_shown(&series.metric)).count();
        let range = self.range(stretch);
        let step = step_for(range, (most_cells / series.max(1)).clamp(FEWEST_ROWS, most_rows));
        let part = |metric: &Metric| Ok((metric.clone(), self.ask(&metric.name, range, step)?));
        let parts = metrics.into_iter().map(part).collect::<Result<_, _>>()?;
        Ok(Some(PanelPast { panel: panel.clone(), range, parts }))
    }
}
