//! Frame of the alerts page: tabs with counts, and the open view.

use super::{ActiveAlerts, AlertHistory, Channels, Deliveries, HeartbeatList, RuleEditor, Rules, Silences};
use crate::ui::{FlashMessage, StaticHtml};
use app::url;
use leptos::prelude::*;

/// Counts shown in the tabs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Firing alerts.
    pub active: usize,
    /// Rules.
    pub rules: usize,
    /// Active silences.
    pub silences: usize,
    /// Channels.
    pub channels: usize,
    /// Expected heartbeats.
    pub heartbeats: usize,
}

/// Alerts page.
#[derive(Clone, Debug)]
pub struct AlertsPage {
    /// Counts shown in the tabs.
    pub counts: Counts,
    /// Result of the submitted form, if any.
    pub flash: Option<FlashMessage>,
    /// Whether it shows submitted form values: then a refresh must not replace it.
    pub keep_on_refresh: bool,
    /// Whether the user may make changes; otherwise buttons and forms are left out.
    pub may_change: bool,
    /// Open view.
    pub content: AlertsContent,
}

/// View of the alerts page with its data.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each type has its own documentation")]
pub enum AlertsContent {
    Active(ActiveAlerts),
    History(AlertHistory),
    Rules(Rules),
    Rule(Box<RuleEditor>),
    Silences(Silences),
    Channels(Channels),
    Deliveries(Deliveries),
    Heartbeats(HeartbeatList),
}

impl AlertsContent {
    fn name(&self) -> &'static str {
        match self {
            Self::Active(_) => "active",
            Self::History(_) => "history",
            Self::Rules(_) => "rules",
            Self::Rule(_) => "rule",
            Self::Silences(_) => "silences",
            Self::Channels(_) => "channels",
            Self::Deliveries(_) => "deliveries",
            Self::Heartbeats(_) => "heartbeats",
        }
    }
}

