//! What the rules cover, shown when there are no alerts.

use crate::ui::{pluralize, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// What the rules cover.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleCoverage {
    /// Enabled rules.
    pub rules: usize,
    /// Series they evaluate.
    pub series: usize,
    /// When the last alert resolved, if there was one.
    pub last_resolved: Option<Timestamp>,
}

impl RuleCoverage {
    pub(super) fn view(self, is_filtered: bool) -> AnyView {
        let Self { rules, series, last_resolved: last_over } = self;
        if is_filtered {
            return view! { <p class="empty">"No active alerts for this rule."</p> }.into_any();
        }
        let text = format!(
            "{} {} {}.",
            pluralize(rules, "rule", "rules"),
            if rules == 1 { "evaluates" } else { "evaluate" },
            pluralize(series, "series", "series")
        );
        let last = match last_over {
            Some(time) => {
                view! { "Last alert resolved "{time_tag(time)}": see the "<a href=url("/alerts?view=history")>"history"</a>"." }
                    .into_any()
            }
            None => "No alerts so far.".into_any(),
        };
        view! {
            <div class="empty">
                <p class="title">"No active alerts"</p>
                <p>{text}</p>
                <p>{last}</p>
            </div>
        }
        .into_any()
    }
}
