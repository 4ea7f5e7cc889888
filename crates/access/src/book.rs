//! Who there is: people, tokens and sessions, and what is asked of them.

use crate::{
    BookError, Digest, Door, PasswordHash, Refusal, Role, Secret, Session, Standing, Token, User,
    check_token_name, user_name,
};
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// The most people, and the most tokens that are good or remembered.
pub(crate) const MOST: usize = 1000;
/// The most sessions of one person. With one more, the one that was used the longest time ago ends.
pub(crate) const MOST_SESSIONS: usize = 20;
/// Uses are noted to the minute: more often they would only wear out the disk.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// Everybody who may do anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) tokens: BTreeMap<Digest, Token>,
    pub(crate) sessions: BTreeMap<Digest, Session>,
    /// Sessions that were ended, and until when other servers may have to be told.
    pub(crate) ended: BTreeMap<Digest, Timestamp>,
}

/// How somebody has proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// With a token.
    Token(Digest),
    /// With a session.
    Session(Digest),
}

/// Somebody who has proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// What they are.
    pub role: Role,
    /// Of the person, or of the token.
    pub name: String,
    /// By what they have proved it.
    pub by: By,
}

impl Book {
    /// The people, by name.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// The tokens, the oldest first.
    pub fn tokens(&self) -> Vec<&Token> {
        let mut tokens: Vec<&Token> = self.tokens.values().collect();
        tokens.sort_by_key(|token| token.created);
        tokens
    }

    /// The sessions that are not over, the oldest first.
    pub fn sessions(&self, now: Timestamp) -> Vec<&Session> {
        let mut sessions: Vec<&Session> =
            self.sessions.values().filter(|found| !found.is_over(now)).collect();
        sessions.sort_by_key(|session| session.created);
        sessions
    }

