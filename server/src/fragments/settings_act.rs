//! What the forms below `/settings` ask for: done, and answered with the view that shows it. Everybody may change what is
//! their own; the rest is for administrators.

use super::fields::{Fields, Refusal};
use super::people::{Made, Shown, render};
use super::{Answer, Place, Visit};
use crate::access::{ChangeError, Enrolment, MOST_DAYS, UserChange};
use crate::ticker;
use app::fragments::Said;
use axum::http::StatusCode;
use watchglass_access::{BookError, Role};

/// What a form can ask for: the field `do`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Do {
    UserAdd,
    UserEnable,
    UserDisable,
    UserAdmin,
    UserViewer,
    UserPassword,
    TokenAdd,
    TokenRevoke,
    SessionEnd,
    Password,
    FactorBegin,
    FactorOn,
    FactorOff,
    UserFactorOff,
}

const ALL: [Do; 14] = [
    Do::UserAdd,
    Do::UserEnable,
    Do::UserDisable,
    Do::UserAdmin,
    Do::UserViewer,
    Do::UserPassword,
    Do::TokenAdd,
    Do::TokenRevoke,
    Do::SessionEnd,
    Do::Password,
    Do::FactorBegin,
    Do::FactorOn,
    Do::FactorOff,
    Do::UserFactorOff,
];

impl Do {
    /// Its word in a form and in an address.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::UserAdd => "user-add",
            Self::UserEnable => "user-enable",
            Self::UserDisable => "user-disable",
            Self::UserAdmin => "user-admin",
            Self::UserViewer => "user-viewer",
            Self::UserPassword => "user-password",
            Self::TokenAdd => "token-add",
            Self::TokenRevoke => "token-revoke",
            Self::SessionEnd => "session-end",
            Self::Password => "password",
            Self::FactorBegin => "factor-begin",
            Self::FactorOn => "factor-on",
            Self::FactorOff => "factor-off",
            Self::UserFactorOff => "user-factor-off",
        }
    }

    /// What has that word.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        ALL.into_iter().find(|one| one.word() == word)
    }

    /// What is said once it is done.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::UserAdd => "The person can sign in from now on.",
            Self::UserEnable => "The person can sign in again.",
            Self::UserDisable => "The person cannot sign in any more, and is signed out everywhere.",
            Self::UserAdmin => "The person is an administrator from now on, and has to sign in again.",
            Self::UserViewer => "The person is a viewer from now on, and has to sign in again.",
            Self::UserPassword => "The person has a new password, and is signed out everywhere.",
            Self::TokenAdd => "The token is made.",
            Self::TokenRevoke => "The token is good no more.",
            Self::SessionEnd => "The session has ended.",
            Self::Password => "You have a new password; your other sessions have ended.",
            Self::FactorBegin => {
                "Nothing is changed yet: tell your app the secret, and type the code that it shows."
            }
            Self::FactorOn => "The second factor is on; your other sessions have ended.",
            Self::FactorOff => "The second factor is off: your password is enough from now on.",
            Self::UserFactorOff => {
                "The second factor is removed: the person's password is enough from now on."
            }
        }
    }

    /// The view that its form is in; of a session there are two.
    const fn place(self) -> Place {
        match self {
            Self::TokenAdd | Self::TokenRevoke => Place::Tokens,
            Self::SessionEnd => Place::Sessions,
            Self::Password | Self::FactorBegin | Self::FactorOn | Self::FactorOff => Place::Account,
            _ => Place::People,
        }
    }

    /// Whether everybody may: with what is their own.
    const fn is_own(self) -> bool {
        matches!(
            self,
            Self::SessionEnd | Self::Password | Self::FactorBegin | Self::FactorOn | Self::FactorOff
        )
    }
}

/// Does what a form asks for. Blocks for the disk, and for the turn of a password to be hashed.
pub(crate) fn act_settings(visit: &Visit, fields: &Fields) -> Answer {
    let usual = if visit.may_change() { Place::People } else { Place::Account };
    let asked =
        Place::from_view(fields.get("view")).filter(|place| visit.may_change() || !place.is_of_admins());
    let Some(what) = Do::from_word(fields.get("do")) else {
        let shown: String = fields.get("do").chars().take(40).collect();
        let known = ALL.map(Do::word).join(", ");
        let refusal =
            Refusal::field("do", &format!("{shown:?} is nothing that can be done: there are {known}"));
        return refused(visit, fields, asked.unwrap_or(usual), refusal);
    };
    if !visit.may_change() && !what.is_own() {
        let text = "this needs the role admin: ask an administrator".to_owned();
        return refused(visit, fields, Place::Account, Refusal::new(StatusCode::FORBIDDEN, text));
    }
    let place = asked.unwrap_or(if visit.may_change() { what.place() } else { Place::Account });
    match carry_out(visit, what, fields) {
        Err(refusal) => refused(visit, fields, place, refusal),
        Ok(made) => {
            let said = Some(Said { text: what.sentence().to_owned(), is_good: true });
            // What is shown once must not be gone before it was read, and has no address.
            let go_on = matches!(made, Made::Nothing).then(|| place.address(Some(what)));
            answer(visit, StatusCode::OK, place, Shown { said, made, ..Shown::default() }, go_on)
        }
    }
}

