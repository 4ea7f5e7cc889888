//! What was wrong and is over, the latest first.

use super::words::{charts_of, count, moment, severity};
use leptos::prelude::*;
use watchglass_model::Severity;
use watchglass_model::{Timestamp, format};

/// What was wrong.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// A page of alerts, the latest to be over first.
    pub rows: Vec<PastAlert>,
    /// How many there are on all pages.
    pub all: usize,
    /// Which page this is, from 1 on.
    pub page: usize,
    /// How many pages there are, at least 1.
    pub pages: usize,
    /// Id of the rule whose alerts alone are shown.
    pub rule: Option<String>,
    /// Ids and names of the rules that can be chosen.
    pub rules: Vec<(String, String)>,
}

/// An alert that is over.
#[derive(Clone, Debug)]
pub struct PastAlert {
    /// The worst it was.
    pub severity: Severity,
    /// What it said when it was over.
    pub message: String,
    /// Id of its rule.
    pub rule: String,
    /// The component.
    pub component: String,
    /// The host of its series.
    pub host: String,
    /// Since when the condition was true.
    pub since: Timestamp,
    /// When it was over.
    pub over: Timestamp,
}

impl History {
    pub(super) fn view(self) -> AnyView {
        let Self { rows, all, page, pages, rule, rules } = self;
        let chosen = rule.clone().unwrap_or_default();
        let option = |(id, name): (String, String)| {
            let is_chosen = id == chosen;
            view! { <option value=id selected=is_chosen>{name}</option> }
        };
        let options = rules.into_iter().map(option).collect_view();
        let list = if rows.is_empty() {
            let text =
                if rule.is_some() { "No alert of this rule is remembered." } else { "No alert is over yet." };
            view! { <p class="empty">{text}</p> }.into_any()
        } else {
            let rows = rows.into_iter().map(PastAlert::view).collect_view();
            view! { <ol class="rows">{rows}</ol> }.into_any()
        };
        let to = move |page: usize| match &rule {
            Some(rule) => format!("/alerts?view=history&rule={rule}&page={page}"),
            None => format!("/alerts?view=history&page={page}"),
        };
        let newer = (page > 1).then(|| view! { <a class="button" href=to(page - 1) rel="prev">"Newer"</a> });
        let older =
            (page < pages).then(|| view! { <a class="button" href=to(page + 1) rel="next">"Older"</a> });
        let place = format!("{}, page {page} of {pages}", count(all, "alert", "alerts"));
        view! {
            <section aria-label="Alerts that are over">
                <form class="filter" method="get" action="/alerts" id="history-filter" data-part="form">
                    <input type="hidden" name="view" value="history"/>
                    <label r#for="history-rule">"Rule"</label>
                    <select id="history-rule" name="rule">
                        <option value="">"All rules"</option>
                        {options}
                    </select>
                    <button class="button">"Show"</button>
                </form>
                <div data-part="list">
                    {list}
                    <nav class="pager" aria-label="Pages of alerts">{newer}<span class="facts">{place}</span>{older}</nav>
                </div>
            </section>
        }
        .into_any()
    }
}

impl PastAlert {
    fn view(self) -> AnyView {
        let Self { severity: how_bad, message, rule, component, host, since, over } = self;
        let lasted = format!("lasted {}", format::age(over.millis_since(since)));
        view! {
            <li class="row">
                <div class="what">
                    <p class="title">{severity(how_bad)}<span class="message">{message}</span></p>
                    <p class="facts">
                        {lasted}" · "{moment(since)}" to "{moment(over)}" · "{component}" · "{host}" · "
                        <a href=charts_of(since, over)>"Charts of that time"</a>" · "
                        <a href=format!("/alerts?view=history&rule={rule}")>"Only this rule"</a>
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

    fn alert(message: &str) -> PastAlert {
        PastAlert {
            severity: Severity::Warning,
            message: message.to_owned(),
            rule: "cpu".to_owned(),
            component: "cpu".to_owned(),
            host: "web-1".to_owned(),
            since: Timestamp::from_millis(60_000),
            over: Timestamp::from_millis(360_000),
        }
    }

    fn html(history: History) -> String {
        history.view().html().replace('\u{a0}', " ")
    }

    #[test]
    fn rows_say_how_long_and_pages_lead_on() {
        let history = History {
            rows: vec![alert("<script>x</script>")],
            all: 120,
            page: 2,
            pages: 3,
            rule: Some("cpu".to_owned()),
            rules: vec![("cpu".to_owned(), "Use of the processors".to_owned())],
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
    fn an_empty_history_says_so() {
        for (rule, expected) in
            [(None, "No alert is over yet."), (Some("cpu".to_owned()), "No alert of this rule")]
        {
            let html = html(History { rule, page: 1, pages: 1, ..History::default() });
            assert!(html.contains(expected) && html.contains("0 alerts, page 1 of 1"), "{html}");
            assert!(!html.contains("Newer") && !html.contains("Older"), "{html}");
        }
    }
}
