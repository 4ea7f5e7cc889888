//! What a rule would have done: a strip of seven days, a summary in words, and the firings.

use super::words::{count, moment};
use leptos::prelude::*;
use std::fmt::Write as _;
use watchglass_model::{TimeRange, Timestamp, format};

/// Columns of the strip: ten minutes each of seven days. What is shorter is one column wide, so that it is seen.
const COLUMNS: usize = 1008;
/// How many firings are listed; the strip has them all.
const MOST_LISTED: usize = 50;
/// Up to so many are listed at once; more take a press.
const MOST_OPEN: usize = 3;
const DAY: i64 = 86_400_000;

/// What a rule would have done.
#[derive(Clone, Debug)]
pub struct Past {
    /// How many times it would have fired.
    pub count: usize,
    /// Milliseconds that something would have fired, of all its series together.
    pub millis: i64,
    /// How many messages there would have been, at least.
    pub messages: usize,
    /// The time that was looked at.
    pub range: TimeRange,
    /// Milliseconds that a row of the past covers.
    pub step_millis: i64,
    /// The firings, the earliest first; of many, the latest.
    pub firings: Vec<Firing>,
}

/// When an alert would have fired.
#[derive(Clone, Debug)]
pub struct Firing {
    /// Labels of its series.
    pub labels: String,
    /// When it would have fired.
    pub start: Timestamp,
    /// When it would have been over; `None` if it still fired at the end.
    pub end: Option<Timestamp>,
    /// What it would have said.
    pub message: String,
}

impl Past {
    pub(super) fn view(self) -> AnyView {
        let summary = self.summary();
        let (days, strip) = (self.days(), self.strip());
        let viewport = format!("0 0 {COLUMNS} 24");
        let Self { firings, range, count: all, .. } = self;
        let listed = firings.len().min(MOST_LISTED);
        let list = (listed > 0).then(|| {
            let rows = firings.into_iter().rev().take(MOST_LISTED).map(|firing| firing.view(range.end));
            let title = if listed < all {
                format!("The latest {listed} of {all}")
            } else {
                "When it would have fired".to_owned()
            };
            view! {
                <details id="rule-firings" open=listed <= MOST_OPEN>
                    <summary>{title}</summary>
                    <ol class="rows">{rows.collect_view()}</ol>
                </details>
            }
        });
        view! {
            <section class="past" data-part="preview" aria-labelledby="rule-past">
                <h2 id="rule-past">"In the last seven days"</h2>
                <p>{summary.clone()}</p>
                <svg class="strip" viewBox=viewport preserveAspectRatio="none" role="img" aria-label=summary>
                    <path class="day" d=days></path>
                    <path class="firing" d=strip></path>
                </svg>
                <p class="ends facts"><span>{moment(range.start)}</span><span>{moment(range.end)}</span></p>
                {list}
            </section>
        }
        .into_any()
    }

    fn summary(&self) -> String {
        let step = format::age(self.step_millis);
        if self.count == 0 {
            return format!("It would not have fired. Rows of the past are {step} long.");
        }
        format!(
            "It would have fired {}, for {} in all, with at least {}. Rows of the past are {step} long: what was \
             shorter counts as that long.",
            count(self.count, "time", "times"),
            format::age(self.millis),
            count(self.messages, "message", "messages"),
        )
    }

    /// The column that a moment lies in.
    fn column(&self, time: Timestamp) -> usize {
        let into = time.millis_since(self.range.start).max(0).saturating_mul(COLUMNS as i64);
        // Of what lies outside, the nearest end.
        usize::try_from(into / self.range.millis().max(1)).unwrap_or(COLUMNS).min(COLUMNS - 1)
    }

    /// The firings, as rectangles that do not overlap.
    fn strip(&self) -> String {
        let mut columns = [false; COLUMNS];
        for firing in &self.firings {
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

    /// A line at the beginning of each day, in UTC.
    fn days(&self) -> String {
        let mut path = String::new();
        let mut day = self.range.start.floor(DAY).millis() + DAY;
        while day < self.range.end.millis() {
            let _ = write!(path, "M{} 0v24", self.column(Timestamp::from_millis(day)));
            day += DAY;
        }
        path
    }
}

impl Firing {
    fn view(self, end_of_range: Timestamp) -> AnyView {
        let Self { labels, start, end, message } = self;
        let lasted = format::age(end.unwrap_or(end_of_range).millis_since(start));
        let lasted = if end.is_some() { format!("for {lasted}") } else { format!("for {lasted}, and still") };
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{moment(start)}" "{lasted}</p>
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
    use crate::fragments::words::Written;

    const HOUR: i64 = 3_600_000;

    fn past(firings: &[(i64, Option<i64>)]) -> Past {
        let at = Timestamp::from_millis;
        let firing = |&(start, end): &(i64, Option<i64>)| Firing {
            labels: "{host=\"<b>\"}".to_owned(),
            start: at(start * HOUR),
            end: end.map(|end| at(end * HOUR)),
            message: "<script>x".to_owned(),
        };
        Past {
            count: firings.len(),
            millis: 3 * HOUR,
            messages: 4,
            range: TimeRange { start: at(12 * HOUR), end: at(180 * HOUR) },
            step_millis: 60_000,
            firings: firings.iter().map(firing).collect(),
        }
    }

    #[test]
    fn the_strip_has_each_firing_and_each_day() {
        for (firings, expected) in [
            (&[][..], ""),
            (&[(12, Some(13))][..], "M0 0h7v24h-7z"),
            // What overlaps is one; what is outside or has not ended goes to the edge.
            (&[(0, Some(13)), (13, Some(14)), (179, None)][..], "M0 0h13v24h-13zM1002 0h6v24h-6z"),
            (&[(100, Some(100))][..], "M528 0h1v24h-1z"),
        ] {
            assert_eq!(past(firings).strip(), expected, "{firings:?}");
        }
        assert_eq!(past(&[]).days(), "M72 0v24M216 0v24M360 0v24M504 0v24M648 0v24M792 0v24M936 0v24");
    }

    #[test]
    fn it_is_said_in_words_as_well() {
        let html = past(&[(20, Some(21)), (170, None)]).view().html().replace('\u{a0}', " ");
        for part in [
            "fired 2 times, for 3 h in all, with at least 4 messages",
            "for 60 min",
            "and still",
            "&lt;script&gt;",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<script"), "{html}");
        let html = past(&[]).view().html();
        assert!(html.contains("would not have fired") && !html.contains("<details"), "{html}");
    }

    #[test]
    fn of_many_the_latest_are_listed() {
        let many: Vec<(i64, Option<i64>)> = (12..112).map(|hour| (hour, Some(hour))).collect();
        let html = past(&many).view().html();
        assert_eq!(html.matches("<li").count(), MOST_LISTED);
        assert!(html.contains("The latest 50 of 100"), "{html}");
    }
}