/// Does it. Gives what is to be shown this once, if there is something.
fn carry_out(visit: &Visit, what: Do, fields: &Fields) -> Result<Made, Refusal> {
    let (access, now) = (&visit.access, ticker::now());
    let name = fields.get("name");
    let password = |field: &str| fields.untrimmed(field).to_owned();
    let change = |change: UserChange| access.change_user(&visit.actor, name, change, now).map_err(refusal);
    let role = |role: Role| change(UserChange { role: Some(role), ..UserChange::default() });
    let switch = |disabled: bool| change(UserChange { disabled: Some(disabled), ..UserChange::default() });
    match what {
        Do::UserAdd => access
            .add_user(&visit.actor, name, read_role(fields)?, password("password"), now)
            .map_err(refusal)?,
        Do::UserEnable => switch(false)?,
        Do::UserDisable => switch(true)?,
        Do::UserAdmin => role(Role::Admin)?,
        Do::UserViewer => role(Role::Viewer)?,
        Do::UserPassword => {
            change(UserChange { password: Some(password("password")), ..UserChange::default() })?;
        }
        Do::TokenAdd => {
            let days = read_days(fields.get("days"))?;
            let secret =
                access.add_token(&visit.actor, name, read_role(fields)?, days, now).map_err(refusal)?;
            return Ok(Made::Token(secret.text()));
        }
        Do::TokenRevoke => access.revoke_token(&visit.actor, fields.get("id"), now).map_err(refusal)?,
        Do::SessionEnd => {
            let only = (!visit.may_change()).then_some(visit.pass.name.as_str());
            access.end_session(&visit.actor, fields.get("id"), only, now).map_err(refusal)?;
        }
        Do::Password => {
            let both = (password("old"), password("new"));
            access
                .change_own_password(&visit.actor, &visit.pass, both, visit.address, now)
                .map_err(own_refusal)?;
        }
        Do::FactorBegin => {
            visit.actor.note_nothing();
            return Ok(Made::Secret(Enrolment::new(&visit.pass.name).map_err(refusal)?));
        }
        Do::FactorOn => {
            let typed = (fields.get("secret"), fields.get("code"), password("password"));
            let codes = access.begin_factor(&visit.actor, &visit.pass, typed, visit.address, now);
            return Ok(Made::Codes(codes.map_err(refusal)?));
        }
        Do::FactorOff => {
            let typed = (fields.get("code"), password("password"));
            access.end_factor(&visit.actor, &visit.pass, typed, visit.address, now).map_err(refusal)?;
        }
        Do::UserFactorOff => change(UserChange { is_factor_off: true, ..UserChange::default() })?,
    }
    Ok(Made::Nothing)
}

fn read_role(fields: &Fields) -> Result<Role, Refusal> {
    fields.get("role").parse().map_err(|error: watchglass_access::RoleError| {
        let shown: String = error.0.chars().take(40).collect();
        Refusal::field("role", &watchglass_access::RoleError(shown).to_string())
    })
}

/// How long a token is good; nothing where it is until somebody takes it back.
fn read_days(text: &str) -> Result<Option<u32>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let days = text.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    let wrong =
        || Refusal::field("days", &format!("it must be a whole number from 1 to {MOST_DAYS}, or empty"));
    days.map(Some).ok_or_else(wrong)
}

fn refusal(error: ChangeError) -> Refusal {
    let field = match &error {
        ChangeError::Password(_) | ChangeError::Wrong => Some("password"),
        ChangeError::NoCode | ChangeError::WrongCode => Some("code"),
        ChangeError::Access(crate::access::AccessError::Book(book)) => match book {
            BookError::Name(_) | BookError::Taken(_) => Some("name"),
            BookError::IngestUser => Some("role"),
            _ => None,
        },
        _ => None,
    };
    let refusal = Refusal::new(error.answer().0, error.said());
    Refusal { field, ..refusal }
}

/// The same, of one's own password.
fn own_refusal(error: ChangeError) -> Refusal {
    let field = match &error {
        ChangeError::Password(_) => Some("new"),
        ChangeError::Wrong => Some("old"),
        _ => None,
    };
    Refusal { field, ..refusal(error) }
}

/// Says why it is not done; what was typed stays, but for passwords.
fn refused(visit: &Visit, fields: &Fields, place: Place, refusal: Refusal) -> Answer {
    let Refusal { status, text, field } = refusal;
    let said = Some(Said { text: format!("Not done: {text}"), is_good: false });
    answer(visit, status, place, Shown { said, typed: Some(fields.typed(field)), ..Shown::default() }, None)
}

fn answer(visit: &Visit, status: StatusCode, place: Place, shown: Shown, go_on: Option<String>) -> Answer {
    // Which views can be shown to whom is decided above.
    let html = render(visit, place, shown).unwrap_or_default();
    Answer { status, html, address: place.address(None), go_on }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_word() {
        for one in ALL {
            assert_eq!(Do::from_word(one.word()), Some(one));
            assert!(one.sentence().ends_with('.'), "{one:?}");
            assert!(one.is_own() || one.place().is_of_admins(), "{one:?}");
        }
        assert_eq!(Do::from_word("nothing"), None);
    }

    #[test]
    fn days_are_a_number_or_none() {
        for (text, expected) in [("", Some(None)), ("1", Some(Some(1))), ("3650", Some(Some(3650)))] {
            assert_eq!(read_days(text).ok(), expected, "{text}");
        }
        for text in ["0", "3651", "-1", "1.5", "x", "99999999999999"] {
            assert_eq!(read_days(text).unwrap_err().field, Some("days"), "{text}");
        }
    }
}
