//! URL of the charts around an alert.

use std::time::Duration;
use watchglass_model::Timestamp;

/// Time shown before the start and after the end of an alert.
const MARGIN: Duration = Duration::from_secs(15 * 60);
/// Maximum time shown of a long alert, from its start.
const MAX_SHOWN: Duration = Duration::from_secs(24 * 3600);

/// URL of the charts from `since` to `end` with a margin, and with the cursor at `since`.
pub fn charts_url(since: Timestamp, end: Timestamp) -> String {
    let end = end.min(since + MAX_SHOWN) + MARGIN;
    let (from, to, at) = ((since - MARGIN).millis().max(0), end.millis(), since.millis());
    format!("/trends?from={from}&to={to}&at={at}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chart_links_have_a_margin_around_the_alert() {
        for (since, end, expected) in [
            (1_000_000, 2_000_000, "/trends?from=100000&to=2900000&at=1000000"),
            (60_000, 60_000, "/trends?from=0&to=960000&at=60000"),
            (1_000_000, 1_000_000_000, "/trends?from=100000&to=88300000&at=1000000"),
        ] {
            let at = Timestamp::from_millis;
            assert_eq!(charts_url(at(since), at(end)), expected);
        }
    }
}
