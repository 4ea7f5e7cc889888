//! Pages of lists and forms, rendered by the server alone: from plain data to HTML in which nothing lives.
//!
//! They work without scripts: links and forms do everything. The page's program only fetches them again and puts them in
//! place, so that they cost it nothing. For that each region has a name in `data-part`, and forms and fields have ids that
//! stay the same from one rendering to the next.

mod active;
mod arrange;
mod audit;
mod channels;
mod deliveries;
mod factor;
mod history;
mod meanings;
mod overview;
mod panel;
mod past;
mod pending;
mod people;
mod performance;
mod processes;
mod rule;
mod rules;
mod service_condition;
mod service_view;
mod services;
mod sessions;
mod settings;
mod settings_page;
mod silences;
mod sorted;
mod spark;
mod state;
mod table;
mod tokens;
mod trends;
mod words;

pub use active::{Acknowledged, Active, Card, Silenced, Watched};
pub use arrange::{Arrange, ArrangePanel, ArrangeSection, WIDTHS, anchor, arrange};
pub use audit::{AuditLog, AuditRow};
pub use channels::{ChannelRow, Channels};
pub use deliveries::{DeadLetterRow, Deliveries, DeliveryRow, DeliveryState};
pub use factor::SecondFactor;
pub use history::{History, PastAlert};
pub use meanings::meanings;
pub use overview::{Overview, Reason, Threshold, Vital, Wrong, overview};
pub use panel::{PanelTable, panel_table};
pub use past::{Firing, Past};
pub use pending::{Waiting, WaitingRow};
pub use people::{People, PersonRow};
pub use performance::{Performance, performance};
pub use processes::{Processes, processes};
pub use rule::{MetricChoice, RuleView};
pub use rules::{RuleRow, Rules};
pub use services::{CACHES, DATABASES, Order, ServiceKind, Watching, service_lists, service_states};
pub use sessions::{Account, SessionRow, Sessions};
pub use settings::{Kept, SettingRow, Settings};
pub use settings_page::{SettingsContent, SettingsPage, settings};
pub use silences::{SilenceRow, SilenceState, Silences};
pub use sorted::{Address, Sorted, save_link};
pub use spark::Spark;
pub use state::State;
pub use table::{Cell, Column, Row, Sort, numbers, words};
pub use tokens::{TokenRow, Tokens};
pub use trends::{Trends, Way, trends};
pub use words::{charts_of, label};

use leptos::prelude::*;
use words::Written;

/// What was typed into a form, by the names of its fields, and which of them cannot be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    fields: Vec<(String, String)>,
    wrong: Option<&'static str>,
}

impl Typed {
    /// These fields; `wrong` is the name of the one that cannot be used.
    pub fn new(fields: Vec<(String, String)>, wrong: Option<&'static str>) -> Self {
        Self { fields, wrong }
    }

    /// The first field with that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All fields with that name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether that field cannot be used as it is.
    pub fn is_wrong(&self, name: &str) -> bool {
        self.wrong == Some(name)
    }
}

/// What came of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// A sentence.
    pub text: String,
    /// Whether it was done.
    pub is_good: bool,
}

impl Said {
    fn view(self) -> AnyView {
        let Self { text, is_good } = self;
        let (class, role) = if is_good { ("said good", "status") } else { ("said bad", "alert") };
        // It can be given the focus, so that it is read at once.
        view! { <p class=class role=role tabindex="-1">{text}</p> }.into_any()
    }
}

/// How many there are, for the tabs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Alerts that fire.
    pub active: usize,
    /// Rules.
    pub rules: usize,
    /// Silences that hold now.
    pub silences: usize,
    /// Channels.
    pub channels: usize,
}

/// The alerts page.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// For the tabs.
    pub counts: Counts,
    /// What came of what was asked for, if something was.
    pub said: Option<Said>,
    /// Whether it shows what was typed: then it is not to be replaced before something else is asked for.
    pub keeps: bool,
    /// Whether who looks at it may change something: others see no buttons and forms that do.
    pub may_change: bool,
    /// The view that is open.
    pub content: Content,
}

/// A view of the alerts page, with all that it shows.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is documented where it is made")]
pub enum Content {
    Active(Active),
    History(History),
    Rules(Rules),
    Rule(Box<RuleView>),
    Silences(Silences),
    Channels(Channels),
    Deliveries(Deliveries),
}

impl Content {
    fn name(&self) -> &'static str {
        match self {
            Self::Active(_) => "active",
            Self::History(_) => "history",
            Self::Rules(_) => "rules",
            Self::Rule(_) => "rule",
            Self::Silences(_) => "silences",
            Self::Channels(_) => "channels",
            Self::Deliveries(_) => "deliveries",
        }
    }
}

