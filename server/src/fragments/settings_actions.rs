//! Form actions below `/settings`, and the response: the view that shows the result. All users may change their own account;
//! the rest is for administrators.

use super::form_fields::{FormError, FormFields};
use super::users::{OneTimeSecret, SettingsOutcome, render};
use super::{FormResponse, PageContext, SettingsTab};
use crate::access::{ChangeError, Enrolment, MAX_TOKEN_DAYS, UserChange};
use crate::clock;
use app::fragments::FlashMessage;
use axum::http::StatusCode;
use watchglass_auth::{AccountsError, Role};

/// Form action: the field `do`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SettingsAction {
    UserAdd,
    UserEnable,
    UserDisable,
    UserAdmin,
    UserViewer,
    UserPassword,
    TokenAdd,
    TokenRevoke,
    SessionRevoke,
    Password,
    SecondFactorBegin,
    SecondFactorEnable,
    SecondFactorDisable,
    UserSecondFactorRemove,
}

const ALL: [SettingsAction; 14] = [
    SettingsAction::UserAdd,
    SettingsAction::UserEnable,
    SettingsAction::UserDisable,
    SettingsAction::UserAdmin,
    SettingsAction::UserViewer,
    SettingsAction::UserPassword,
    SettingsAction::TokenAdd,
    SettingsAction::TokenRevoke,
    SettingsAction::SessionRevoke,
    SettingsAction::Password,
    SettingsAction::SecondFactorBegin,
    SettingsAction::SecondFactorEnable,
    SettingsAction::SecondFactorDisable,
    SettingsAction::UserSecondFactorRemove,
];

impl SettingsAction {
    /// Name in forms and URLs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::UserAdd => "user-add",
            Self::UserEnable => "user-enable",
            Self::UserDisable => "user-disable",
            Self::UserAdmin => "user-admin",
            Self::UserViewer => "user-viewer",
            Self::UserPassword => "user-password",
            Self::TokenAdd => "token-add",
            Self::TokenRevoke => "token-revoke",
            Self::SessionRevoke => "session-end",
            Self::Password => "password",
            Self::SecondFactorBegin => "factor-begin",
            Self::SecondFactorEnable => "factor-on",
            Self::SecondFactorDisable => "factor-off",
            Self::UserSecondFactorRemove => "user-factor-off",
        }
    }

    /// Action with that name.
    pub(super) fn from_name(word: &str) -> Option<Self> {
        ALL.into_iter().find(|one| one.name() == word)
    }

    /// Success message.
    pub(super) const fn success_message(self) -> &'static str {
        match self {
            Self::UserAdd => "User created.",
            Self::UserEnable => "User enabled.",
            Self::UserDisable => "User disabled and signed out everywhere.",
            Self::UserAdmin => "The user is now an admin and must sign in again.",
            Self::UserViewer => "The user is now a viewer and must sign in again.",
            Self::UserPassword => "Password set. The user was signed out everywhere.",
            Self::TokenAdd => "Token created.",
            Self::TokenRevoke => "Token revoked.",
            Self::SessionRevoke => "Session revoked.",
            Self::Password => "Password changed. Your other sessions were signed out.",
            Self::SecondFactorBegin => "Enter the code of your app to confirm.",
            Self::SecondFactorEnable => {
                "Two-factor authentication enabled. Your other sessions were signed out."
            }
            Self::SecondFactorDisable => "Two-factor authentication disabled.",
            Self::UserSecondFactorRemove => "Two-factor authentication removed for this user.",
        }
    }

    /// View of its form; a session can be revoked in two.
    const fn tab(self) -> SettingsTab {
        match self {
            Self::TokenAdd | Self::TokenRevoke => SettingsTab::Tokens,
            Self::SessionRevoke => SettingsTab::Sessions,
            Self::Password
            | Self::SecondFactorBegin
            | Self::SecondFactorEnable
            | Self::SecondFactorDisable => SettingsTab::Account,
            _ => SettingsTab::Users,
        }
    }

    /// Whether all users may run it, on their own account.
    const fn is_self_service(self) -> bool {
        matches!(
            self,
            Self::SessionRevoke
                | Self::Password
                | Self::SecondFactorBegin
                | Self::SecondFactorEnable
                | Self::SecondFactorDisable
        )
    }
}

