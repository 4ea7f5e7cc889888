//! Scrapes the metrics every 15 seconds, as Prometheus does by default.

use crate::context::Context;
use crate::http;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(15);

/// Scrapes, and keeps the number of series and the refused samples.
pub(crate) fn scraper(context: &Context) {
    while context.is_running() {
        let answer = http::get(context.address, "/metrics", &context.tokens.viewer);
        let answer = answer.ok().filter(|answer| answer.status == 200);
        context.record(|record| {
            record.scrapes.add(answer.is_some());
            if let Some(answer) = &answer {
                let text = String::from_utf8_lossy(&answer.body);
                record.max_series = record.max_series.max(count(&text));
            }
        });
        context.pause(INTERVAL);
    }
}

/// Number of samples of an exposition.
fn count(text: &str) -> usize {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_counted() {
        assert_eq!(count("# HELP a b\n# TYPE a gauge\na 1\na{b=\"c\"} 2\n"), 2);
    }
}
