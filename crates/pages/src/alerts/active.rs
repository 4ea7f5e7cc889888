//! List of active alerts: the most severe first.

use super::{AlertCard, PendingAlerts, RuleCoverage};
use crate::ui::{FormValues, pluralize};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// With at most this many alerts, the forms of unhandled ones are open.
const MAX_OPEN_FORMS: usize = 5;

/// List of active alerts.
#[derive(Clone, Debug, Default)]
pub struct ActiveAlerts {
    /// Time of the data.
    pub now: Timestamp,
    /// Alerts, the most severe first.
    pub cards: Vec<AlertCard>,
    /// How many more are not shown.
    pub more: usize,
    /// Pending alerts.
    pub pending: PendingAlerts,
    /// Rule to filter by; `None` shows all.
    pub rule_filter: Option<String>,
    /// Shown when there are no alerts.
    pub coverage: RuleCoverage,
    /// Submitted values of a card's form.
    pub form_values: FormValues,
}

impl ActiveAlerts {
    /// `may_change` adds the forms.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self {
            now,
            cards,
            more,
            pending: waiting,
            rule_filter: only,
            coverage: watched,
            form_values: typed,
        } = self;
        let only = only.map(|rule| {
            view! {
                <p class="filter">"Filtered by rule "<code>{rule}</code>". "<a href=url("/alerts")>"Show all"</a></p>
            }
        });
        let list = if cards.is_empty() {
            watched.view(only.is_some())
        } else {
            let may_open = cards.len() <= MAX_OPEN_FORMS;
            let cards = cards.into_iter().map(|card| card.view(now, may_change.then_some(may_open), &typed));
            view! { <div class="cards">{cards.collect_view()}</div> }.into_any()
        };
        let more = (more > 0).then(|| {
            let text = format!("{} not shown: the most severe come first.", pluralize(more, "more", "more"));
            view! { <p class="facts">{text}</p> }
        });
        let list =
            view! { <section aria-label="Active alerts" data-part="list">{only}{list}{more}</section> };
        view! { {list}{waiting.view(now)} }.into_any()
    }
}

#[cfg(test)]
#[path = "active_tests.rs"]
mod tests;
