//! Changes of people and sessions that are made while somebody looks on: by themselves, or by an administrator.

use crate::{Book, BookError, Digest, PasswordHash, Role, Session, user_name};
use watchglass_model::Timestamp;

impl Book {
    /// Sets a person's password. The sessions that were begun with the one before end, but for the one that is to be kept:
    /// where they have changed it themselves.
    ///
    /// # Errors
    /// There is nobody of that name.
    pub fn change_password(
        &mut self,
        name: &str,
        password: PasswordHash,
        kept: Option<Digest>,
        now: Timestamp,
    ) -> Result<(), BookError> {
        let name = user_name(name)?;
        let user = self.users.get_mut(&name).ok_or_else(|| BookError::NoUser(name.clone()))?;
        user.password = password;
        user.changed = Some(now);
        self.end_all(&name, kept);
        Ok(())
    }

    /// Makes a person an administrator, or a viewer. Their sessions end: what was begun as something else does not go on.
    ///
    /// # Errors
    /// There is nobody of that name, a person cannot have the role, or no other administrator would be left.
    pub fn set_role(&mut self, name: &str, role: Role, now: Timestamp) -> Result<(), BookError> {
        let name = user_name(name)?;
        if role == Role::Ingest {
            return Err(BookError::IngestUser);
        }
        let is_last = self.is_last_administrator(&name);
        let user = self.users.get_mut(&name).ok_or_else(|| BookError::NoUser(name.clone()))?;
        if user.role == role {
            return Ok(());
        }
        if is_last {
            return Err(BookError::LastAdministrator(name));
        }
        user.role = role;
        user.changed = Some(now);
        self.end_all(&name, None);
        Ok(())
    }

    /// Ends the session with that id: its whole digest in hexadecimal digits. Gives what it was.
    ///
    /// # Errors
    /// There is none that is not over.
    pub fn end_session(&mut self, id: &str, now: Timestamp) -> Result<Session, BookError> {
        let found = self.sessions(now).into_iter().find(|session| session.digest.to_string() == id).cloned();
        let session = found.ok_or(BookError::NoSession)?;
        self.end(session.digest);
        Ok(session)
    }

    /// Ends all sessions of a person but the one that is kept.
    pub(crate) fn end_all(&mut self, name: &str, kept: Option<Digest>) {
        let of_user = self.sessions.values().filter(|session| session.user == name);
        let all: Vec<Digest> = of_user.map(|session| session.digest).collect();
        for digest in all.into_iter().filter(|digest| Some(*digest) != kept) {
            self.end(digest);
        }
    }

    /// Whether nobody else who is an administrator can sign in.
    pub(crate) fn is_last_administrator(&self, name: &str) -> bool {
        let mut can = self.users().filter(|user| user.role == Role::Admin && !user.disabled);
        can.next().is_some_and(|first| first.name == name) && can.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, book, secret};

    fn count(book: &Book, user: &str) -> usize {
        book.sessions(at(1)).iter().filter(|session| session.user == user).count()
    }

    #[test]
    fn who_changes_their_password_stays_where_they_are() {
        for (kept, expected) in [(Some(secret(5).digest()), 1), (None, 0), (Some(secret(7).digest()), 0)] {
            let mut book = book();
            for (number, user) in [(5, "ada"), (6, "ada"), (7, "admin")] {
                book.sign_in(user, &secret(number), None, at(0)).unwrap();
            }
            book.change_password("ADA", PasswordHash::nobody(), kept, at(0)).unwrap();
            assert_eq!((count(&book, "ada"), count(&book, "admin")), (expected, 1), "{kept:?}");
        }
    }

    #[test]
    fn a_role_is_changed_with_an_end_of_sessions_unless_nobody_would_be_left() {
        let mut book = book();
        book.sign_in("ada", &secret(5), None, at(0)).unwrap();
        book.set_role("ada", Role::Viewer, at(0)).unwrap();
        assert_eq!(count(&book, "ada"), 1);
        assert_eq!(
            book.set_role("admin", Role::Viewer, at(0)),
            Err(BookError::LastAdministrator("admin".to_owned()))
        );
        assert_eq!(book.set_role("ada", Role::Ingest, at(0)), Err(BookError::IngestUser));
        assert_eq!(book.set_role("bob", Role::Admin, at(0)), Err(BookError::NoUser("bob".to_owned())));
        book.set_role("Ada", Role::Admin, at(0)).unwrap();
        assert_eq!(count(&book, "ada"), 0);
        book.set_disabled("ada", true, at(0)).unwrap();
        // Who cannot sign in does not count.
        assert!(book.set_role("admin", Role::Viewer, at(0)).is_err());
        book.set_role("ada", Role::Viewer, at(0)).unwrap();
        book.set_disabled("ada", false, at(0)).unwrap();
        book.set_role("ada", Role::Admin, at(0)).unwrap();
        book.set_role("admin", Role::Viewer, at(0)).unwrap();
        assert!(book.set_disabled("ada", true, at(0)).is_err());
    }

    #[test]
    fn a_session_is_ended_by_its_whole_id() {
        let mut book = book();
        book.sign_in("ada", &secret(5), None, at(0)).unwrap();
        let digest = secret(5).digest();
        for id in ["", &digest.short(), &secret(6).digest().to_string()] {
            assert_eq!(book.end_session(id, at(1)), Err(BookError::NoSession), "{id}");
        }
        assert_eq!(book.end_session(&digest.to_string(), at(1)).unwrap().user, "ada");
        assert_eq!(book.end_session(&digest.to_string(), at(1)), Err(BookError::NoSession));
    }
}
