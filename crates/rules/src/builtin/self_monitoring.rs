//! Rules on this server: its history, its limit of series, its data directory and its certificate.

use super::by;
use crate::{Aggregation, Comparison, Rule};

/// Rules on the server itself.
pub(super) fn self_monitoring() -> Vec<Rule> {
    let refused = Rule {
        aggregation: Aggregation::Increase,
        window_seconds: 300,
        warning: Some(0.0),
        ..Rule::new("history-refused", "Dropped samples", "watchglass_tsdb_refused_total", "history")
    };
    let left_out = Rule {
        aggregation: Aggregation::Increase,
        window_seconds: 300,
        warning: Some(0.0),
        ..Rule::new("series-refused", "Series limit reached", "watchglass_series_refused_total", "probes")
    };
    const DAY: f64 = 86_400.0;
    let certificate = Rule {
        comparison: Comparison::Below,
        warning: Some(14.0 * DAY),
        critical: Some(3.0 * DAY),
        ..Rule::new(
            "certificate",
            "TLS certificate expires soon",
            "tls_certificate_remaining_seconds",
            "certificate",
        )
    };
    let data_directory = Rule {
        comparison: Comparison::Below,
        critical: Some(1.0),
        message: Some("cannot be written".to_owned()),
        ..Rule::new(
            "data-directory",
            "Data directory not writable",
            "watchglass_data_directory_writable",
            "history",
        )
    };
    let late = Rule {
        comparison: Comparison::Below,
        warning: Some(1.0),
        message: Some("is late, or its job reported a failure".to_owned()),
        resolve_when_gone: true,
        ..Rule::new("heartbeat-late", "Heartbeat late", "watchglass_heartbeat_up", "heartbeats")
    };
    vec![refused, data_directory, by("source", left_out), certificate, by("heartbeat", late)]
}
