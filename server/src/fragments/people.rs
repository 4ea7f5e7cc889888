//! Who may call: fills the views of people, tokens, sessions, and of one's own account.

use super::place::LogQuestion;
use super::{FragmentError, Place, Visit, audit, settings};
use crate::access::Enrolment;
use crate::ticker;
use app::fragments::{
    Account, People, PersonRow, Said, SecondFactor, SessionRow, Sessions, SettingsContent, SettingsPage,
    TokenRow, Tokens, Typed,
};
use watchglass_access::{Book, By, Role, Session, Standing};
use watchglass_model::Timestamp;

/// What came of something that is shown this once.
#[derive(Debug, Default)]
pub(super) enum Made {
    /// Nothing.
    #[default]
    Nothing,
    /// A token.
    Token(String),
    /// A secret that an app is to be told.
    Secret(Enrolment),
    /// The codes for when the app is lost.
    Codes(Vec<String>),
}

/// What is shown in a view beside what there is.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// What came of what was asked for.
    pub(super) said: Option<Said>,
    /// What was typed into a form, if it could not be used.
    pub(super) typed: Option<Typed>,
    /// Which part of the audit log is asked for.
    pub(super) log: LogQuestion,
    /// What was just made.
    pub(super) made: Made,
}

/// A view of the pages of settings as HTML.
///
/// # Errors
/// Who asks may not see it.
pub(super) fn render(visit: &Visit, place: Place, shown: Shown) -> Result<String, FragmentError> {
    let may_change = visit.may_change();
    if place.is_of_admins() && !may_change {
        return Err(FragmentError::Role);
    }
    let Shown { said, typed, log, made } = shown;
    let keeps = typed.is_some() || !matches!(made, Made::Nothing);
    let typed = typed.unwrap_or_default();
    let now = ticker::now();
    let content = match place {
        Place::Settings => SettingsContent::Settings(Box::new(settings::settings(&visit.core))),
        Place::Account => SettingsContent::Account(account(visit, typed, made, now)),
        Place::People => SettingsContent::People(people(visit, typed, now)),
        Place::Tokens => {
            let made = if let Made::Token(token) = made { Some(token) } else { None };
            SettingsContent::Tokens(Tokens { rows: tokens(visit, now), made, typed })
        }
        Place::Sessions => SettingsContent::Sessions(Sessions { rows: sessions(visit, None, now) }),
        Place::Audit => SettingsContent::Audit(audit::audit(visit, &log)),
    };
    Ok(app::fragments::settings(SettingsPage { said, keeps, may_change, content }))
}

fn account(visit: &Visit, typed: Typed, made: Made, now: Timestamp) -> Account {
    let pass = &visit.pass;
    let is_person = matches!(pass.by, By::Session(_));
    let sessions = if is_person { sessions(visit, Some(&pass.name), now) } else { Vec::new() };
    let factor = factor(visit, made, &typed);
    Account { name: pass.name.clone(), role: pass.role.name(), is_person, sessions, factor, typed }
}

/// How it is with the second factor of who looks; what was shown before its code was wrong is shown again.
fn factor(visit: &Visit, made: Made, typed: &Typed) -> SecondFactor {
    let name = &visit.pass.name;
    let known = visit.access.look_up(|book| {
        let factor = book.user(name).and_then(|user| user.factor.as_ref());
        factor.map(|factor| SecondFactor::On { since: factor.since(), left: factor.codes_left() })
    });
    match (known, made) {
        (_, Made::Codes(codes)) => SecondFactor::Made { codes },
        (Some(on), _) => on,
        (None, Made::Secret(Enrolment { groups, uri })) => SecondFactor::Begun { groups, uri },
        (None, _) => {
            let secret = typed.get("secret").and_then(|secret| Enrolment::again(secret, name));
            secret.map_or(SecondFactor::Off, |Enrolment { groups, uri }| SecondFactor::Begun { groups, uri })
        }
    }
}

fn people(visit: &Visit, typed: Typed, now: Timestamp) -> People {
    let is_person = matches!(visit.pass.by, By::Session(_));
    let rows = visit.access.look_up(|book| {
        let sessions = book.sessions(now);
        let row = |user: &watchglass_access::User| PersonRow {
            name: user.name.clone(),
            is_admin: user.role == Role::Admin,
            is_disabled: user.disabled,
            is_reader: is_person && user.name == visit.pass.name,
            created: user.created,
            sessions: sessions.iter().filter(|session| session.user == user.name).count(),
            has_factor: user.factor.is_some(),
        };
        book.users().map(row).collect()
    });
    People { rows, typed }
}

fn tokens(visit: &Visit, now: Timestamp) -> Vec<TokenRow> {
    let rows = |book: &Book| {
        let row = |token: &&watchglass_access::Token| TokenRow {
            id: token.digest.short(),
            name: token.name.clone(),
            role: token.role.name(),
            standing: token.standing(now).to_string(),
            is_good: token.standing(now) == Standing::Good,
            created: token.created,
            used: token.used,
            expires: token.expires,
        };
        book.tokens().iter().rev().map(row).collect()
    };
    visit.access.look_up(rows)
}

/// The sessions of a person, or of everybody; those that were used last first.
fn sessions(visit: &Visit, user: Option<&str>, now: Timestamp) -> Vec<SessionRow> {
    let row = |session: &Session| SessionRow {
        id: session.digest.to_string(),
        user: session.user.clone(),
        created: session.created,
        used: session.used,
        ends: session.ends(),
        is_own: visit.pass.by == By::Session(session.digest),
    };
    let mut rows: Vec<SessionRow> = visit.access.look_up(|book| {
        let sessions = book.sessions(now).into_iter();
        sessions.filter(|session| user.is_none_or(|user| session.user == user)).map(row).collect()
    });
    rows.sort_by(|one, two| two.used.cmp(&one.used).then_with(|| one.id.cmp(&two.id)));
    rows
}
