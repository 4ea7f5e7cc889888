//! Pending alerts: the condition is met, the pending period is not over.

use crate::ui::{duration_tag, pluralize, severity_badge, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::{Severity, Timestamp};

/// List of pending alerts.
#[derive(Clone, Debug, Default)]
pub struct PendingAlerts {
    /// Alerts, the newest first.
    pub rows: Vec<PendingRow>,
    /// How many more are not shown.
    pub more: usize,
}

/// Pending alert.
#[derive(Clone, Debug)]
pub struct PendingRow {
    /// Severity with which it would fire.
    pub severity: Severity,
    /// Message with value and threshold.
    pub message: String,
    /// When the condition became true.
    pub since: Timestamp,
    /// When it fires if the condition stays true; `None` if unknown.
    pub fires_at: Option<Timestamp>,
    /// Host of its series, and the application if it reports one.
    pub host: String,
    /// Rule id.
    pub rule: String,
    /// Rule name.
    pub rule_name: String,
}

impl PendingAlerts {
    /// `None` if there are no pending alerts.
    pub(super) fn view(self, now: Timestamp) -> Option<AnyView> {
        let Self { rows, more } = self;
        if rows.is_empty() {
            return None;
        }
        let rows = rows.into_iter().map(|row| row.view(now)).collect_view();
        let more = (more > 0).then(|| {
            let text = format!("{} not shown.", pluralize(more, "more", "more"));
            view! { <p class="facts">{text}</p> }
        });
        let view = view! {
            <section aria-labelledby="pending" class="pending" data-part="pending">
                <h2 id="pending">"Pending"</h2>
                <p class="facts">"Condition met, waiting for the pending period. No notifications yet."</p>
                <ul class="rows">{rows}</ul>
                {more}
            </section>
        };
        Some(view.into_any())
    }
}

impl PendingRow {
    fn view(self, now: Timestamp) -> AnyView {
        let Self { severity: level, message, since, fires_at: fires, host, rule, rule_name } = self;
        let fires = match fires {
            Some(fires) => view! { "fires at "{time_tag(fires)} }.into_any(),
            None => "no current value".into_any(),
        };
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{severity_badge(level)}" "{message}</p>
                    <p class="facts">
                        {duration_tag(since, now)}" · since "{time_tag(since)}" · "{fires}" · "{host}" · "
                        <a href=url(format!("/alerts?view=rule&id={rule}"))>"Rule: "{rule_name}</a>
                    </p>
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

    #[test]
    fn rows_show_start_and_firing_time() {
        let at = |second: i64| Timestamp::from_millis(second * 1000);
        let row = PendingRow {
            severity: Severity::Warning,
            message: "Disk usage on <b> 95 % (limit 90 %)".to_owned(),
            since: at(1000),
            fires_at: Some(at(1010)),
            host: "web-1".to_owned(),
            rule: "disk".to_owned(),
            rule_name: "Disk usage".to_owned(),
        };
        let unknown = PendingRow { fires_at: None, ..row.clone() };
        let waiting = PendingAlerts { rows: vec![row, unknown], more: 3 };
        let html = waiting.view(at(1004)).unwrap().html().replace('\u{a0}', " ");
        for part in [
            ">Pending</h2>",
            "Warning",
            "Disk usage on &lt;b&gt; 95 % (limit 90 %)",
            "for 4 s",
            "datetime=\"1970-01-01T00:16:40Z\"",
            "fires at <time datetime=\"1970-01-01T00:16:50Z\"",
            "no current value",
            "web-1",
            "href=\"/alerts?view=rule&amp;id=disk\"",
            "3 more not shown.",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(PendingAlerts::default().view(at(0)).is_none());
    }
}
