//! The frame of the pages below `/settings`: the ways to what is set, to one's account, and for administrators to who may call.

use super::words::Written;
use super::{Account, AuditLog, People, Said, Sessions, Settings, Tokens};
use leptos::prelude::*;

/// A page below `/settings`.
#[derive(Clone, Debug)]
pub struct SettingsPage {
    /// What came of what was asked for, if something was.
    pub said: Option<Said>,
    /// Whether it shows what was typed, or what is shown once: then it is not to be replaced before something else is asked
    /// for.
    pub keeps: bool,
    /// Whether who looks at it may change something: others have no ways to lists of people.
    pub may_change: bool,
    /// The view that is open.
    pub content: SettingsContent,
}

/// A view of the pages of settings, with all that it shows.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is documented where it is made")]
pub enum SettingsContent {
    Settings(Box<Settings>),
    Account(Account),
    People(People),
    Tokens(Tokens),
    Sessions(Sessions),
    Audit(AuditLog),
}

impl SettingsContent {
    fn name(&self) -> &'static str {
        match self {
            Self::Settings(_) => "settings",
            Self::Account(_) => "account",
            Self::People(_) => "people",
            Self::Tokens(_) => "tokens",
            Self::Sessions(_) => "sessions",
            Self::Audit(_) => "audit",
        }
    }
}

/// A page below `/settings` as HTML.
pub fn settings(page: SettingsPage) -> String {
    let SettingsPage { said, keeps, may_change, content } = page;
    let open = content.name();
    let said = said.map(Said::view);
    let tab = |name: &'static str, title: &'static str| {
        let href = if name == "settings" { "/settings".to_owned() } else { format!("/settings?view={name}") };
        let current = (open == name).then_some("page");
        view! { <a href=href aria-current=current>{title}</a> }
    };
    let of_all = [tab("settings", "All settings"), tab("account", "Your account")];
    let of_admins = may_change.then(|| {
        [
            tab("people", "People"),
            tab("tokens", "Tokens"),
            tab("sessions", "Sessions"),
            tab("audit", "Audit log"),
        ]
    });
    // Lists and forms look like those of alerts, tables like those of other lists.
    let class = if open == "settings" { "list-page settings" } else { "alerts-page settings" };
    let content = match content {
        SettingsContent::Settings(settings) => settings.view(may_change),
        SettingsContent::Account(account) => account.view(),
        SettingsContent::People(people) => people.view(),
        SettingsContent::Tokens(tokens) => tokens.view(),
        SettingsContent::Sessions(sessions) => sessions.view(),
        SettingsContent::Audit(audit) => audit.view(),
    };
    view! {
        <div class=class data-part="settings" data-view=open data-keep=keeps.then_some("")>
            {said}
            <header class="page-head"><h1>"Settings"</h1></header>
            <nav class="tabs" aria-label="Views of settings" data-part="tabs">
                {of_all.collect_view()}
                {of_admins.map(|tabs| tabs.collect_view())}
            </nav>
            {content}
        </div>
    }
    .into_any()
    .html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_administrators_have_ways_to_lists_of_people() {
        for may_change in [true, false] {
            let content = SettingsContent::Account(Account::default());
            let html = settings(SettingsPage { said: None, keeps: false, may_change, content });
            assert!(html.contains("href=\"/settings?view=account\" aria-current=\"page\""), "{html}");
            assert!(html.contains("data-view=\"account\"") && !html.contains("data-keep"), "{html}");
            for view in ["people", "tokens", "sessions", "audit"] {
                assert_eq!(html.contains(&format!("?view={view}\"")), may_change, "{view}: {html}");
            }
        }
    }

    #[test]
    fn what_came_of_it_stands_first() {
        let content = SettingsContent::Tokens(Tokens::default());
        let said = Some(Said { text: "<b>Done".to_owned(), is_good: true });
        let html = settings(SettingsPage { said, keeps: true, may_change: true, content });
        let (root, rest) = html.split_once('>').unwrap();
        assert!(root.contains("data-keep") && rest.starts_with("<p "), "{html}");
        assert!(html.contains("&lt;b&gt;Done"), "{html}");
    }
}
