//! View model of the silence list, active silences first.

use crate::app_state::AppState;
use watchglass_dispatch::{Silence, TimeInterval};
use watchglass_model::Timestamp;
use watchglass_pages::alerts::{SilenceRow, SilenceState, Silences, label_lines};
use watchglass_pages::ui::FormValues;

/// All silences.
pub(super) fn silences(state: &AppState, now: Timestamp, typed: FormValues) -> Silences {
    let mut rows: Vec<SilenceRow> =
        state.notifications.silences().into_iter().map(|silence| row(silence, now)).collect();
    rows.sort_by_key(|row| match row.state {
        // The next to end or start first; of the expired ones, the latest.
        SilenceState::Active => (0, row.end.map_or(i64::MAX, Timestamp::millis)),
        SilenceState::Pending => (1, row.start.millis()),
        SilenceState::Expired => (2, row.end.map_or(0, |end| -end.millis())),
    });
    Silences { rows, form_values: typed }
}

fn row(silence: Silence, now: Timestamp) -> SilenceRow {
    let state = match () {
        () if silence.is_expired(now) => SilenceState::Expired,
        () if silence.is_active(now) => SilenceState::Active,
        () => SilenceState::Pending,
    };
    SilenceRow {
        state,
        matchers: silence.matchers.iter().map(label_lines::format_matcher).collect(),
        schedule: silence.weekly.as_ref().map(format_schedule),
        id: silence.id,
        name: silence.name,
        start: silence.start,
        end: silence.end,
        author: silence.author,
        comment: silence.reason,
    }
}

/// `Mon, Fri 22:00 to 06:00, UTC`.
fn format_schedule(weekly: &TimeInterval) -> String {
    let days = weekly.days.iter().map(|day| format!("{day:?}").chars().take(3).collect::<String>());
    let days = days.collect::<Vec<_>>().join(", ");
    format!("{days} {} to {}, {}", weekly.from, weekly.to, weekly.zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn state_depends_on_the_time() {
        let silence = |value| serde_json::from_value::<Silence>(value).unwrap();
        let once = silence(json!({
            "id": "a", "matchers": [{ "label": "rule", "operator": "=~", "value": "c.*" }], "start": 1000, "end": 2000,
            "author": "ada", "reason": "x",
        }));
        for (now, expected) in
            [(500, SilenceState::Pending), (1500, SilenceState::Active), (2000, SilenceState::Expired)]
        {
            let row = row(once.clone(), Timestamp::from_millis(now));
            assert_eq!((row.state, row.matchers[0].as_str()), (expected, "rule =~ c.*"), "{now}");
        }
        // 1 January 1970 was a Thursday.
        let nights = silence(json!({
            "id": "a", "matchers": [{ "label": "rule", "operator": "=", "value": "c" }], "start": 0, "author": "ada",
            "reason": "x", "weekly": { "days": ["thursday", "friday"], "from": "22:00", "to": "06:00", "zone": "UTC" },
        }));
        for (hour, expected) in [(12, SilenceState::Pending), (23, SilenceState::Active)] {
            let row = row(nights.clone(), Timestamp::from_millis(hour * 3_600_000));
            assert_eq!(row.state, expected, "{hour}");
            assert_eq!(row.schedule.unwrap(), "Thu, Fri 22:00 to 06:00, UTC");
        }
    }
}
