//! Sessions of all users, or of one.

use crate::ui::{hidden_input, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// Sessions of all users.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    /// Sessions, the most recently used first.
    pub rows: Vec<SessionRow>,
}

/// Session.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Session id, used to revoke it.
    pub id: String,
    /// User.
    pub user: String,
    /// When it was created.
    pub created: Timestamp,
    /// Last use, to the minute.
    pub last_used: Timestamp,
    /// When it expires unless it is used.
    pub expires: Timestamp,
    /// Whether it is the session of this browser.
    pub is_current: bool,
}

impl Sessions {
    pub(super) fn view(self) -> AnyView {
        view! { <section aria-label="Sessions">{list(self.rows, "sessions")}</section> }.into_any()
    }
}

/// List of sessions; `view` is the view to return to after revoking one.
pub(super) fn list(rows: Vec<SessionRow>, view: &'static str) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="empty" data-part="list">"No active sessions."</p> }.into_any();
    }
    let rows = rows.into_iter().map(|row| row.view(view)).collect_view();
    view! { <ul class="rows" data-part="list">{rows}</ul> }.into_any()
}

impl SessionRow {
    fn view(self, view: &'static str) -> AnyView {
        let Self { id, user, created, last_used: used, expires: ends, is_current: is_own } = self;
        let own = is_own.then(|| view! { <span class="mark on">"This browser"</span> });
        let short: String = id.chars().take(8).collect();
        let spoken = format!("Revoke session {short} of {user}");
        view! {
            <li class="row" id=format!("session-{short}")>
                <div class="what">
                    <p class="title">{user}{own}</p>
                    <p class="facts">
                        <code>{short.clone()}</code>" · created "{time_tag(created)}" · last used "{time_tag(used)}" · expires "{time_tag(ends)}
                    </p>
                </div>
                <form class="do" method="post" action=url("/settings") id=format!("session-{short}-end")>
                    {hidden_input("view", view)}
                    {hidden_input("id", &id)}
                    <button type="submit" class="button" name="do" value="session-end" aria-label=spoken>"Revoke"</button>
                </form>
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    fn row(id: &str, is_own: bool) -> SessionRow {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        SessionRow {
            id: id.repeat(32),
            user: "ada".to_owned(),
            created: at(60),
            last_used: at(120),
            expires: at(180),
            is_current: is_own,
        }
    }

    #[test]
    fn sessions_can_be_revoked_and_the_own_one_is_marked() {
        let html = Sessions { rows: vec![row("a1", true), row("b2", false)] }.view().html();
        let rows: Vec<&str> = html.split("<li").skip(1).collect();
        for (row, part) in [
            (0, "This browser"),
            (0, "<code>a1a1a1a1</code>"),
            (0, "00:02:00Z"),
            (0, "name=\"view\" value=\"sessions\""),
            (1, "value=\"session-end\""),
        ] {
            assert!(rows[row].contains(part), "{part}: {}", rows[row]);
        }
        assert!(rows[1].contains(&"b2".repeat(32)) && !rows[1].contains("This browser"), "{}", rows[1]);
    }
}