/// Runs a form action. Blocks on the disk and on password hashing.
pub(crate) fn run_settings_action(context: &PageContext, fields: &FormFields) -> FormResponse {
    let default = if context.may_change() { SettingsTab::Users } else { SettingsTab::Account };
    let asked = SettingsTab::from_view(fields.get("view"))
        .filter(|place| context.may_change() || !place.is_admin_only());
    let Some(what) = SettingsAction::from_name(fields.get("do")) else {
        let shown: String = fields.get("do").chars().take(40).collect();
        let known = ALL.map(SettingsAction::name).join(", ");
        let refusal =
            FormError::invalid_field("do", &format!("unknown action {shown:?}: use one of {known}"));
        return error_response(context, fields, asked.unwrap_or(default), refusal);
    };
    if !context.may_change() && !what.is_self_service() {
        let text = "this action requires the admin role".to_owned();
        return error_response(
            context,
            fields,
            SettingsTab::Account,
            FormError::new(StatusCode::FORBIDDEN, text),
        );
    }
    let place = asked.unwrap_or(if context.may_change() { what.tab() } else { SettingsTab::Account });
    match run(context, what, fields) {
        Err(refusal) => error_response(context, fields, place, refusal),
        Ok(made) => {
            let said = Some(FlashMessage { text: what.success_message().to_owned(), is_success: true });
            // A secret that is shown once has no URL: a redirect would lose it.
            let go_on = matches!(made, OneTimeSecret::Nothing).then(|| place.url(Some(what)));
            view_response(
                context,
                StatusCode::OK,
                place,
                SettingsOutcome { flash: said, secret: made, ..SettingsOutcome::default() },
                go_on,
            )
        }
    }
}

/// Runs an action. Returns a secret to show once, if there is one.
fn run(context: &PageContext, what: SettingsAction, fields: &FormFields) -> Result<OneTimeSecret, FormError> {
    let (access, now) = (&context.state.access, clock::now());
    let name = fields.get("name");
    let password = |field: &str| fields.raw(field).to_owned();
    let change =
        |change: UserChange| access.change_user(&context.actor, name, change, now).map_err(form_error);
    let role = |role: Role| change(UserChange { role: Some(role), ..UserChange::default() });
    let switch = |disabled: bool| change(UserChange { disabled: Some(disabled), ..UserChange::default() });
    match what {
        SettingsAction::UserAdd => access
            .add_user(&context.actor, name, read_role(fields)?, password("password"), now)
            .map_err(form_error)?,
        SettingsAction::UserEnable => switch(false)?,
        SettingsAction::UserDisable => switch(true)?,
        SettingsAction::UserAdmin => role(Role::Admin)?,
        SettingsAction::UserViewer => role(Role::Viewer)?,
        SettingsAction::UserPassword => {
            change(UserChange { password: Some(password("password")), ..UserChange::default() })?;
        }
        SettingsAction::TokenAdd => {
            let days = read_days(fields.get("days"))?;
            let secret =
                access.add_token(&context.actor, name, read_role(fields)?, days, now).map_err(form_error)?;
            return Ok(OneTimeSecret::Token(secret.text()));
        }
        SettingsAction::TokenRevoke => {
            access.revoke_token(&context.actor, fields.get("id"), now).map_err(form_error)?
        }
        SettingsAction::SessionRevoke => {
            let only = (!context.may_change()).then_some(context.principal.name.as_str());
            access.end_session(&context.actor, fields.get("id"), only, now).map_err(form_error)?;
        }
        SettingsAction::Password => {
            let both = (password("old"), password("new"));
            access
                .change_own_password(&context.actor, &context.principal, both, context.client_address, now)
                .map_err(own_form_error)?;
        }
        SettingsAction::SecondFactorBegin => {
            context.actor.record_nothing();
            return Ok(OneTimeSecret::Enrolment(
                Enrolment::new(&context.principal.name).map_err(form_error)?,
            ));
        }
        SettingsAction::SecondFactorEnable => {
            let typed = (fields.get("secret"), fields.get("code"), password("password"));
            let codes = access.enable_second_factor(
                &context.actor,
                &context.principal,
                typed,
                context.client_address,
                now,
            );
            return Ok(OneTimeSecret::RecoveryCodes(codes.map_err(form_error)?));
        }
        SettingsAction::SecondFactorDisable => {
            let typed = (fields.get("code"), password("password"));
            access
                .disable_second_factor(&context.actor, &context.principal, typed, context.client_address, now)
                .map_err(form_error)?;
        }
        SettingsAction::UserSecondFactorRemove => {
            change(UserChange { remove_second_factor: true, ..UserChange::default() })?
        }
    }
    Ok(OneTimeSecret::Nothing)
}

