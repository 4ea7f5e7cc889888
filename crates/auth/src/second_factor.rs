//! Second factor of users: enable, disable, verify.

use crate::{Accounts, AccountsError, Digest, SecondFactor, normalise_user_name};
use watchglass_model::Timestamp;

impl Accounts {
    /// Enables a user's second factor and revokes their sessions, except the one in which they enabled it.
    ///
    /// # Errors
    /// The user does not exist, or has a second factor.
    pub fn enable_second_factor(
        &mut self,
        name: &str,
        factor: SecondFactor,
        kept: Option<Digest>,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        let name = normalise_user_name(name)?;
        let user = self.users.get_mut(&name).ok_or_else(|| AccountsError::UnknownUser(name.clone()))?;
        if user.second_factor.is_some() {
            return Err(AccountsError::SecondFactorEnabled(name));
        }
        user.second_factor = Some(factor);
        user.changed = Some(now);
        self.revoke_sessions(&name, kept);
        // A code was just verified in this session.
        if let Some(kept) = kept.and_then(|kept| self.sessions.get_mut(&kept)) {
            kept.second_factor = true;
        }
        Ok(())
    }

    /// Disables a user's second factor.
    ///
    /// # Errors
    /// The user does not exist, or has no second factor.
    pub fn disable_second_factor(&mut self, name: &str, now: Timestamp) -> Result<(), AccountsError> {
        let name = normalise_user_name(name)?;
        let user = self.users.get_mut(&name).ok_or_else(|| AccountsError::UnknownUser(name.clone()))?;
        if user.second_factor.take().is_none() {
            return Err(AccountsError::SecondFactorDisabled(name));
        }
        user.changed = Some(now);
        Ok(())
    }

    /// Verifies and consumes a code of a user's second factor; true if the user has none.
    pub fn verify_code(&mut self, name: &str, typed: &str, now: Timestamp) -> bool {
        let user = normalise_user_name(name).ok().and_then(|name| self.users.get_mut(&name));
        user.is_some_and(|user| user.second_factor.as_mut().is_none_or(|factor| factor.verify(typed, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{accounts, at, secret};
    use crate::{Credential, RECOVERY_CODES, SessionRecord, TotpSecret};

    fn totp() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn factor(now: u64) -> (SecondFactor, Vec<String>) {
        let random = std::array::from_fn(|row| [u8::try_from(row).unwrap(); 16]);
        SecondFactor::enrol(totp(), &totp().code_at(at(now)), &random, at(now)).unwrap()
    }

    fn is_in(accounts: &Accounts, number: u8) -> bool {
        accounts.authenticate(Credential::Session(secret(number).digest()), at(20)).is_ok()
    }

    #[test]
    fn code_is_required_while_enabled() {
        let mut accounts = accounts();
        for number in [5, 6] {
            accounts.sign_in("ada", &secret(number), None, at(1)).unwrap();
        }
        assert!(accounts.verify_code("ada", "", at(2)), "no second factor");
        assert!(!accounts.verify_code("bob", "", at(2)), "unknown user");
        let (factor, codes) = factor(10);
        accounts.enable_second_factor("ADA", factor.clone(), Some(secret(5).digest()), at(10)).unwrap();
        assert!(is_in(&accounts, 5) && !is_in(&accounts, 6));
        assert_eq!(
            accounts.enable_second_factor("ada", factor, None, at(11)),
            Err(AccountsError::SecondFactorEnabled("ada".to_owned()))
        );
        let later = at(100);
        let code = totp().code_at(later);
        assert!(!accounts.verify_code("ada", "", later) && accounts.verify_code("ada", &code, later));
        let mut accounts = Accounts::from_json(&accounts.to_json()).unwrap();
        assert!(!accounts.verify_code("ada", &code, later), "a second time, after a restart");
        assert!(
            accounts.verify_code("ada", &codes[0], later) && !accounts.verify_code("ada", &codes[0], later)
        );
        assert_eq!(
            accounts.user("ada").unwrap().second_factor.as_ref().unwrap().recovery_codes_left(),
            RECOVERY_CODES - 1
        );
        accounts.disable_second_factor("ada", later).unwrap();
        assert!(accounts.verify_code("ada", "", later) && is_in(&accounts, 5));
        assert_eq!(
            accounts.disable_second_factor("ada", later),
            Err(AccountsError::SecondFactorDisabled("ada".to_owned()))
        );
    }

    #[test]
    fn replicated_session_needs_the_second_factor_if_enabled() {
        for (second, expected) in [(true, true), (false, false)] {
            let mut here = accounts();
            here.enable_second_factor("ada", factor(10).0, None, at(10)).unwrap();
            let mut replica = crate::SessionReplica::default();
            let word = SessionRecord::Active {
                user: "ada".to_owned(),
                created: at(11),
                used: at(11),
                second_factor: second,
            };
            replica.apply(secret(5).digest(), word);
            here.apply_sessions(&replica, at(20));
            assert_eq!(is_in(&here, 5), expected, "{second}");
            here.disable_second_factor("ada", at(19)).unwrap();
            here.apply_sessions(&replica, at(20));
            assert_eq!(is_in(&here, 5), expected, "{second}: a session from before stays invalid");
        }
    }
}
