//! Current values of the cards on the overview.

use crate::metric_store::MetricStore;
use watchglass_model::Unit;
use watchglass_reports::cards::Card;

/// Current values of a card.
#[derive(Debug)]
pub(crate) struct CardValues {
    /// Unit of the value; `None` if it is not collected.
    pub(crate) unit: Option<Unit>,
    /// Main value; `None` without data.
    pub(crate) value: Option<f64>,
    /// Number of series that the value is computed from.
    pub(crate) series_count: usize,
    /// Secondary values with data, formatted, each with its caption.
    pub(crate) secondary: Vec<(String, &'static str)>,
}

/// Current values of a card.
pub(crate) fn card_values(metrics: &MetricStore, card: &'static Card) -> CardValues {
    metrics.with_latest(|current, _| CardValues {
        unit: card.main.unit(current),
        value: card.main.value(current),
        series_count: card.main.count(current),
        secondary: card
            .secondary
            .iter()
            .filter_map(|figure| Some((figure.unit(current)?.format(figure.value(current)?), figure.label)))
            .collect(),
    })
}
