//! Who is signed in, and one's own account: password, sessions, signing out.

use super::words::{Field, hidden, moment, whose};
use super::{SecondFactor, Typed};
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// The sessions of everybody.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    /// Those used last first.
    pub rows: Vec<SessionRow>,
}

/// The account of who looks at it.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: &'static str,
    /// Whether it is a person who is signed in, not a program with a token.
    pub is_person: bool,
    /// Their sessions.
    pub sessions: Vec<SessionRow>,
    /// How it is with their second factor.
    pub factor: SecondFactor,
    /// What is wrong with what was typed.
    pub typed: Typed,
}

/// A session.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// By which it is ended.
    pub id: String,
    /// Who is signed in.
    pub user: String,
    /// Since when.
    pub created: Timestamp,
    /// When it was used last, to the minute.
    pub used: Timestamp,
    /// When it is over unless it is used.
    pub ends: Timestamp,
    /// Whether it is the one of this browser.
    pub is_own: bool,
}

impl Sessions {
    pub(super) fn view(self) -> AnyView {
        view! { <section aria-label="Sessions">{list(self.rows, "sessions")}</section> }.into_any()
    }
}

impl Account {
    pub(super) fn view(self) -> AnyView {
        let Self { name, role, is_person, sessions, factor, typed } = self;
        let who = view! {
            <p class="lead">"You are "<b>{name.clone()}</b>", with the role "<b>{role}</b>"."</p>
        };
        if !is_person {
            return view! {
                <section aria-label="Your account">{who}<p>"A program with a token has neither password nor session."</p></section>
            }
            .into_any();
        }
        let field = |name, hint| Field { form: "own", name, hint, most: 256, is_required: true };
        view! {
            <section aria-label="Your account">
                {who}
                // It leads away from this page: the page's program leaves it to the browser.
                <form method="post" action="/api/logout" id="sign-out" target="_self">
                    <p class="buttons"><button class="button">"Sign out"</button></p>
                </form>
                <h2>"Where you are signed in"</h2>
                {list(sessions, "account")}
                <form method="post" action="/settings" id="own" class="editor" data-part="form" aria-labelledby="own-title">
                    <h2 id="own-title">"Change your password"</h2>
                    {hidden("view", "account")}
                    {whose(&name)}
                    <fieldset>
                        {field("old", "").secret(&typed, true)}
                        {field("new", "8 to 256 bytes. Your other sessions end.").secret(&typed, false)}
                    </fieldset>
                    <p class="buttons"><button class="button main" name="do" value="password">"Change the password"</button></p>
                </form>
                {factor.view(&name, &typed)}
            </section>
        }
        .into_any()
    }
}

fn list(rows: Vec<SessionRow>, view: &'static str) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="empty" data-part="list">"Nobody is signed in."</p> }.into_any();
    }
    let rows = rows.into_iter().map(|row| row.view(view)).collect_view();
    view! { <ul class="rows" data-part="list">{rows}</ul> }.into_any()
}

impl SessionRow {
    fn view(self, view: &'static str) -> AnyView {
        let Self { id, user, created, used, ends, is_own } = self;
        let own = is_own.then(|| view! { <span class="mark on">"This browser"</span> });
        let short: String = id.chars().take(8).collect();
        let spoken = format!("End it: the session {short} of {user}");
        view! {
            <li class="row" id=format!("session-{short}")>
                <div class="what">
                    <p class="title">{user}{own}</p>
                    <p class="facts">
                        <code>{short.clone()}</code>" · since "{moment(created)}" · used "{moment(used)}" · ends "{moment(ends)}
                    </p>
                </div>
                <form class="do" method="post" action="/settings" id=format!("session-{short}-end")>
                    {hidden("view", view)}
                    {hidden("id", &id)}
                    <button class="button" name="do" value="session-end" aria-label=spoken>"End it"</button>
                </form>
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::words::Written;

    fn row(id: &str, is_own: bool) -> SessionRow {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        SessionRow {
            id: id.repeat(32),
            user: "ada".to_owned(),
            created: at(60),
            used: at(120),
            ends: at(180),
            is_own,
        }
    }

    #[test]
    fn a_session_can_be_ended_and_ones_own_is_marked() {
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

    #[test]
    fn a_person_has_a_password_and_a_program_has_none() {
        let account =
            Account { name: "<ada>".to_owned(), role: "viewer", is_person: true, ..Account::default() };
        let html = account.clone().view().html();
        for part in
            ["&lt;ada&gt;", "action=\"/api/logout\"", "target=\"_self\"", "name=\"old\"", "name=\"new\""]
        {
            assert!(html.contains(part), "{part}: {html}");
        }
        let html = Account { is_person: false, ..account }.view().html();
        assert!(!html.contains("<form"), "{html}");
    }
}
