//! Users, tokens and sessions.

use crate::{
    AccountsError, AuthError, Digest, PasswordHash, Permission, Role, Secret, Session, Token, TokenState,
    User, check_token_name, normalise_user_name,
};
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// Maximum users, and maximum tokens, including expired and revoked ones that are still listed.
pub(crate) const MAX_ENTRIES: usize = 1000;
/// Maximum sessions of a user. One more revokes the least recently used one.
pub(crate) const MAX_SESSIONS: usize = 20;
/// Resolution of last-used times, to limit disk writes.
const USE_INTERVAL: Duration = Duration::from_secs(60);

/// All users, tokens and sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) tokens: BTreeMap<Digest, Token>,
    pub(crate) sessions: BTreeMap<Digest, Session>,
    /// Tombstones of revoked sessions, with the time until which other servers may need them.
    pub(crate) revoked: BTreeMap<Digest, Timestamp>,
}

/// Credential of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// API token.
    Token(Digest),
    /// Session.
    Session(Digest),
}

/// Authenticated principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Role.
    pub role: Role,
    /// Name of the user or token.
    pub name: String,
    /// Credential it was authenticated by.
    pub credential: Credential,
}

impl Accounts {
    /// Users, by name.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// Tokens, oldest first.
    pub fn tokens(&self) -> Vec<&Token> {
        let mut tokens: Vec<&Token> = self.tokens.values().collect();
        tokens.sort_by_key(|token| token.created);
        tokens
    }

    /// Active sessions, oldest first.
    pub fn sessions(&self, now: Timestamp) -> Vec<&Session> {
        let mut sessions: Vec<&Session> =
            self.sessions.values().filter(|found| !found.is_expired(now)).collect();
        sessions.sort_by_key(|session| session.created);
        sessions
    }

