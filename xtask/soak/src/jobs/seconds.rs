//! Reads the last five minutes of the history every minute, and records which seconds have values.

use crate::context::Context;
use crate::http;
use serde_json::Value;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(60);
const PATH: &str = "/api/fn/history?window_seconds=300&rows=300";

/// Records the seconds that have values.
pub(crate) fn seconds(context: &Context) {
    while context.is_running() {
        context.pause(INTERVAL);
        read(context);
    }
    // Once more, so that the last minute is known.
    read(context);
}

fn read(context: &Context) {
    let body = http::get(context.address, PATH, &context.tokens.viewer).map(|answer| answer.json());
    let found = body.as_ref().map(filled).unwrap_or_default();
    context.record(|record| record.seconds.extend(found));
}

/// Seconds with a value of any series.
fn filled(history: &Value) -> Vec<i64> {
    let number = |name: &str| history.get(name).and_then(Value::as_i64);
    let (Some(start), Some(step)) = (number("start"), number("step_millis")) else { return Vec::new() };
    let tracks: Vec<&Vec<Value>> = history
        .get("tracks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|track| track.get("low").and_then(Value::as_array))
        .collect();
    let rows = tracks.iter().map(|track| track.len()).max().unwrap_or_default();
    let has_value =
        |row: usize| tracks.iter().any(|track| track.get(row).is_some_and(|value| !value.is_null()));
    let time = |row: usize| (start + i64::try_from(row).unwrap_or_default() * step) / 1000;
    (0..rows).filter(|&row| has_value(row)).map(time).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn seconds_with_values_are_found() {
        let history = json!({
            "start": 7000, "step_millis": 1000,
            "tracks": [{ "low": [1, null, null] }, { "low": [null, null, 0, null] }],
        });
        assert_eq!(filled(&history), [7, 9]);
        assert_eq!(filled(&Value::Null), [] as [i64; 0]);
    }
}
