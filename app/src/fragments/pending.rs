//! What is wrong, but not yet for as long as its rule asks: it fires if it stays so.

use super::words::{count, lasting, moment, severity};
use leptos::prelude::*;
use watchglass_model::{Severity, Timestamp};

/// What waits to be sure.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    /// The newest first.
    pub rows: Vec<WaitingRow>,
    /// How many more there are that are not shown.
    pub more: usize,
}

/// An alert that does not fire yet.
#[derive(Clone, Debug)]
pub struct WaitingRow {
    /// The severity with which it would fire.
    pub severity: Severity,
    /// What is wrong, with value and threshold.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
    /// When it fires if it stays so; `None` where that is not known.
    pub fires: Option<Timestamp>,
    /// The host of its series, and the application where one speaks.
    pub host: String,
    /// Id of its rule.
    pub rule: String,
    /// What people call the rule.
    pub rule_name: String,
}

impl Waiting {
    /// Nothing where nothing waits.
    pub(super) fn view(self, now: Timestamp) -> Option<AnyView> {
        let Self { rows, more } = self;
        if rows.is_empty() {
            return None;
        }
        let rows = rows.into_iter().map(|row| row.view(now)).collect_view();
        let more = (more > 0).then(|| {
            let text = format!("And {} that are not shown.", count(more, "more", "more"));
            view! { <p class="facts">{text}</p> }
        });
        let view = view! {
            <section aria-labelledby="pending" class="pending" data-part="pending">
                <h2 id="pending">"Waiting to be sure"</h2>
                <p class="facts">"Bad, but not yet for as long as the rule asks: nobody is told."</p>
                <ul class="rows">{rows}</ul>
                {more}
            </section>
        };
        Some(view.into_any())
    }
}

impl WaitingRow {
    fn view(self, now: Timestamp) -> AnyView {
        let Self { severity: how_bad, message, since, fires, host, rule, rule_name } = self;
        let fires = match fires {
            Some(fires) => view! { "fires at "{moment(fires)}" if it stays so" }.into_any(),
            None => "there is no value to go on with".into_any(),
        };
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{severity(how_bad)}" "{message}</p>
                    <p class="facts">
                        {lasting(since, now)}" · since "{moment(since)}" · "{fires}" · "{host}" · "
                        <a href=format!("/alerts?view=rule&id={rule}")>"Rule: "{rule_name}</a>
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
    use crate::fragments::words::Written;

    #[test]
    fn it_says_since_when_and_when_it_fires() {
        let at = |second: i64| Timestamp::from_millis(second * 1000);
        let row = WaitingRow {
            severity: Severity::Warning,
            message: "Use of <b> is 95 %, above 90 %".to_owned(),
            since: at(1000),
            fires: Some(at(1010)),
            host: "web-1".to_owned(),
            rule: "disk".to_owned(),
            rule_name: "Use of the file system".to_owned(),
        };
        let unknown = WaitingRow { fires: None, ..row.clone() };
        let waiting = Waiting { rows: vec![row, unknown], more: 3 };
        let html = waiting.view(at(1004)).unwrap().html().replace('\u{a0}', " ");
        for part in [
            "Waiting to be sure",
            "Warning",
            "Use of &lt;b&gt; is 95 %, above 90 %",
            "for 4 s",
            "datetime=\"1970-01-01T00:16:40Z\"",
            "fires at <time datetime=\"1970-01-01T00:16:50Z\"",
            "there is no value to go on with",
            "web-1",
            "href=\"/alerts?view=rule&amp;id=disk\"",
            "And 3 more that are not shown.",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(Waiting::default().view(at(0)).is_none());
    }
}