    /// Who can sign in under this name, however it was typed.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.get(&user_name(name).ok()?).filter(|user| !user.disabled)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// See [`BookError`].
    pub fn add_user(
        &mut self,
        name: &str,
        role: Role,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<(), BookError> {
        let name = user_name(name)?;
        if role == Role::Ingest {
            return Err(BookError::IngestUser);
        }
        if self.users.contains_key(&name) {
            return Err(BookError::Taken(name));
        }
        if self.users.len() >= MOST {
            return Err(BookError::Full("users"));
        }
        let user = User {
            name: name.clone(),
            role,
            password,
            created: now,
            disabled: false,
            changed: None,
            factor: None,
        };
        self.users.insert(name, user);
        Ok(())
    }

    /// Sets a person's password, and ends the sessions that were begun with the one before.
    ///
    /// # Errors
    /// There is nobody of that name.
    pub fn set_password(
        &mut self,
        name: &str,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<(), BookError> {
        self.change_password(name, password, None, now)
    }

    /// Forbids or allows a person to sign in. Whom it is forbidden, their sessions end.
    ///
    /// # Errors
    /// There is nobody of that name, or no other administrator would be left.
    pub fn set_disabled(&mut self, name: &str, disabled: bool, now: Timestamp) -> Result<(), BookError> {
        let name = user_name(name)?;
        let is_last = self.is_last_administrator(&name);
        let user = self.users.get_mut(&name).ok_or_else(|| BookError::NoUser(name.clone()))?;
        if disabled && is_last {
            return Err(BookError::LastAdministrator(name));
        }
        if user.disabled != disabled {
            user.disabled = disabled;
            user.changed = Some(now);
        }
        if disabled {
            self.end_all(&name, None);
        }
        Ok(())
    }

    /// Adds a token.
    ///
    /// # Errors
    /// Its name cannot be, or there are 1,000.
    pub fn add_token(
        &mut self,
        name: &str,
        role: Role,
        expires: Option<Timestamp>,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<(), BookError> {
        check_token_name(name)?;
        if self.tokens.len() >= MOST {
            return Err(BookError::Full("tokens"));
        }
        let (name, digest) = (name.to_owned(), secret.digest());
        let token = Token { name, role, digest, created: now, used: None, expires, revoked: None };
        self.tokens.insert(digest, token);
        Ok(())
    }

    /// Takes back the good token of that name or id.
    ///
    /// # Errors
    /// There is none, or several have the name.
    pub fn revoke_token(&mut self, which: &str, now: Timestamp) -> Result<(), BookError> {
        let good = self.tokens.values().filter(|token| token.standing(now) == Standing::Good);
        let found: Vec<Digest> = good
            .filter(|token| token.name == which || token.digest.short() == which)
            .map(|token| token.digest)
            .collect();
        let [digest] = found.as_slice() else {
            let name = which.to_owned();
            return Err(match found.len() {
                0 => BookError::NoToken(name),
                count => BookError::SeveralTokens { name, count },
            });
        };
        if let Some(token) = self.tokens.get_mut(digest) {
            token.revoked = Some(now);
        }
        Ok(())
    }

    /// Begins a session of a person who has proved who they are, with their second factor where they have one. The session that their browser had before ends.
    ///
    /// # Errors
    /// Nobody of that name can sign in.
    pub fn sign_in(
        &mut self,
        name: &str,
        secret: &Secret,
        before: Option<Digest>,
        now: Timestamp,
    ) -> Result<(), BookError> {
        let user = self.user(name).ok_or_else(|| BookError::NoUser(name.to_owned()))?.name.clone();
        if let Some(before) = before {
            self.end(before);
        }
        self.forget(now);
        self.make_room(&user, MOST_SESSIONS - 1);
        let digest = secret.digest();
        self.ended.remove(&digest);
        let second = self.users.get(&user).is_some_and(|user| user.factor.is_some());
        self.sessions.insert(digest, Session { digest, user, created: now, used: now, second });
        Ok(())
    }

    /// Ends a session. Whether there was one.
    pub fn sign_out(&mut self, session: Digest) -> bool {
        self.end(session)
    }

    /// Who proves who they are by `by`.
    ///
    /// # Errors
    /// Why it is no proof.
    pub fn pass(&self, by: By, now: Timestamp) -> Result<Pass, Refusal> {
        match by {
            By::Token(digest) => {
                let token = self.tokens.get(&digest).ok_or(Refusal::UnknownToken)?;
                match token.standing(now) {
                    Standing::Good => Ok(Pass { role: token.role, name: token.name.clone(), by }),
                    Standing::Expired(_) => Err(Refusal::Expired),
                    Standing::Revoked(_) => Err(Refusal::Revoked),
                }
            }
            By::Session(digest) => {
                let session = self.sessions.get(&digest).filter(|session| !session.is_over(now));
                let user = session.and_then(|session| {
                    self.user(&session.user).filter(|user| session.second || user.factor.is_none())
                });
                let user = user.ok_or(Refusal::NoSession)?;
                Ok(Pass { role: user.role, name: user.name.clone(), by })
            }
        }
    }

    /// Notes that somebody was here. Whether there was anything to note.
    pub fn note(&mut self, by: By, now: Timestamp) -> bool {
        let used = match by {
            By::Token(digest) => self.tokens.get_mut(&digest).map(|token| token.used.get_or_insert_default()),
            By::Session(digest) => self.sessions.get_mut(&digest).map(|session| &mut session.used),
        };
        let Some(used) = used.filter(|used| **used + NOTED_EVERY <= now) else { return false };
        *used = now;
        true
    }

    /// Takes over what `other` has noted later: the same book, as it was in the memory of the server while somebody else
    /// changed the file.
    pub fn merge_uses(&mut self, other: &Self) {
        for (digest, token) in &mut self.tokens {
            token.used = token.used.max(other.tokens.get(digest).and_then(|other| other.used));
        }
        for (digest, session) in &mut self.sessions {
            if let Some(other) = other.sessions.get(digest) {
                session.used = session.used.max(other.used);
            }
        }
    }

    /// Forgets sessions that are over, ends that nobody needs to be told any more, and tokens that have not been good for 30 days.
    pub fn forget(&mut self, now: Timestamp) {
        self.sessions.retain(|_, session| !session.is_over(now));
        self.ended.retain(|_, until| *until > now);
        self.tokens.retain(|_, token| !token.is_forgotten(now));
    }
}

impl Pass {
    /// Whether they may pass a door.
    pub fn opens(&self, door: Door) -> bool {
        self.role.opens(door)
    }
}
