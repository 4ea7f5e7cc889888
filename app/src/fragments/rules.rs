//! The list of rules: what is judged, and where each comes from.

use super::words::{count, hidden};
use leptos::prelude::*;

/// The rules.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// In the order in which they are judged.
    pub rows: Vec<RuleRow>,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its id.
    pub id: String,
    /// What is judged, in a few words.
    pub name: String,
    /// The metric.
    pub metric: String,
    /// When it fires: `mean of 1m above 80 %, for 5m`.
    pub condition: String,
    /// Where it comes from, in words.
    pub origin: &'static str,
    /// Whether it can only be changed in the configuration file.
    pub is_locked: bool,
    /// Whether it is judged.
    pub is_enabled: bool,
    /// How many of its alerts fire.
    pub firing: usize,
}

impl Rules {
    /// Those who `may_change` something have forms for it.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let rows = self.rows.into_iter().map(|row| row.view(may_change)).collect_view();
        let new = may_change.then(|| {
            view! { <p class="filter"><a class="button" href="/alerts?view=rule&new">"New rule"</a></p> }
        });
        view! {
            <section aria-label="Rules">
                {new}
                <ul class="rows" data-part="list">{rows}</ul>
            </section>
        }
        .into_any()
    }
}

impl RuleRow {
    fn view(self, may_change: bool) -> AnyView {
        let Self { id, name, metric, condition, origin, is_locked, is_enabled, firing } = self;
        let firing = (firing > 0).then(|| {
            let href = format!("/alerts?rule={id}");
            view! { " · "<a class="firing" href=href>{count(firing, "alert fires", "alerts fire")}</a> }
        });
        let off = (!is_enabled).then(|| view! { <span class="mark">"Off"</span> });
        let mark = is_locked.then(|| view! { <span class="mark">"Locked"</span> });
        let can_change = may_change && !is_locked;
        let switch = can_change.then(|| {
            let (what, word) =
                if is_enabled { ("rule-disable", "Switch off") } else { ("rule-enable", "Switch on") };
            let spoken = format!("{word} {name}");
            view! {
                <form method="post" action="/alerts" id=format!("rule-{id}-switch")>
                    {hidden("view", "rules")}
                    {hidden("id", &id)}
                    <button class="button" name="do" value=what aria-label=spoken>{word}</button>
                </form>
            }
        });
        let open = if can_change { "Edit" } else { "View" };
        // What is seen is part of what is said, for those who say it to their browser.
        let (href, spoken) = (format!("/alerts?view=rule&id={id}"), format!("{open} {name}"));
        view! {
            <li class="row" id=format!("rule-{id}") data-off=(!is_enabled).then_some("")>
                <div class="what">
                    <p class="title"><a href=href.clone()>{name}</a>{off}{mark}</p>
                    <p class="facts"><code>{metric}</code>" "{condition}</p>
                    <p class="facts">{origin}{firing}</p>
                </div>
                <div class="do">{switch}<a class="button" href=href aria-label=spoken>{open}</a></div>
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
    fn a_rule_can_be_switched_and_opened_unless_it_is_locked() {
        let row = RuleRow {
            id: "cpu".to_owned(),
            name: "<script>Use".to_owned(),
            metric: "host_cpu_usage_ratio".to_owned(),
            condition: "mean of 1m above 80 %".to_owned(),
            origin: "comes with the program",
            is_locked: false,
            is_enabled: true,
            firing: 2,
        };
        let locked = RuleRow { is_locked: true, id: "own".to_owned(), firing: 0, ..row.clone() };
        let off = RuleRow { is_enabled: false, id: "off".to_owned(), ..row.clone() };
        let html = Rules { rows: vec![row, locked, off] }.view(true).html().replace('\u{a0}', " ");
        let rows: Vec<&str> = html.split("<li").skip(1).collect();
        for (row, part) in [
            (0, "value=\"rule-disable\""),
            (0, "2 alerts fire"),
            (0, "href=\"/alerts?view=rule&amp;id=cpu\""),
            (1, "Locked"),
            (1, ">View<"),
            (2, "value=\"rule-enable\""),
            (2, ">Off<"),
        ] {
            assert!(rows[row].contains(part), "{part}: {}", rows[row]);
        }
        assert!(!rows[1].contains("<form") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn without_rules_a_new_one_can_be_made() {
        assert!(Rules::default().view(true).html().contains("New rule"));
    }
}
