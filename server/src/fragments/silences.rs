//! The silences, those that hold first.

use super::lines;
use crate::core::Core;
use app::fragments::{SilenceRow, SilenceState, Silences, Typed};
use watchglass_alerts::telling::{Silence, Weekly};
use watchglass_model::Timestamp;

/// All silences.
pub(super) fn silences(core: &Core, now: Timestamp, typed: Typed) -> Silences {
    let mut rows: Vec<SilenceRow> =
        core.telling().silences().into_iter().map(|silence| row(silence, now)).collect();
    rows.sort_by_key(|row| match row.state {
        // What ends or begins soon first; of what is over, the latest.
        SilenceState::Holds => (0, row.end.map_or(i64::MAX, Timestamp::millis)),
        SilenceState::ToCome => (1, row.start.millis()),
        SilenceState::Over => (2, row.end.map_or(0, |end| -end.millis())),
    });
    Silences { rows, typed }
}

fn row(silence: Silence, now: Timestamp) -> SilenceRow {
    let state = match () {
        () if silence.is_over(now) => SilenceState::Over,
        () if silence.holds(now) => SilenceState::Holds,
        () => SilenceState::ToCome,
    };
    SilenceRow {
        state,
        matchers: silence.matchers.iter().map(lines::write_matcher).collect(),
        weekly: silence.weekly.as_ref().map(weekly),
        id: silence.id,
        name: silence.name,
        start: silence.start,
        end: silence.end,
        author: silence.author,
        reason: silence.reason,
    }
}

/// `Mon, Fri 22:00 to 06:00, UTC`.
fn weekly(weekly: &Weekly) -> String {
    let days = weekly.days.iter().map(|day| format!("{day:?}").chars().take(3).collect::<String>());
    let days = days.collect::<Vec<_>>().join(", ");
    format!("{days} {} to {}, {}", weekly.from, weekly.to, weekly.zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn where_a_silence_stands() {
        let silence = |value| serde_json::from_value::<Silence>(value).unwrap();
        let once = silence(json!({
            "id": "a", "matchers": [{ "label": "rule", "operator": "=~", "value": "c.*" }], "start": 1000, "end": 2000,
            "author": "ada", "reason": "x",
        }));
        for (now, expected) in
            [(500, SilenceState::ToCome), (1500, SilenceState::Holds), (2000, SilenceState::Over)]
        {
            let row = row(once.clone(), Timestamp::from_millis(now));
            assert_eq!((row.state, row.matchers[0].as_str()), (expected, "rule =~ c.*"), "{now}");
        }
        // 1 January 1970 was a Thursday.
        let nights = silence(json!({
            "id": "a", "matchers": [{ "label": "rule", "operator": "=", "value": "c" }], "start": 0, "author": "ada",
            "reason": "x", "weekly": { "days": ["thursday", "friday"], "from": "22:00", "to": "06:00", "zone": "UTC" },
        }));
        for (hour, expected) in [(12, SilenceState::ToCome), (23, SilenceState::Holds)] {
            let row = row(nights.clone(), Timestamp::from_millis(hour * 3_600_000));
            assert_eq!(row.state, expected, "{hour}");
            assert_eq!(row.weekly.unwrap(), "Thu, Fri 22:00 to 06:00, UTC");
        }
    }
}
