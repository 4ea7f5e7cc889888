//! Frame of the pages below `/settings`: tabs for settings and account, and for administrators users, tokens, sessions and audit
//! log.

use super::{Account, AuditLog, Sessions, Settings, Tokens, Users};
use crate::ui::{FlashMessage, StaticHtml};
use app::url;
use leptos::prelude::*;

/// Page below `/settings`.
#[derive(Clone, Debug)]
pub struct SettingsPage {
    /// Result of the submitted form, if any.
    pub flash: Option<FlashMessage>,
    /// Whether it shows submitted form values or a secret that is shown once: then a refresh must not replace it.
    pub keep_on_refresh: bool,
    /// Whether the user is an administrator; otherwise the tabs for users, tokens, sessions and audit log are left out.
    pub may_change: bool,
    /// Open view.
    pub content: SettingsContent,
}

/// View below `/settings` with its data.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each type has its own documentation")]
pub enum SettingsContent {
    Settings(Box<Settings>),
    Account(Account),
    Users(Users),
    Tokens(Tokens),
    Sessions(Sessions),
    Audit(AuditLog),
}

impl SettingsContent {
    fn name(&self) -> &'static str {
        match self {
            Self::Settings(_) => "settings",
            Self::Account(_) => "account",
            Self::Users(_) => "users",
            Self::Tokens(_) => "tokens",
            Self::Sessions(_) => "sessions",
            Self::Audit(_) => "audit",
        }
    }
}

/// Renders a page below `/settings`.
pub fn render(page: SettingsPage) -> String {
    let SettingsPage { flash: said, keep_on_refresh: keeps, may_change, content } = page;
    let open = content.name();
    let said = said.map(FlashMessage::view);
    let tab = |name: &'static str, title: &'static str| {
        let href = if name == "settings" { "/settings".to_owned() } else { format!("/settings?view={name}") };
        let current = (open == name).then_some("page");
        view! { <a href=url(href) aria-current=current>{title}</a> }
    };
    let own_tabs = [tab("settings", "All settings"), tab("account", "Your account")];
    let admin_tabs = may_change.then(|| {
        [
            tab("users", "Users"),
            tab("tokens", "API tokens"),
            tab("sessions", "Sessions"),
            tab("audit", "Audit log"),
        ]
    });
    // Lists and forms are styled as on the alerts page, tables as on the list pages.
    let class = if open == "settings" { "list-page settings" } else { "alerts-page settings" };
    let content = match content {
        SettingsContent::Settings(settings) => settings.view(may_change),
        SettingsContent::Account(account) => account.view(),
        SettingsContent::Users(people) => people.view(),
        SettingsContent::Tokens(tokens) => tokens.view(),
        SettingsContent::Sessions(sessions) => sessions.view(),
        SettingsContent::Audit(audit) => audit.view(),
    };
    view! {
        <div class=class data-part="settings" data-view=open data-keep=keeps.then_some("")>
            {said}
            <header class="page-head"><h1>"Settings"</h1></header>
            <nav class="tabs" aria-label="Settings views" data-part="tabs">
                {own_tabs.collect_view()}
                {admin_tabs.map(|tabs| tabs.collect_view())}
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
    fn only_administrators_see_the_admin_tabs() {
        for may_change in [true, false] {
            let content = SettingsContent::Account(Account::default());
            let html = render(SettingsPage { flash: None, keep_on_refresh: false, may_change, content });
            assert!(html.contains("href=\"/settings?view=account\" aria-current=\"page\""), "{html}");
            assert!(html.contains("data-view=\"account\"") && !html.contains("data-keep"), "{html}");
            for view in ["users", "tokens", "sessions", "audit"] {
                assert_eq!(html.contains(&format!("?view={view}\"")), may_change, "{view}: {html}");
            }
        }
    }

    #[test]
    fn action_result_comes_first() {
        let content = SettingsContent::Tokens(Tokens::default());
        let said = Some(FlashMessage { text: "<b>Done".to_owned(), is_success: true });
        let html = render(SettingsPage { flash: said, keep_on_refresh: true, may_change: true, content });
        let (root, rest) = html.split_once('>').unwrap();
        assert!(root.contains("data-keep") && rest.starts_with("<p "), "{html}");
        assert!(html.contains("&lt;b&gt;Done"), "{html}");
    }
}