    /// Enabled user of this name, in any case.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.get(&normalise_user_name(name).ok()?).filter(|user| !user.disabled)
    }

    /// Adds a user.
    ///
    /// # Errors
    /// See [`AccountsError`].
    pub fn add_user(
        &mut self,
        name: &str,
        role: Role,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        let name = normalise_user_name(name)?;
        if role == Role::Ingest {
            return Err(AccountsError::IngestUser);
        }
        if self.users.contains_key(&name) {
            return Err(AccountsError::UserExists(name));
        }
        if self.users.len() >= MAX_ENTRIES {
            return Err(AccountsError::LimitReached("users"));
        }
        let user = User {
            name: name.clone(),
            role,
            password,
            created: now,
            disabled: false,
            changed: None,
            second_factor: None,
        };
        self.users.insert(name, user);
        Ok(())
    }

    /// Sets a user's password and revokes their sessions.
    ///
    /// # Errors
    /// The user does not exist.
    pub fn set_password(
        &mut self,
        name: &str,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        self.change_password(name, password, None, now)
    }

    /// Disables or enables a user. Disabling revokes their sessions.
    ///
    /// # Errors
    /// The user does not exist or is the last administrator.
    pub fn set_disabled(&mut self, name: &str, disabled: bool, now: Timestamp) -> Result<(), AccountsError> {
        let name = normalise_user_name(name)?;
        let is_last = self.is_last_administrator(&name);
        let user = self.users.get_mut(&name).ok_or_else(|| AccountsError::UnknownUser(name.clone()))?;
        if disabled && is_last {
            return Err(AccountsError::LastAdministrator(name));
        }
        if user.disabled != disabled {
            user.disabled = disabled;
            user.changed = Some(now);
        }
        if disabled {
            self.revoke_sessions(&name, None);
        }
        Ok(())
    }

    /// Adds a token.
    ///
    /// # Errors
    /// The name is invalid, or there are 1,000 tokens.
    pub fn add_token(
        &mut self,
        name: &str,
        role: Role,
        expires: Option<Timestamp>,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        check_token_name(name)?;
        if self.tokens.len() >= MAX_ENTRIES {
            return Err(AccountsError::LimitReached("tokens"));
        }
        let (name, digest) = (name.to_owned(), secret.digest());
        let token = Token { name, role, digest, created: now, used: None, expires, revoked: None };
        self.tokens.insert(digest, token);
        Ok(())
    }

    /// Revokes the active token of this name or id.
    ///
    /// # Errors
    /// No active token matches, or several have the name.
    pub fn revoke_token(&mut self, which: &str, now: Timestamp) -> Result<(), AccountsError> {
        let active = self.tokens.values().filter(|token| token.state(now) == TokenState::Active);
        let found: Vec<Digest> = active
            .filter(|token| token.name == which || token.digest.short() == which)
            .map(|token| token.digest)
            .collect();
        let [digest] = found.as_slice() else {
            let name = which.to_owned();
            return Err(match found.len() {
                0 => AccountsError::UnknownToken(name),
                count => AccountsError::AmbiguousToken { name, count },
            });
        };
        if let Some(token) = self.tokens.get_mut(digest) {
            token.revoked = Some(now);
        }
        Ok(())
    }

    /// Starts a session of an authenticated user (including their second factor, if any). Revokes the previous session of the
    /// browser.
    ///
    /// # Errors
    /// The user does not exist or is disabled.
    pub fn sign_in(
        &mut self,
        name: &str,
        secret: &Secret,
        before: Option<Digest>,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        let user = self.user(name).ok_or_else(|| AccountsError::UnknownUser(name.to_owned()))?.name.clone();
        if let Some(before) = before {
            self.revoke(before);
        }
        self.remove_expired(now);
        self.limit_sessions(&user, MAX_SESSIONS - 1);
        let digest = secret.digest();
        self.revoked.remove(&digest);
        let second = self.users.get(&user).is_some_and(|user| user.second_factor.is_some());
        self.sessions
            .insert(digest, Session { digest, user, created: now, used: now, second_factor: second });
        Ok(())
    }

    /// Revokes a session; returns whether it existed.
    pub fn sign_out(&mut self, session: Digest) -> bool {
        self.revoke(session)
    }

    /// Authenticates a credential.
    ///
    /// # Errors
    /// The credential is unknown, expired or revoked.
    pub fn authenticate(&self, by: Credential, now: Timestamp) -> Result<Principal, AuthError> {
        match by {
            Credential::Token(digest) => {
                let token = self.tokens.get(&digest).ok_or(AuthError::UnknownToken)?;
                match token.state(now) {
                    TokenState::Active => {
                        Ok(Principal { role: token.role, name: token.name.clone(), credential: by })
                    }
                    TokenState::Expired(_) => Err(AuthError::Expired),
                    TokenState::Revoked(_) => Err(AuthError::Revoked),
                }
            }
            Credential::Session(digest) => {
                let session = self.sessions.get(&digest).filter(|session| !session.is_expired(now));
                let user = session.and_then(|session| {
                    self.user(&session.user)
                        .filter(|user| session.second_factor || user.second_factor.is_none())
                });
                let user = user.ok_or(AuthError::SessionExpired)?;
                Ok(Principal { role: user.role, name: user.name.clone(), credential: by })
            }
        }
    }

    /// Updates the last-used time; returns whether it changed.
    pub fn record_use(&mut self, by: Credential, now: Timestamp) -> bool {
        let used = match by {
            Credential::Token(digest) => {
                self.tokens.get_mut(&digest).map(|token| token.used.get_or_insert_default())
            }
            Credential::Session(digest) => self.sessions.get_mut(&digest).map(|session| &mut session.used),
        };
        let Some(used) = used.filter(|used| **used + USE_INTERVAL <= now) else { return false };
        *used = now;
        true
    }

    /// Merges later last-used times of `other`: the in-memory state of the server while a command changed the file.
    pub fn merge_last_used(&mut self, other: &Self) {
        for (digest, token) in &mut self.tokens {
            token.used = token.used.max(other.tokens.get(digest).and_then(|other| other.used));
        }
        for (digest, session) in &mut self.sessions {
            if let Some(other) = other.sessions.get(digest) {
                session.used = session.used.max(other.used);
            }
        }
    }

    /// Removes expired sessions, expired tombstones, and tokens that expired or were revoked more than 30 days ago.
    pub fn remove_expired(&mut self, now: Timestamp) {
        self.sessions.retain(|_, session| !session.is_expired(now));
        self.revoked.retain(|_, until| *until > now);
        self.tokens.retain(|_, token| !token.is_removable(now));
    }
}

impl Principal {
    /// Whether the principal has a permission.
    pub fn allows(&self, permission: Permission) -> bool {
        self.role.allows(permission)
    }
}
