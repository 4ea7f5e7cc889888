//! Shared test helpers.

use crate::{Accounts, PasswordHash, Role, Secret};
use std::time::Duration;
use watchglass_model::Timestamp;

pub(crate) const DAY: u64 = 86_400;

/// A time so many seconds after the start.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(seconds)
}

pub(crate) fn secret(number: u8) -> Secret {
    Secret::new([number; 32])
}

/// An administrator, a viewer, and a token of each role: 1 to 3.
pub(crate) fn accounts() -> Accounts {
    let mut accounts = Accounts::default();
    accounts.add_user("admin", Role::Admin, PasswordHash::unmatchable(), at(0)).unwrap();
    accounts.add_user("Ada", Role::Viewer, PasswordHash::unmatchable(), at(0)).unwrap();
    for (number, role) in (1..).zip(Role::ALL) {
        accounts.add_token(role.name(), role, None, &secret(number), at(u64::from(number))).unwrap();
    }
    accounts
}