/// The alerts page as HTML.
pub fn alerts(page: Alerts) -> String {
    let Alerts { counts, said, keeps, may_change, content } = page;
    let open = content.name();
    let said = said.map(Said::view);
    let tab = |name: &'static str, title: &'static str, count: Option<usize>| {
        let href = if name == "active" { "/alerts".to_owned() } else { format!("/alerts?view={name}") };
        let current = match open {
            "rule" if name == "rules" => Some("true"),
            open if open == name => Some("page"),
            _ => None,
        };
        let count = count.map(|count| view! { " "<span class="count">{count.to_string()}</span> });
        view! { <a href=href aria-current=current>{title}{count}</a> }
    };
    let tabs = [
        tab("active", "Active", Some(counts.active)),
        tab("history", "History", None),
        tab("rules", "Rules", Some(counts.rules)),
        tab("silences", "Silences", Some(counts.silences)),
        tab("channels", "Channels", Some(counts.channels)),
        tab("deliveries", "Deliveries", None),
    ];
    let content = match content {
        Content::Active(active) => active.view(may_change),
        Content::History(history) => history.view(),
        Content::Rules(rules) => rules.view(may_change),
        Content::Rule(rule) => rule.view(may_change),
        Content::Silences(silences) => silences.view(may_change),
        Content::Channels(channels) => channels.view(may_change),
        Content::Deliveries(deliveries) => deliveries.view(may_change),
    };
    view! {
        <div class="alerts-page" data-part="alerts" data-view=open data-keep=keeps.then_some("")>
            {said}
            <header class="page-head"><h1>"Alerts"</h1></header>
            <nav class="tabs" aria-label="Views of alerts" data-part="tabs">{tabs.collect_view()}</nav>
            {content}
        </div>
    }
    .into_any()
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(said: Option<Said>, keeps: bool, content: Content) -> String {
        let counts = Counts { active: 3, rules: 18, silences: 0, channels: 2 };
        alerts(Alerts { counts, said, keeps, may_change: true, content })
    }

    #[test]
    fn the_frame_has_a_way_to_each_view_and_says_which_is_open() {
        for (content, name, current) in [
            (Content::Active(Active::default()), "active", "href=\"/alerts\" aria-current=\"page\""),
            (Content::Rules(Rules::default()), "rules", "href=\"/alerts?view=rules\" aria-current=\"page\""),
            (Content::Rule(Box::default()), "rule", "href=\"/alerts?view=rules\" aria-current=\"true\""),
            (
                Content::Channels(Channels::default()),
                "channels",
                "href=\"/alerts?view=channels\" aria-current=\"page\"",
            ),
        ] {
            let html = page(None, false, content);
            assert!(html.contains(&format!("data-view=\"{name}\"")) && html.contains(current), "{html}");
            assert_eq!(html.matches("aria-current").count(), 1, "{html}");
            for view in ["history", "rules", "silences", "channels", "deliveries"] {
                assert!(html.contains(&format!("href=\"/alerts?view={view}\"")), "{view}: {html}");
            }
            assert!(
                html.contains("<span class=\"count\">18</span>") && !html.contains("data-keep"),
                "{html}"
            );
        }
    }

    #[test]
    fn what_came_of_it_stands_first_and_is_no_markup() {
        for (is_good, class, role) in [(true, "said good", "status"), (false, "said bad", "alert")] {
            let said = Said { text: "<script>x".to_owned(), is_good };
            let html = page(Some(said), true, Content::Silences(Silences::default()));
            let (root, rest) = html.split_once('>').unwrap();
            assert!(root.contains("data-keep"), "{html}");
            let first = rest.split('>').next().unwrap();
            assert!(first.starts_with("<p ") && first.contains(role) && first.contains(class), "{html}");
            assert!(html.contains("&lt;script&gt;x</p>") && !html.contains("<script"), "{html}");
        }
    }

    #[test]
    fn who_may_change_nothing_has_nothing_to_press() {
        let contents = || {
            let time = watchglass_model::Timestamp::default();
            let text = str::to_owned;
            let card = Card {
                id: text("a"),
                severity: watchglass_model::Severity::Warning,
                message: text("Memory"),
                since: time,
                component: text("memory"),
                host: text("h"),
                rule: text("memory"),
                rule_name: text("Memory"),
                labels: text("{}"),
                because_of: None,
                is_flapping: false,
                silenced: None,
                acknowledged: None,
                summary: String::new(),
                action: String::new(),
                runbook: None,
                charts: None,
            };
            let rule = RuleRow {
                id: text("memory"),
                name: text("Memory"),
                metric: text("m"),
                condition: text("above 1"),
                origin: "was made here",
                is_locked: false,
                is_enabled: true,
                firing: 0,
            };
            let silence = SilenceRow {
                id: text("s"),
                name: String::new(),
                state: SilenceState::Holds,
                matchers: Vec::new(),
                start: time,
                end: None,
                weekly: None,
                author: text("ada"),
                reason: text("x"),
            };
            let delivery = DeliveryRow {
                title: text("Memory"),
                severity: watchglass_model::Severity::Warning,
                channel: text("hook"),
                time,
                state: DeliveryState::Delivered(text("hook")),
                again: Some(text("m")),
            };
            let letter = DeadLetterRow {
                id: text("m"),
                title: text("Memory"),
                severity: watchglass_model::Severity::Warning,
                channel: text("hook"),
                time,
                reason: text("gone"),
            };
            let channel = ChannelRow { name: text("hook"), to: text("a webhook") };
            [
                Content::Active(Active { cards: vec![card], ..Active::default() }),
                Content::Rules(Rules { rows: vec![rule] }),
                Content::Rule(Box::new(RuleView { removal: Some("Delete"), ..RuleView::default() })),
                Content::Silences(Silences { rows: vec![silence], ..Silences::default() }),
                Content::Channels(Channels { rows: vec![channel], problem: None }),
                Content::Deliveries(Deliveries {
                    delivered: 1,
                    rows: vec![delivery],
                    dead_letters: vec![letter],
                    ..Deliveries::default()
                }),
            ]
        };
        for (seen, changed) in contents().into_iter().zip(contents()) {
            let [seen, changed] = [(seen, false), (changed, true)].map(|(content, may_change)| {
                alerts(Alerts { counts: Counts::default(), said: None, keeps: false, may_change, content })
            });
            for part in ["method=\"post\"", "name=\"do\"", "name=\"message\"", "New rule", ">Edit<"] {
                assert!(!seen.contains(part), "{part}: {seen}");
            }
            assert!(changed.contains("method=\"post\""), "{changed}");
        }
    }
}
