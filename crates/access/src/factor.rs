//! The second factor of people, switched on and off, and asked for.

use crate::{Book, BookError, Digest, Factor, user_name};
use watchglass_model::Timestamp;

impl Book {
    /// Switches a person's second factor on. Their sessions end but the one in which they did it.
    ///
    /// # Errors
    /// There is nobody of that name, or they have one.
    pub fn set_factor(
        &mut self,
        name: &str,
        factor: Factor,
        kept: Option<Digest>,
        now: Timestamp,
    ) -> Result<(), BookError> {
        let name = user_name(name)?;
        let user = self.users.get_mut(&name).ok_or_else(|| BookError::NoUser(name.clone()))?;
        if user.factor.is_some() {
            return Err(BookError::HasFactor(name));
        }
        user.factor = Some(factor);
        user.changed = Some(now);
        self.end_all(&name, kept);
        // A code was typed in it just now.
        if let Some(kept) = kept.and_then(|kept| self.sessions.get_mut(&kept)) {
            kept.second = true;
        }
        Ok(())
    }

    /// Switches a person's second factor off: the password is enough from now on.
    ///
    /// # Errors
    /// There is nobody of that name, or they have none.
    pub fn remove_factor(&mut self, name: &str, now: Timestamp) -> Result<(), BookError> {
        let name = user_name(name)?;
        let user = self.users.get_mut(&name).ok_or_else(|| BookError::NoUser(name.clone()))?;
        if user.factor.take().is_none() {
            return Err(BookError::NoFactor(name));
        }
        user.changed = Some(now);
        Ok(())
    }

    /// Whether a code is what a person's second factor asks for, who may have none. A code that was good is used then.
    pub fn accept_code(&mut self, name: &str, typed: &str, now: Timestamp) -> bool {
        let user = user_name(name).ok().and_then(|name| self.users.get_mut(&name));
        user.is_some_and(|user| user.factor.as_mut().is_none_or(|factor| factor.accept(typed, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, book, secret};
    use crate::{By, RECOVERY_CODES, TotpSecret, Word};

    fn totp() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn factor(now: u64) -> (Factor, Vec<String>) {
        let random = std::array::from_fn(|row| [u8::try_from(row).unwrap(); 16]);
        Factor::begin(totp(), &totp().code_at(at(now)), &random, at(now)).unwrap()
    }

    fn is_in(book: &Book, number: u8) -> bool {
        book.pass(By::Session(secret(number).digest()), at(20)).is_ok()
    }

    #[test]
    fn it_is_asked_for_from_the_moment_it_is_switched_on_until_it_is_off() {
        let mut book = book();
        for number in [5, 6] {
            book.sign_in("ada", &secret(number), None, at(1)).unwrap();
        }
        assert!(book.accept_code("ada", "", at(2)), "there is none");
        assert!(!book.accept_code("bob", "", at(2)), "there is no bob");
        let (factor, codes) = factor(10);
        book.set_factor("ADA", factor.clone(), Some(secret(5).digest()), at(10)).unwrap();
        assert!(is_in(&book, 5) && !is_in(&book, 6));
        assert_eq!(book.set_factor("ada", factor, None, at(11)), Err(BookError::HasFactor("ada".to_owned())));
        let later = at(100);
        let code = totp().code_at(later);
        assert!(!book.accept_code("ada", "", later) && book.accept_code("ada", &code, later));
        let mut book = Book::read(&book.written()).unwrap();
        assert!(!book.accept_code("ada", &code, later), "a second time, after a restart");
        assert!(book.accept_code("ada", &codes[0], later) && !book.accept_code("ada", &codes[0], later));
        assert_eq!(book.user("ada").unwrap().factor.as_ref().unwrap().codes_left(), RECOVERY_CODES - 1);
        book.remove_factor("ada", later).unwrap();
        assert!(book.accept_code("ada", "", later) && is_in(&book, 5));
        assert_eq!(book.remove_factor("ada", later), Err(BookError::NoFactor("ada".to_owned())));
    }

    #[test]
    fn a_session_of_another_server_counts_with_a_second_factor_only_where_one_is_asked_for() {
        for (second, expected) in [(true, true), (false, false)] {
            let mut here = book();
            here.set_factor("ada", factor(10).0, None, at(10)).unwrap();
            let mut roll = crate::Roll::default();
            let word = Word::Begun { user: "ada".to_owned(), created: at(11), used: at(11), second };
            roll.hear(secret(5).digest(), word);
            here.hear(&roll, at(20));
            assert_eq!(is_in(&here, 5), expected, "{second}");
            here.remove_factor("ada", at(19)).unwrap();
            here.hear(&roll, at(20));
            assert_eq!(is_in(&here, 5), expected, "{second}: what was begun before does not count later");
        }
    }
}
