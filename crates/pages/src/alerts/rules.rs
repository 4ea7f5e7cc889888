//! List of rules with condition and origin.

use crate::ui::{hidden_input, pluralize};
use app::url;
use leptos::prelude::*;

/// List of rules.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Rules in evaluation order.
    pub rows: Vec<RuleRow>,
}

/// Rule.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Rule id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Metric.
    pub metric: String,
    /// Condition, such as `avg(1m) > 80 % (warning) for 5m`.
    pub condition: String,
    /// Origin as text, such as `Built-in`.
    pub origin: &'static str,
    /// Whether it is read-only because it is defined in the configuration file.
    pub is_locked: bool,
    /// Whether it is enabled.
    pub is_enabled: bool,
    /// Number of firing alerts.
    pub firing: usize,
}

impl Rules {
    /// `may_change` adds the forms.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let rows = self.rows.into_iter().map(|row| row.view(may_change)).collect_view();
        let new = may_change.then(|| {
            view! { <p class="filter"><a class="button" href=url("/alerts?view=rule&new")>"New rule"</a></p> }
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
            view! { " · "<a class="firing" href=url(href)>{pluralize(firing, "firing", "firing")}</a> }
        });
        let off = (!is_enabled).then(|| view! { <span class="mark">"Disabled"</span> });
        let mark = is_locked.then(|| view! { <span class="mark">"Locked"</span> });
        let can_change = may_change && !is_locked;
        let switch = can_change.then(|| {
            let (what, word) =
                if is_enabled { ("rule-disable", "Disable") } else { ("rule-enable", "Enable") };
            let spoken = format!("{word} {name}");
            view! {
                <form method="post" action=url("/alerts") id=format!("rule-{id}-switch")>
                    {hidden_input("view", "rules")}
                    {hidden_input("id", &id)}
                    <button type="submit" class="button" name="do" value=what aria-label=spoken>{word}</button>
                </form>
            }
        });
        let open = if can_change { "Edit" } else { "View" };
        // The label starts with the visible text, for voice control.
        let (href, spoken) = (format!("/alerts?view=rule&id={id}"), format!("{open} {name}"));
        view! {
            <li class="row" id=format!("rule-{id}") data-off=(!is_enabled).then_some("")>
                <div class="what">
                    <p class="title"><a href=url(&href)>{name}</a>{off}{mark}</p>
                    <p class="facts"><code>{metric}</code>" "{condition}</p>
                    <p class="facts">{origin}{firing}</p>
                </div>
                <div class="do">{switch}<a class="button" href=url(href) aria-label=spoken>{open}</a></div>
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
    fn rules_have_switch_and_link_unless_locked() {
        let row = RuleRow {
            id: "cpu".to_owned(),
            name: "<script>Use".to_owned(),
            metric: "host_cpu_usage_ratio".to_owned(),
            condition: "avg(1m) > 80 % (warning)".to_owned(),
            origin: "Built-in",
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
            (0, "2 firing"),
            (0, "href=\"/alerts?view=rule&amp;id=cpu\""),
            (1, "Locked"),
            (1, ">View<"),
            (2, "value=\"rule-enable\""),
            (2, ">Disabled<"),
        ] {
            assert!(rows[row].contains(part), "{part}: {}", rows[row]);
        }
        assert!(!rows[1].contains("<form") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn empty_list_has_a_new_rule_link() {
        assert!(Rules::default().view(true).html().contains("New rule"));
    }
}