/// Renders the alerts page.
pub fn render(page: AlertsPage) -> String {
    let AlertsPage { counts, flash: said, keep_on_refresh: keeps, may_change, content } = page;
    let open = content.name();
    let said = said.map(FlashMessage::view);
    let tab = |name: &'static str, title: &'static str, count: Option<usize>| {
        let href = if name == "active" { "/alerts".to_owned() } else { format!("/alerts?view={name}") };
        let current = match open {
            "rule" if name == "rules" => Some("true"),
            open if open == name => Some("page"),
            _ => None,
        };
        let count = count.map(|count| view! { " "<span class="count">{count.to_string()}</span> });
        view! { <a href=url(href) aria-current=current>{title}{count}</a> }
    };
    let tabs = [
        tab("active", "Active", Some(counts.active)),
        tab("history", "History", None),
        tab("rules", "Rules", Some(counts.rules)),
        tab("silences", "Silences", Some(counts.silences)),
        tab("channels", "Channels", Some(counts.channels)),
        tab("deliveries", "Deliveries", None),
        tab("heartbeats", "Heartbeats", Some(counts.heartbeats)),
    ];
    let content = match content {
        AlertsContent::Active(active) => active.view(may_change),
        AlertsContent::History(history) => history.view(),
        AlertsContent::Rules(rules) => rules.view(may_change),
        AlertsContent::Rule(rule) => rule.view(may_change),
        AlertsContent::Silences(silences) => silences.view(may_change),
        AlertsContent::Channels(channels) => channels.view(may_change),
        AlertsContent::Deliveries(deliveries) => deliveries.view(may_change),
        AlertsContent::Heartbeats(heartbeats) => heartbeats.view(may_change),
    };
    view! {
        <div class="alerts-page" data-part="alerts" data-view=open data-keep=keeps.then_some("")>
            {said}
            <header class="page-head"><h1>"Alerts"</h1></header>
            <nav class="tabs" aria-label="Alert views" data-part="tabs">{tabs.collect_view()}</nav>
            {content}
        </div>
    }
    .into_any()
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{
        AlertCard, ChannelRow, DeadLetterRow, DeliveryOutcome, DeliveryRow, HeartbeatRow, HeartbeatRowState,
        RuleRow, SilenceRow, SilenceState,
    };

    fn page(said: Option<FlashMessage>, keeps: bool, content: AlertsContent) -> String {
        let counts = Counts { active: 3, rules: 18, silences: 0, channels: 2, heartbeats: 0 };
        render(AlertsPage { counts, flash: said, keep_on_refresh: keeps, may_change: true, content })
    }

    #[test]
    fn tabs_link_every_view_and_mark_the_open_one() {
        for (content, name, current) in [
            (
                AlertsContent::Active(ActiveAlerts::default()),
                "active",
                "href=\"/alerts\" aria-current=\"page\"",
            ),
            (
                AlertsContent::Rules(Rules::default()),
                "rules",
                "href=\"/alerts?view=rules\" aria-current=\"page\"",
            ),
            (
                AlertsContent::Rule(Box::default()),
                "rule",
                "href=\"/alerts?view=rules\" aria-current=\"true\"",
            ),
            (
                AlertsContent::Channels(Channels::default()),
                "channels",
                "href=\"/alerts?view=channels\" aria-current=\"page\"",
            ),
        ] {
            let html = page(None, false, content);
            assert!(html.contains(&format!("data-view=\"{name}\"")) && html.contains(current), "{html}");
            assert_eq!(html.matches("aria-current").count(), 1, "{html}");
            for view in ["history", "rules", "silences", "channels", "deliveries", "heartbeats"] {
                assert!(html.contains(&format!("href=\"/alerts?view={view}\"")), "{view}: {html}");
            }
            assert!(
                html.contains("<span class=\"count\">18</span>") && !html.contains("data-keep"),
                "{html}"
            );
        }
    }

    #[test]
    fn action_result_comes_first_and_is_escaped() {
        for (is_good, class, role) in [(true, "flash good", "status"), (false, "flash bad", "alert")] {
            let said = FlashMessage { text: "<script>x".to_owned(), is_success: is_good };
            let html = page(Some(said), true, AlertsContent::Silences(Silences::default()));
            let (root, rest) = html.split_once('>').unwrap();
            assert!(root.contains("data-keep"), "{html}");
            let first = rest.split('>').next().unwrap();
            assert!(first.starts_with("<p ") && first.contains(role) && first.contains(class), "{html}");
            assert!(html.contains("&lt;script&gt;x</p>") && !html.contains("<script"), "{html}");
        }
    }

    #[test]
    fn read_only_users_see_no_actions() {
        let contents = || {
            let time = watchglass_model::Timestamp::default();
            let text = str::to_owned;
            let card = AlertCard {
                id: text("a"),
                severity: watchglass_model::Severity::Warning,
                message: text("Memory"),
                firing_since: time,
                component: text("memory"),
                host: text("h"),
                rule: text("memory"),
                rule_name: text("Memory"),
                labels: text("{}"),
                no_data_since: Some(time),
                inhibited_by: None,
                is_flapping: false,
                silenced: None,
                acknowledged: None,
                summary: String::new(),
                next_steps: String::new(),
                runbook: None,
                charts_page: None,
            };
            let rule = RuleRow {
                id: text("memory"),
                name: text("Memory"),
                metric: text("m"),
                condition: text("> 1"),
                origin: "Custom",
                is_locked: false,
                is_enabled: true,
                firing: 0,
            };
            let silence = SilenceRow {
                id: text("s"),
                name: String::new(),
                state: SilenceState::Active,
                matchers: Vec::new(),
                start: time,
                end: None,
                schedule: None,
                author: text("ada"),
                comment: text("x"),
            };
            let delivery = DeliveryRow {
                title: text("Memory"),
                severity: watchglass_model::Severity::Warning,
                channel: text("hook"),
                time,
                outcome: DeliveryOutcome::Delivered(text("hook")),
                resend_id: Some(text("m")),
            };
            let letter = DeadLetterRow {
                id: text("m"),
                title: text("Memory"),
                severity: watchglass_model::Severity::Warning,
                channel: text("hook"),
                time,
                reason: text("gone"),
            };
            let heartbeat = HeartbeatRow {
                name: text("backup"),
                state: HeartbeatRowState::Ok,
                period_seconds: 60,
                grace_seconds: 60,
                last_received: None,
                next_expected: time,
                is_in_file: false,
            };
            let channel =
                ChannelRow { name: text("hook"), kind: text("webhook"), receiver: text("example.com") };
            [
                AlertsContent::Active(ActiveAlerts { cards: vec![card], ..ActiveAlerts::default() }),
                AlertsContent::Rules(Rules { rows: vec![rule] }),
                AlertsContent::Rule(Box::new(RuleEditor {
                    delete_label: Some("Delete"),
                    ..RuleEditor::default()
                })),
                AlertsContent::Silences(Silences { rows: vec![silence], ..Silences::default() }),
                AlertsContent::Channels(Channels { rows: vec![channel], error: None }),
                AlertsContent::Deliveries(Deliveries {
                    sent: 1,
                    rows: vec![delivery],
                    dead_letters: vec![letter],
                    ..Deliveries::default()
                }),
                AlertsContent::Heartbeats(HeartbeatList {
                    rows: vec![heartbeat],
                    ..HeartbeatList::default()
                }),
            ]
        };
        for (seen, changed) in contents().into_iter().zip(contents()) {
            let [seen, changed] = [(seen, false), (changed, true)].map(|(content, may_change)| {
                render(AlertsPage {
                    counts: Counts::default(),
                    flash: None,
                    keep_on_refresh: false,
                    may_change,
                    content,
                })
            });
            // The preview of a rule is the only form.
            for part in
                ["action=\"/alerts\"", "value=\"rule-save\"", "name=\"delivery\"", "New rule", ">Edit<"]
            {
                assert!(!seen.contains(part), "{part}: {seen}");
            }
            let forms = seen.matches("method=\"post\"").count();
            assert_eq!(forms, seen.matches("action=\"/alerts/preview\"").count(), "{seen}");
            assert!(changed.contains("action=\"/alerts\""), "{changed}");
        }
    }
}
