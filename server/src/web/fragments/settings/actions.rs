//! Form actions below `/settings`, and the response: the view that shows the result. All users may change their own account;
//! the rest is for administrators.

use super::{OneTimeSecret, SettingsOutcome, render};
use crate::audit::Actor;
use crate::clock;
use crate::services::{
    AccountError, MAX_TOKEN_DAYS, OwnAccountService, SessionService, TokenService, UserChange, UserService,
};
use crate::web::PageContext;
use crate::web::fragments::form::{FormError, FormResponse};
use axum::http::StatusCode;
use watchglass_auth::{Permission, Role};
use watchglass_pages::settings::{SettingsAction, SettingsTab};
use watchglass_pages::ui::{FlashMessage, FormFields};

/// Runs a form action. Blocks on the disk and on password hashing.
pub(crate) fn run_settings_action(context: &PageContext, fields: &FormFields) -> FormResponse {
    let default = if context.may_change() { SettingsTab::Users } else { SettingsTab::Account };
    let asked = SettingsTab::from_view(fields.get("view"))
        .filter(|place| context.may_change() || !place.is_admin_only());
    let Some(what) = SettingsAction::from_name(fields.get("do")) else {
        let shown: String = fields.get("do").chars().take(40).collect();
        let known = SettingsAction::ALL.map(SettingsAction::name).join(", ");
        let refusal =
            FormError::invalid_field("do", &format!("unknown action {shown:?}: use one of {known}"));
        return error_response(context, fields, asked.unwrap_or(default), refusal);
    };
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
    let (state, actor, now) = (&context.state, &context.actor, clock::now());
    let (users, tokens): (UserService, TokenService) = (state.service(), state.service());
    let (sessions, account): (SessionService, OwnAccountService) = (state.service(), state.service());
    let name = fields.get("name");
    let password = |field: &str| fields.raw(field).to_owned();
    let change = |change: UserChange| users.change(actor, name, change, now);
    let role = |role: Role| change(UserChange { role: Some(role), ..UserChange::default() });
    let switch = |disabled: bool| change(UserChange { disabled: Some(disabled), ..UserChange::default() });
    let done = match what {
        SettingsAction::UserAdd => {
            users.add(actor, name, read_role(actor, fields)?, password("password"), now)
        }
        SettingsAction::UserEnable => switch(false),
        SettingsAction::UserDisable => switch(true),
        SettingsAction::UserAdmin => role(Role::Admin),
        SettingsAction::UserViewer => role(Role::Viewer),
        SettingsAction::UserPassword => {
            change(UserChange { password: Some(password("password")), ..UserChange::default() })
        }
        SettingsAction::UserSecondFactorRemove => {
            change(UserChange { remove_second_factor: true, ..UserChange::default() })
        }
        SettingsAction::TokenAdd => {
            let (role, days) = (read_role(actor, fields)?, read_days(fields.get("days"))?);
            let created = tokens.create(actor, name, role, days, now);
            return created
                .map(|secret| OneTimeSecret::Token(secret.text()))
                .map_err(|error| form_error(&error));
        }
        SettingsAction::TokenRevoke => tokens.revoke(actor, fields.get("id"), now),
        SettingsAction::SessionRevoke => sessions.end(actor, fields.get("id"), now),
        SettingsAction::Password => {
            let changed = account.change_password(actor, (password("old"), password("new")), now);
            return changed.map(|()| OneTimeSecret::Nothing).map_err(|error| own_password_error(&error));
        }
        SettingsAction::SecondFactorBegin => {
            let begun = account.begin_second_factor(actor);
            return begun.map(OneTimeSecret::Enrolment).map_err(|error| form_error(&error));
        }
        SettingsAction::SecondFactorEnable => {
            let typed = (fields.get("secret"), fields.get("code"), password("password"));
            let enabled = account.enable_second_factor(actor, typed, now);
            return enabled.map(OneTimeSecret::RecoveryCodes).map_err(|error| form_error(&error));
        }
        SettingsAction::SecondFactorDisable => {
            account.disable_second_factor(actor, (fields.get("code"), password("password")), now)
        }
    };
    done.map(|()| OneTimeSecret::Nothing).map_err(|error| form_error(&error))
}

/// Role in the form. The permission comes first: what else is invalid does not help those who may not do it.
fn read_role(actor: &Actor, fields: &FormFields) -> Result<Role, FormError> {
    actor.require(Permission::Admin).map_err(|error| FormError::of(&error, |_| None))?;
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

fn form_error(error: &AccountError) -> FormError {
    FormError::of(error, |field| {
        ["password", "code", "name", "role", "days"].into_iter().find(|name| *name == field)
    })
}

/// Error of a change of the own password, whose form has two passwords.
fn own_password_error(error: &AccountError) -> FormError {
    FormError::of(error, |_| match error {
        AccountError::Password(_) => Some("new"),
        AccountError::WrongPassword => Some("old"),
        _ => None,
    })
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
    fn days_are_a_number_or_empty() {
        for (text, expected) in [("", Some(None)), ("1", Some(Some(1))), ("3650", Some(Some(3650)))] {
            assert_eq!(read_days(text).ok(), expected, "{text}");
        }
        for text in ["0", "3651", "-1", "1.5", "x", "99999999999999"] {
            assert_eq!(read_days(text).unwrap_err().field, Some("days"), "{text}");
        }
    }
}
