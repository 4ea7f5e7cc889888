//! Past alerts, the latest first.

use crate::ui::{charts_url, pluralize, severity_badge, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::Severity;
use watchglass_model::{Timestamp, format};

/// Page of past alerts.
#[derive(Clone, Debug, Default)]
pub struct AlertHistory {
    /// Alerts of this page, the last resolved first.
    pub rows: Vec<PastAlert>,
    /// Number of alerts on all pages.
    pub total: usize,
    /// Page number, from 1.
    pub page: usize,
    /// Number of pages, at least 1.
    pub pages: usize,
    /// Id of the rule to filter by.
    pub rule_filter: Option<String>,
    /// Ids and names of the rules in the filter.
    pub rules: Vec<(String, String)>,
}

/// Resolved alert.
#[derive(Clone, Debug)]
pub struct PastAlert {
    /// Highest severity it had.
    pub severity: Severity,
    /// Message at its end.
    pub message: String,
    /// Rule id.
    pub rule: String,
    /// Component.
    pub component: String,
    /// Host of its series.
    pub host: String,
    /// Since when the condition was true.
    pub since: Timestamp,
    /// When it resolved.
    pub resolved_at: Timestamp,
}

impl AlertHistory {
    pub(super) fn view(self) -> AnyView {
        let Self { rows, total: all, page, pages, rule_filter: rule, rules } = self;
        let chosen = rule.clone().unwrap_or_default();
        let option = |(id, name): (String, String)| {
            let is_chosen = id == chosen;
            view! { <option value=id selected=is_chosen>{name}</option> }
        };
        let options = rules.into_iter().map(option).collect_view();
        let list = if rows.is_empty() {
            let text = if rule.is_some() { "No past alerts for this rule." } else { "No past alerts." };
            view! { <p class="empty">{text}</p> }.into_any()
        } else {
            let rows = rows.into_iter().map(PastAlert::view).collect_view();
            view! { <ol class="rows">{rows}</ol> }.into_any()
        };
        let to = move |page: usize| match &rule {
            Some(rule) => format!("/alerts?view=history&rule={rule}&page={page}"),
            None => format!("/alerts?view=history&page={page}"),
        };
        let newer =
            (page > 1).then(|| view! { <a class="button" href=url(to(page - 1)) rel="prev">"Newer"</a> });
        let older =
            (page < pages).then(|| view! { <a class="button" href=url(to(page + 1)) rel="next">"Older"</a> });
        let position = format!("{}, page {page} of {pages}", pluralize(all, "alert", "alerts"));
        view! {
            <section aria-label="Past alerts">
                <form class="filter" method="get" action=url("/alerts") id="history-filter" data-part="form">
                    <input type="hidden" name="view" value="history"/>
                    <label r#for="history-rule">"Rule"</label>
                    <select id="history-rule" name="rule">
                        <option value="">"All rules"</option>
                        {options}
                    </select>
                    <button type="submit" class="button">"Apply"</button>
                </form>
                <div data-part="list">
                    {list}
                    <nav class="pager" aria-label="Pages of alerts">{newer}<span class="facts">{position}</span>{older}</nav>
                </div>
            </section>
        }
        .into_any()
    }
}

impl PastAlert {
    fn view(self) -> AnyView {
        let Self { severity: level, message, rule, component, host, since, resolved_at: over } = self;
        let lasted = format!("lasted {}", format::age(over.millis_since(since)));
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{severity_badge(level)}<span class="message">{message}</span></p>
                    <p class="facts">
                        {lasted}" · "{time_tag(since)}" to "{time_tag(over)}" · "{component}" · "{host}" · "
                        <a href=url(charts_url(since, over))>"Open chart"</a>" · "
                        <a href=url(format!("/alerts?view=history&rule={rule}"))>"Filter by rule"</a>
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

    fn alert(message: &str) -> PastAlert {
        PastAlert {
            severity: Severity::Warning,
            message: message.to_owned(),
            rule: "cpu".to_owned(),
            component: "cpu".to_owned(),
            host: "web-1".to_owned(),
            since: Timestamp::from_millis(60_000),
            resolved_at: Timestamp::from_millis(360_000),
        }
    }

    fn html(history: AlertHistory) -> String {
        history.view().html().replace('\u{a0}', " ")
    }

    #[test]
    fn rows_show_duration_and_pager_links() {
        let history = AlertHistory {
            rows: vec![alert("<script>x</script>")],
            total: 120,
            page: 2,
            pages: 3,
            rule_filter: Some("cpu".to_owned()),
            rules: vec![("cpu".to_owned(), "High CPU usage".to_owned())],
        };
        let html = html(history);
        for part in [
            "lasted 5 min",
            "&lt;script&gt;",
            "1970-01-01T00:01:00Z",
            "120 alerts, page 2 of 3",
            "href=\"/alerts?view=history&amp;rule=cpu&amp;page=1\"",
            "href=\"/alerts?view=history&amp;rule=cpu&amp;page=3\"",
            "<option value=\"cpu\" selected>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn empty_history_says_so() {
        for (rule, expected) in
            [(None, "No past alerts."), (Some("cpu".to_owned()), "No past alerts for this rule")]
        {
            let html = html(AlertHistory { rule_filter: rule, page: 1, pages: 1, ..AlertHistory::default() });
            assert!(html.contains(expected) && html.contains("0 alerts, page 1 of 1"), "{html}");
            assert!(!html.contains("Newer") && !html.contains("Older"), "{html}");
        }
    }
}
