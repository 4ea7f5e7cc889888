//! Preview of a rule over the last seven days: timeline, summary and list of alerts.

use crate::ui::{pluralize, time_tag};
use leptos::prelude::*;
use std::fmt::Write as _;
use watchglass_model::{TimeRange, Timestamp, format};

/// Columns of the timeline: ten minutes each, seven days in all. A shorter alert is one column wide, so that it is visible.
const COLUMNS: usize = 1008;
/// Maximum number of listed alerts; the timeline shows all.
const MAX_LISTED: usize = 50;
/// With at most this many alerts, the list starts open.
const MAX_OPEN: usize = 3;
const DAY: i64 = 86_400_000;

/// Preview of a rule.
#[derive(Clone, Debug)]
pub struct RulePreview {
    /// Number of alerts it would have raised.
    pub count: usize,
    /// Total firing time of all series, in milliseconds.
    pub millis: i64,
    /// Minimum number of notifications it would have sent.
    pub notifications: usize,
    /// Evaluated time range.
    pub range: TimeRange,
    /// Resolution of the stored data, in milliseconds.
    pub step_millis: i64,
    /// Alerts, the earliest first; if there are too many, only the latest.
    pub alerts: Vec<PreviewAlert>,
}

/// Alert that the rule would have raised.
#[derive(Clone, Debug)]
pub struct PreviewAlert {
    /// Labels of its series.
    pub labels: String,
    /// When it would have started to fire.
    pub start: Timestamp,
    /// When it would have resolved; `None` if it was still firing at the end.
    pub end: Option<Timestamp>,
    /// Message.
    pub message: String,
}

impl RulePreview {
    pub(super) fn view(self) -> AnyView {
        let summary = self.summary();
        let (days, strip) = (self.day_lines_path(), self.timeline_path());
        let viewport = format!("0 0 {COLUMNS} 24");
        let Self { alerts: firings, range, count: all, .. } = self;
        let listed = firings.len().min(MAX_LISTED);
        let list = (listed > 0).then(|| {
            let rows = firings.into_iter().rev().take(MAX_LISTED).map(|firing| firing.view(range.end));
            let title =
                if listed < all { format!("Latest {listed} of {all} alerts") } else { "Alerts".to_owned() };
            view! {
                <details id="rule-firings" open=listed <= MAX_OPEN>
                    <summary>{title}</summary>
                    <ol class="rows">{rows.collect_view()}</ol>
                </details>
            }
        });
        view! {
            <section class="past" data-part="preview" aria-labelledby="rule-past">
                <h2 id="rule-past">"Last 7 days"</h2>
                <p>{summary.clone()}</p>
                <svg class="strip" viewBox=viewport preserveAspectRatio="none" role="img" aria-label=summary>
                    <path class="day" d=days></path>
                    <path class="firing" d=strip></path>
                </svg>
                <p class="ends facts"><span>{time_tag(range.start)}</span><span>{time_tag(range.end)}</span></p>
                {list}
            </section>
        }
        .into_any()
    }

    fn summary(&self) -> String {
        let step = format::age(self.step_millis);
        if self.count == 0 {
            return format!("No alerts. Resolution: {step}.");
        }
        format!(
            "{}, {} total, ≥ {}. Resolution: {step}, so shorter alerts count as {step}.",
            pluralize(self.count, "alert", "alerts"),
            format::age(self.millis),
            pluralize(self.notifications, "notification", "notifications"),
        )
    }

    /// Column of a time; clamped to the range.
    fn column(&self, time: Timestamp) -> usize {
        let offset = time.millis_since(self.range.start).max(0).saturating_mul(COLUMNS as i64);
        usize::try_from(offset / self.range.millis().max(1)).unwrap_or(COLUMNS).min(COLUMNS - 1)
    }

    /// SVG path of the alerts, as rectangles that do not overlap.
    fn timeline_path(&self) -> String {
        let mut columns = [false; COLUMNS];
        for firing in &self.alerts {
            let last = self.column(firing.end.unwrap_or(self.range.end));
            let fires = columns.iter_mut().take(last + 1).skip(self.column(firing.start));
            fires.for_each(|column| *column = true);
        }
        let mut path = String::new();
        let mut from = 0;
        for run in columns.chunk_by(|left, right| left == right) {
            if run.first() == Some(&true) {
                // Writing to a string cannot fail.
                let _ = write!(path, "M{from} 0h{}v24h-{}z", run.len(), run.len());
            }
            from += run.len();
        }
        path
    }

    /// SVG path with a line at the start of each day, in UTC.
    fn day_lines_path(&self) -> String {
        let mut path = String::new();
        let mut day = self.range.start.floor(DAY).millis() + DAY;
        while day < self.range.end.millis() {
            let _ = write!(path, "M{} 0v24", self.column(Timestamp::from_millis(day)));
            day += DAY;
        }
        path
    }
}

impl PreviewAlert {
    fn view(self, end_of_range: Timestamp) -> AnyView {
        let Self { labels, start, end, message } = self;
        let lasted = format::age(end.unwrap_or(end_of_range).millis_since(start));
        let lasted = if end.is_some() { lasted } else { format!("{lasted} (ongoing)") };
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{time_tag(start)}" · "{lasted}</p>
                    <p class="facts">{message}" "<code>{labels}</code></p>
                </div>
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    const HOUR: i64 = 3_600_000;

    fn past(firings: &[(i64, Option<i64>)]) -> RulePreview {
        let at = Timestamp::from_millis;
        let firing = |&(start, end): &(i64, Option<i64>)| PreviewAlert {
            labels: "{host=\"<b>\"}".to_owned(),
            start: at(start * HOUR),
            end: end.map(|end| at(end * HOUR)),
            message: "<script>x".to_owned(),
        };
        RulePreview {
            count: firings.len(),
            millis: 3 * HOUR,
            notifications: 4,
            range: TimeRange { start: at(12 * HOUR), end: at(180 * HOUR) },
            step_millis: 60_000,
            alerts: firings.iter().map(firing).collect(),
        }
    }

    #[test]
    fn timeline_shows_each_alert_and_day() {
        for (firings, expected) in [
            (&[][..], ""),
            (&[(12, Some(13))][..], "M0 0h7v24h-7z"),
            // Overlaps merge; alerts outside the range or still firing reach its edge.
            (&[(0, Some(13)), (13, Some(14)), (179, None)][..], "M0 0h13v24h-13zM1002 0h6v24h-6z"),
            (&[(100, Some(100))][..], "M528 0h1v24h-1z"),
        ] {
            assert_eq!(past(firings).timeline_path(), expected, "{firings:?}");
        }
        assert_eq!(
            past(&[]).day_lines_path(),
            "M72 0v24M216 0v24M360 0v24M504 0v24M648 0v24M792 0v24M936 0v24"
        );
    }

    #[test]
    fn summary_describes_the_timeline() {
        let html = past(&[(20, Some(21)), (170, None)]).view().html().replace('\u{a0}', " ");
        for part in ["2 alerts, 3 h total, ≥ 4 notifications", " · 60 min", "(ongoing)", "&lt;script&gt;"]
        {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<script"), "{html}");
        let html = past(&[]).view().html();
        assert!(html.contains("No alerts. Resolution") && !html.contains("<details"), "{html}");
    }

    #[test]
    fn only_the_latest_alerts_are_listed() {
        let many: Vec<(i64, Option<i64>)> = (12..112).map(|hour| (hour, Some(hour))).collect();
        let html = past(&many).view().html();
        assert_eq!(html.matches("<li").count(), MAX_LISTED);
        assert!(html.contains("Latest 50 of 100 alerts"), "{html}");
    }
}
