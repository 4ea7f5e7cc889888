//! Times and durations as `<time>` elements.

use app::local_date_and_time;
use leptos::prelude::*;
pub(crate) use watchglass_model::time_text::format_seconds as rfc3339;
use watchglass_model::{Timestamp, format};

/// Time as a `<time>` element, in UTC: the server does not know the user's time zone.
pub(crate) fn time_tag(time: Timestamp) -> AnyView {
    view! { <time datetime=rfc3339(time)>{local_date_and_time(time, None)}</time> }.into_any()
}

/// Duration from `since` to `now`, such as `for 4 min`, with the start as its tooltip.
pub(crate) fn duration_tag(since: Timestamp, now: Timestamp) -> AnyView {
    let text = format!("for {}", format::age(now.millis_since(since)));
    view! { <time datetime=rfc3339(since) title=local_date_and_time(since, None)>{text}</time> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_rfc_3339() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_314_030_125, "2026-11-22T02:20:30Z"),
            (-5_000, "1970-01-01T00:00:00Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(Timestamp::from_millis(millis)), expected);
        }
    }
}
