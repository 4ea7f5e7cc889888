//! View models below `/settings` and their form actions: settings, account, users, tokens, sessions and audit log.

mod actions;
mod audit;
mod effective;

pub(crate) use actions::run_settings_action;
pub(crate) use audit::AuditLogQuery;

use super::FragmentError;
use crate::access::Enrolment;
use crate::clock;
use crate::web::PageContext;
use watchglass_auth::{Accounts, Credential, Role, Session, TokenState};
use watchglass_model::Timestamp;
use watchglass_pages::settings::{
    Account, SecondFactor, SessionRow, Sessions, SettingsContent, SettingsPage, SettingsTab, TokenRow,
    Tokens, UserRow, Users,
};
use watchglass_pages::ui::{FlashMessage, FormValues};

/// Result of an action that is shown only once.
#[derive(Debug, Default)]
pub(super) enum OneTimeSecret {
    #[default]
    Nothing,
    /// New API token.
    Token(String),
    /// Key for the authenticator app.
    Enrolment(Enrolment),
    /// Recovery codes.
    RecoveryCodes(Vec<String>),
}

/// Outcome of a form action, shown in the view.
#[derive(Debug, Default)]
pub(super) struct SettingsOutcome {
    /// Success or error message.
    pub(super) flash: Option<FlashMessage>,
    /// Submitted form values, if the form was invalid.
    pub(super) form_values: Option<FormValues>,
    /// Filter and page of the audit log.
    pub(super) audit_query: AuditLogQuery,
    /// Secret to show once.
    pub(super) secret: OneTimeSecret,
}

/// Renders a view below `/settings`.
///
/// # Errors
/// The user lacks the permission.
pub(super) fn render(
    context: &PageContext,
    place: SettingsTab,
    shown: SettingsOutcome,
) -> Result<String, FragmentError> {
    let may_change = context.may_change();
    if place.is_admin_only() && !may_change {
        return Err(FragmentError::Forbidden);
    }
    let SettingsOutcome { flash: said, form_values: typed, audit_query: log, secret: made } = shown;
    let keeps = typed.is_some() || !matches!(made, OneTimeSecret::Nothing);
    let typed = typed.unwrap_or_default();
    let now = clock::now();
    let content = match place {
        SettingsTab::Settings => SettingsContent::Settings(Box::new(effective::settings(&context.state))),
        SettingsTab::Account => SettingsContent::Account(account(context, typed, made, now)),
        SettingsTab::Users => SettingsContent::Users(users(context, typed, now)),
        SettingsTab::Tokens => {
            let made = if let OneTimeSecret::Token(token) = made { Some(token) } else { None };
            SettingsContent::Tokens(Tokens {
                rows: tokens(context, now),
                created_token: made,
                form_values: typed,
            })
        }
        SettingsTab::Sessions => SettingsContent::Sessions(Sessions { rows: sessions(context, None, now) }),
        SettingsTab::Audit => SettingsContent::Audit(audit::audit(context, &log)),
    };
    Ok(watchglass_pages::settings::render(SettingsPage {
        flash: said,
        keep_on_refresh: keeps,
        may_change,
        content,
    }))
}

fn account(context: &PageContext, typed: FormValues, made: OneTimeSecret, now: Timestamp) -> Account {
    let pass = &context.principal;
    let is_person = matches!(pass.credential, Credential::Session(_));
    let sessions = if is_person { sessions(context, Some(&pass.name), now) } else { Vec::new() };
    let factor = second_factor(context, made, &typed);
    Account {
        name: pass.name.clone(),
        role: pass.role.name(),
        is_user: is_person,
        sessions,
        second_factor: factor,
        form_values: typed,
    }
}

/// State of the user's two-factor authentication. After a wrong code, the same enrolment is shown again.
fn second_factor(context: &PageContext, made: OneTimeSecret, typed: &FormValues) -> SecondFactor {
    let name = &context.principal.name;
    let known = context.state.access.with_accounts(|accounts| {
        let factor = accounts.user(name).and_then(|user| user.second_factor.as_ref());
        factor.map(|factor| SecondFactor::Enabled {
            since: factor.enrolled_at(),
            left: factor.recovery_codes_left(),
        })
    });
    match (known, made) {
        (_, OneTimeSecret::RecoveryCodes(codes)) => SecondFactor::JustEnabled { codes },
        (Some(on), _) => on,
        (None, OneTimeSecret::Enrolment(Enrolment { groups, uri })) => {
            SecondFactor::Enrolling { groups, uri }
        }
        (None, _) => {
            let secret = typed.get("secret").and_then(|secret| Enrolment::resume(secret, name));
            secret.map_or(SecondFactor::Disabled, |Enrolment { groups, uri }| SecondFactor::Enrolling {
                groups,
                uri,
            })
        }
    }
}

fn users(context: &PageContext, typed: FormValues, now: Timestamp) -> Users {
    let is_person = matches!(context.principal.credential, Credential::Session(_));
    let rows = context.state.access.with_accounts(|accounts| {
        let sessions = accounts.sessions(now);
        let row = |user: &watchglass_auth::User| UserRow {
            name: user.name.clone(),
            is_admin: user.role == Role::Admin,
            is_disabled: user.disabled,
            is_current_user: is_person && user.name == context.principal.name,
            created: user.created,
            sessions: sessions.iter().filter(|session| session.user == user.name).count(),
            has_second_factor: user.second_factor.is_some(),
        };
        accounts.users().map(row).collect()
    });
    Users { rows, form_values: typed }
}

fn tokens(context: &PageContext, now: Timestamp) -> Vec<TokenRow> {
    let rows = |accounts: &Accounts| {
        let row = |token: &&watchglass_auth::Token| TokenRow {
            id: token.digest.short(),
            name: token.name.clone(),
            role: token.role.name(),
            status: token.state(now).to_string(),
            is_valid: token.state(now) == TokenState::Active,
            created: token.created,
            last_used: token.used,
            expires: token.expires,
        };
        accounts.tokens().iter().rev().map(row).collect()
    };
    context.state.access.with_accounts(rows)
}

/// Sessions of one user or of all, the most recently used first.
fn sessions(context: &PageContext, user: Option<&str>, now: Timestamp) -> Vec<SessionRow> {
    let row = |session: &Session| SessionRow {
        id: session.digest.to_string(),
        user: session.user.clone(),
        created: session.created,
        last_used: session.used,
        expires: session.expires_at(),
        is_current: context.principal.credential == Credential::Session(session.digest),
    };
    let mut rows: Vec<SessionRow> = context.state.access.with_accounts(|accounts| {
        let sessions = accounts.sessions(now).into_iter();
        sessions.filter(|session| user.is_none_or(|user| session.user == user)).map(row).collect()
    });
    rows.sort_by(|one, two| two.last_used.cmp(&one.last_used).then_with(|| one.id.cmp(&two.id)));
    rows
}
