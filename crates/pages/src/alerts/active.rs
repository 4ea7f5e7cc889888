//! List of active alerts: the most severe first.

use super::{AlertCard, AlertsView, PendingAlerts, RuleCoverage};
use crate::ui::FormValues;
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
    /// Number of alerts on all pages.
    pub total: usize,
    /// Page number, from 1.
    pub page: usize,
    /// Number of pages.
    pub pages: usize,
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
            total,
            page,
            pages,
            pending: waiting,
            rule_filter: only,
            coverage: watched,
            form_values: typed,
        } = self;
        let (shown, rule) = (cards.len(), only.clone());
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
        let pager = (pages > 1).then(|| pager(shown, total, (page, pages), rule));
        let list =
            view! { <section aria-label="Active alerts" data-part="list">{only}{list}{pager}</section> };
        view! { {list}{waiting.view(now)} }.into_any()
    }
}

/// Position among the pages, and links to the others.
fn pager(shown: usize, total: usize, (page, pages): (usize, usize), rule: Option<String>) -> AnyView {
    let link = |to: usize, relation: &'static str, text: &'static str| {
        let href = AlertsView::Active { rule: rule.clone(), page: to }.url(None);
        view! { <a class="button" href=url(href) rel=relation>{text}</a> }
    };
    let previous = (page > 1).then(|| link(page - 1, "prev", "Previous"));
    let next = (page < pages).then(|| link(page + 1, "next", "Next"));
    let text = format!("{shown} of {total} alerts, the most severe first, page {page} of {pages}");
    view! { <nav class="pager" aria-label="Pages of alerts">{previous}<span class="facts">{text}</span>{next}</nav> }
        .into_any()
}

#[cfg(test)]
#[path = "active_tests.rs"]
mod tests;
