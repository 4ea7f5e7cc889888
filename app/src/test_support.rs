//! What the tests of several modules use.

use watchglass_model::{Kind, Metric, Unit};

/// Metric `m` without labels.
pub(crate) fn metric(kind: Kind, unit: Unit) -> Metric {
    Metric {
        name: "m".to_owned(),
        kind,
        unit,
        help: String::new(),
        labels: Vec::new(),
        panel: None,
        legend: String::new(),
    }
}