fn read_role(fields: &FormFields) -> Result<Role, FormError> {
    fields.get("role").parse().map_err(|error: watchglass_auth::RoleError| {
        let shown: String = error.0.chars().take(40).collect();
        FormError::invalid_field("role", &watchglass_auth::RoleError(shown).to_string())
    })
}

/// Lifetime of a token in days; `None` if it never expires.
fn read_days(text: &str) -> Result<Option<u32>, FormError> {
    if text.is_empty() {
        return Ok(None);
    }
    let days = text.parse().ok().filter(|days| (1..=MAX_TOKEN_DAYS).contains(days));
    let wrong = || {
        FormError::invalid_field(
            "days",
            &format!("must be a whole number from 1 to {MAX_TOKEN_DAYS}, or empty"),
        )
    };
    days.map(Some).ok_or_else(wrong)
}

fn form_error(error: ChangeError) -> FormError {
    let field = match &error {
        ChangeError::Password(_) | ChangeError::WrongPassword => Some("password"),
        ChangeError::CodeMismatch | ChangeError::WrongCode => Some("code"),
        ChangeError::Access(crate::access::AccessError::Accounts(accounts)) => match accounts {
            AccountsError::Name(_) | AccountsError::UserExists(_) => Some("name"),
            AccountsError::IngestUser => Some("role"),
            _ => None,
        },
        _ => None,
    };
    let refusal = FormError::new(error.status_and_code().0, error.user_message());
    FormError { field, ..refusal }
}

/// Error of a change of the own password.
fn own_form_error(error: ChangeError) -> FormError {
    let field = match &error {
        ChangeError::Password(_) => Some("new"),
        ChangeError::WrongPassword => Some("old"),
        _ => None,
    };
    FormError { field, ..form_error(error) }
}

/// Response with the error; the form values stay, except passwords.
fn error_response(
    context: &PageContext,
    fields: &FormFields,
    place: SettingsTab,
    refusal: FormError,
) -> FormResponse {
    let FormError { status, message: text, field } = refusal;
    let said = Some(FlashMessage { text: format!("Error: {text}"), is_success: false });
    view_response(
        context,
        status,
        place,
        SettingsOutcome {
            flash: said,
            form_values: Some(fields.to_values(field)),
            ..SettingsOutcome::default()
        },
        None,
    )
}

fn view_response(
    context: &PageContext,
    status: StatusCode,
    place: SettingsTab,
    shown: SettingsOutcome,
    go_on: Option<String>,
) -> FormResponse {
    // The permission for the view was checked above.
    let html = render(context, place, shown).unwrap_or_default();
    FormResponse { status, html, location: place.url(None), redirect_to: go_on }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_names_are_parsed_back() {
        for one in ALL {
            assert_eq!(SettingsAction::from_name(one.name()), Some(one));
            assert!(one.success_message().ends_with('.'), "{one:?}");
            assert!(one.is_self_service() || one.tab().is_admin_only(), "{one:?}");
        }
        assert_eq!(SettingsAction::from_name("nothing"), None);
    }

    #[test]
    fn days_are_a_number_or_empty() {
        for (text, expected) in [("", Some(None)), ("1", Some(Some(1))), ("3650", Some(Some(3650)))] {
            assert_eq!(read_days(text).ok(), expected, "{text}");
        }
        for text in ["0", "3651", "-1", "1.5", "x", "99999999999999"] {
            assert_eq!(read_days(text).unwrap_err().field, Some("days"), "{text}");
        }
    }
}
