//! Accounts of test servers: one token of each kind, written before the start.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;
use watchglass_auth::{Accounts, PasswordHash, Role, Secret};
use watchglass_model::Timestamp;

/// Creation time of the accounts.
const CREATED: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A token of the test accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestToken {
    /// Role admin.
    Admin,
    /// Role viewer.
    Viewer,
    /// Role ingest.
    Ingest,
    /// Expired one second before the start.
    Expired,
    /// Revoked just before the start.
    Revoked,
}

impl TestToken {
    const ALL: [Self; 5] = [Self::Admin, Self::Viewer, Self::Ingest, Self::Expired, Self::Revoked];

    fn secret(self) -> Secret {
        Secret::new([self as u8 + 1; 32])
    }

    /// The value of the `Authorization` header.
    pub(crate) fn bearer(self) -> String {
        format!("Bearer {}", self.secret().text())
    }
}

/// Writes the accounts, unless they exist. The only user has no usable password: hashing one takes time.
pub(crate) fn write_accounts(data: &Path) {
    let file = data.join("access.json");
    if file.exists() {
        return;
    }
    let mut accounts = Accounts::default();
    accounts.add_user("admin", Role::Admin, PasswordHash::unmatchable(), CREATED).unwrap();
    for who in TestToken::ALL {
        let role = match who {
            TestToken::Viewer => Role::Viewer,
            TestToken::Ingest => Role::Ingest,
            _ => Role::Admin,
        };
        // Tokens that expired 30 days ago are removed.
        let expires = (who == TestToken::Expired).then(|| now() - Duration::from_secs(1));
        accounts.add_token(&format!("{who:?}"), role, expires, &who.secret(), CREATED).unwrap();
    }
    accounts.revoke_token("Revoked", now()).unwrap();
    DirBuilder::new().recursive(true).mode(0o700).create(data).unwrap();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).unwrap();
    file.write_all(accounts.to_json().as_bytes()).unwrap();
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}
