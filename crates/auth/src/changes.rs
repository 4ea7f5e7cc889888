//! Account changes by a signed-in user or an administrator.

use crate::{Accounts, AccountsError, Digest, PasswordHash, Role, Session, normalise_user_name};
use watchglass_model::Timestamp;

impl Accounts {
    /// Sets a user's password and revokes their sessions, except `kept`: the session in which they changed it themselves.
    ///
    /// # Errors
    /// The user does not exist.
    pub fn change_password(
        &mut self,
        name: &str,
        password: PasswordHash,
        kept: Option<Digest>,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        let name = normalise_user_name(name)?;
        let user = self.users.get_mut(&name).ok_or_else(|| AccountsError::UnknownUser(name.clone()))?;
        user.password = password;
        user.changed = Some(now);
        self.revoke_sessions(&name, kept);
        Ok(())
    }

    /// Sets a user's role and revokes their sessions.
    ///
    /// # Errors
    /// The user does not exist or is the last administrator, or the role is only for tokens.
    pub fn set_role(&mut self, name: &str, role: Role, now: Timestamp) -> Result<(), AccountsError> {
        let name = normalise_user_name(name)?;
        if role == Role::Ingest {
            return Err(AccountsError::IngestUser);
        }
        let is_last = self.is_last_administrator(&name);
        let user = self.users.get_mut(&name).ok_or_else(|| AccountsError::UnknownUser(name.clone()))?;
        if user.role == role {
            return Ok(());
        }
        if is_last {
            return Err(AccountsError::LastAdministrator(name));
        }
        user.role = role;
        user.changed = Some(now);
        self.revoke_sessions(&name, None);
        Ok(())
    }

    /// Revokes the session with this id (its full digest in hexadecimal digits) and returns it.
    ///
    /// # Errors
    /// There is no active session with this id.
    pub fn revoke_session(&mut self, id: &str, now: Timestamp) -> Result<Session, AccountsError> {
        let found = self.sessions(now).into_iter().find(|session| session.digest.to_string() == id).cloned();
        let session = found.ok_or(AccountsError::UnknownSession)?;
        self.revoke(session.digest);
        Ok(session)
    }

    /// Revokes all sessions of a user except `kept`.
    pub(crate) fn revoke_sessions(&mut self, name: &str, kept: Option<Digest>) {
        let of_user = self.sessions.values().filter(|session| session.user == name);
        let all: Vec<Digest> = of_user.map(|session| session.digest).collect();
        for digest in all.into_iter().filter(|digest| Some(*digest) != kept) {
            self.revoke(digest);
        }
    }

    /// Whether this user is the only enabled administrator.
    pub(crate) fn is_last_administrator(&self, name: &str) -> bool {
        let mut enabled = self.users().filter(|user| user.role == Role::Admin && !user.disabled);
        enabled.next().is_some_and(|first| first.name == name) && enabled.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accounts, at, secret};

    fn count(accounts: &Accounts, user: &str) -> usize {
        accounts.sessions(at(1)).iter().filter(|session| session.user == user).count()
    }

    #[test]
    fn own_password_change_keeps_the_current_session() {
        for (kept, expected) in [(Some(secret(5).digest()), 1), (None, 0), (Some(secret(7).digest()), 0)] {
            let mut accounts = accounts();
            for (number, user) in [(5, "ada"), (6, "ada"), (7, "admin")] {
                accounts.sign_in(user, &secret(number), None, at(0)).unwrap();
            }
            accounts.change_password("ADA", PasswordHash::unmatchable(), kept, at(0)).unwrap();
            assert_eq!((count(&accounts, "ada"), count(&accounts, "admin")), (expected, 1), "{kept:?}");
        }
    }

    #[test]
    fn role_change_revokes_sessions_and_keeps_one_administrator() {
        let mut accounts = accounts();
        accounts.sign_in("ada", &secret(5), None, at(0)).unwrap();
        accounts.set_role("ada", Role::Viewer, at(0)).unwrap();
        assert_eq!(count(&accounts, "ada"), 1);
        assert_eq!(
            accounts.set_role("admin", Role::Viewer, at(0)),
            Err(AccountsError::LastAdministrator("admin".to_owned()))
        );
        assert_eq!(accounts.set_role("ada", Role::Ingest, at(0)), Err(AccountsError::IngestUser));
        assert_eq!(
            accounts.set_role("bob", Role::Admin, at(0)),
            Err(AccountsError::UnknownUser("bob".to_owned()))
        );
        accounts.set_role("Ada", Role::Admin, at(0)).unwrap();
        assert_eq!(count(&accounts, "ada"), 0);
        accounts.set_disabled("ada", true, at(0)).unwrap();
        // A disabled administrator does not count.
        assert!(accounts.set_role("admin", Role::Viewer, at(0)).is_err());
        accounts.set_role("ada", Role::Viewer, at(0)).unwrap();
        accounts.set_disabled("ada", false, at(0)).unwrap();
        accounts.set_role("ada", Role::Admin, at(0)).unwrap();
        accounts.set_role("admin", Role::Viewer, at(0)).unwrap();
        assert!(accounts.set_disabled("ada", true, at(0)).is_err());
    }

    #[test]
    fn session_is_revoked_by_its_full_id() {
        let mut accounts = accounts();
        accounts.sign_in("ada", &secret(5), None, at(0)).unwrap();
        let digest = secret(5).digest();
        for id in ["", &digest.short(), &secret(6).digest().to_string()] {
            assert_eq!(accounts.revoke_session(id, at(1)), Err(AccountsError::UnknownSession), "{id}");
        }
        assert_eq!(accounts.revoke_session(&digest.to_string(), at(1)).unwrap().user, "ada");
        assert_eq!(accounts.revoke_session(&digest.to_string(), at(1)), Err(AccountsError::UnknownSession));
    }
}
