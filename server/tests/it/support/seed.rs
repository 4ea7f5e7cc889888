//! Who may call the servers of the tests: a book with a token of each kind, planted before the start.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;
use watchglass_access::{Book, PasswordHash, Role, Secret};
use watchglass_model::Timestamp;

/// When all of them were made.
const THEN: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// May do everything.
    Admin,
    /// May see everything.
    Viewer,
    /// May deliver reports.
    Ingest,
    /// Was an administrator for a second.
    Expired,
    /// Was an administrator until somebody took the token back, a moment before the server's start.
    Revoked,
}

impl Who {
    const ALL: [Self; 5] = [Self::Admin, Self::Viewer, Self::Ingest, Self::Expired, Self::Revoked];

    fn secret(self) -> Secret {
        Secret::new([self as u8 + 1; 32])
    }

    /// The value of the header `Authorization`.
    pub(crate) fn bearer(self) -> String {
        format!("Bearer {}", self.secret().text())
    }
}

/// Writes the book, unless there is one. Its only person has a password that nobody knows: hashing one takes time.
pub(crate) fn plant(data: &Path) {
    let file = data.join("access.json");
    if file.exists() {
        return;
    }
    let mut book = Book::default();
    book.add_user("admin", Role::Admin, PasswordHash::nobody(), THEN).unwrap();
    for who in Who::ALL {
        let role = match who {
            Who::Viewer => Role::Viewer,
            Who::Ingest => Role::Ingest,
            _ => Role::Admin,
        };
        // What has not been good for 30 days is forgotten.
        let expires = (who == Who::Expired).then(|| now() - Duration::from_secs(1));
        book.add_token(&format!("{who:?}"), role, expires, &who.secret(), THEN).unwrap();
    }
    book.revoke_token("Revoked", now()).unwrap();
    DirBuilder::new().recursive(true).mode(0o700).create(data).unwrap();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).unwrap();
    file.write_all(book.written().as_bytes()).unwrap();
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}
