//! Known browsers: their key in the data directory, and whose failed sign-ins are counted together.

use super::random::random;
use super::sign_in::SignInOrigin;
use super::{Access, AccessError};
use crate::persist::atomic_file;
use crate::rate_limit::network;
use std::io;
use std::path::Path;
use watchglass_auth::{BrowserKey, KnownBrowser};
use watchglass_model::Timestamp;

/// File in the data directory with the key.
pub(crate) const KEY_FILE: &str = "browser.key";

impl Access {
    /// Reads the key of known browsers, or creates one. Before, no browser is known.
    ///
    /// # Errors
    /// The key cannot be read or saved.
    pub(crate) fn open_browser_key(&self) -> Result<(), AccessError> {
        let key = key(&self.folder)
            .map_err(|source| AccessError::File { path: self.folder.join(KEY_FILE), source })?;
        // Called once, at startup.
        let _ = self.browser_key.set(key);
        Ok(())
    }

    /// The browser of a cookie; `None` if it is not known.
    pub(crate) fn known_browser(&self, cookie: &str, now: Timestamp) -> Option<KnownBrowser> {
        self.browser_key.get()?.verify(cookie, now)
    }

    /// Cookie of a browser from which a user has just signed in.
    pub(super) fn browser_cookie(
        &self,
        browser: Option<KnownBrowser>,
        name: &str,
        now: Timestamp,
    ) -> io::Result<Option<String>> {
        let Some(key) = self.browser_key.get() else { return Ok(None) };
        let browser = browser.map_or_else(|| Ok(KnownBrowser::new(random()?, now)), Ok::<_, io::Error>)?;
        Ok(Some(key.sign(&browser.signed_in(name, now))))
    }
}

impl SignInOrigin {
    /// Whose failed sign-ins as this user are counted together: those of a browser from which the user has signed in before, or
    /// those of an address.
    pub(crate) fn throttle_source(&self, name: &str) -> String {
        self.browser_source(name).unwrap_or_else(|| network(self.address).to_string())
    }

    /// The same for a browser from which the user has signed in before.
    pub(super) fn browser_source(&self, name: &str) -> Option<String> {
        self.browser.as_ref()?.throttle_source(name)
    }
}

fn key(folder: &Path) -> io::Result<BrowserKey> {
    if let Some(text) = atomic_file::read(folder, KEY_FILE)? {
        if let Some(key) = BrowserKey::parse(&text) {
            return Ok(key);
        }
        atomic_file::quarantine(folder, KEY_FILE, "invalid key: no browser is known")?;
    }
    let bytes: [u8; 32] = random()?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if let Err(error) = atomic_file::replace(folder, KEY_FILE, text.as_bytes()) {
        tracing::warn!(%error, file = KEY_FILE, "key not saved; browsers are known until the restart");
    }
    Ok(BrowserKey::new(&bytes))
}

#[cfg(test)]
mod tests {
    use super::super::SignInError;
    use super::super::tests::{HERE, NOW, from, moment, typed, with_ada};
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn key_is_kept_for_the_owner_only_and_an_invalid_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let access = Access::open(folder.path()).unwrap();
            assert_eq!(access.browser_cookie(None, "ada", NOW).unwrap(), None, "no key yet");
            access.open_browser_key().unwrap();
            access
        };
        let cookie = open().browser_cookie(None, "ada", NOW).unwrap().unwrap();
        let path = folder.path().join(KEY_FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(open().known_browser(&cookie, NOW).unwrap().throttle_source("ada").is_some());
        std::fs::write(&path, "garbage").unwrap();
        assert!(open().known_browser(&cookie, NOW).is_none());
        assert_eq!(std::fs::read_to_string(folder.path().join("browser.key.damaged")).unwrap(), "garbage");
    }

    #[tokio::test]
    async fn failures_of_others_do_not_delay_a_known_browser() {
        let folder = tempfile::tempdir().unwrap();
        let access = with_ada(folder.path());
        access.open_browser_key().unwrap();
        let sign_in = async |password: &str, cookie: Option<&str>| {
            let browser = cookie.and_then(|cookie| access.known_browser(cookie, NOW));
            let origin = SignInOrigin { browser, ..from(HERE) };
            access.sign_in("ada", typed(password), origin, moment(NOW)).await
        };
        let first = sign_in("correct horse", None).await.unwrap().browser.unwrap();
        while !matches!(sign_in("wrong horse", None).await.unwrap_err(), SignInError::Throttled(_)) {}
        assert!(sign_in("correct horse", None).await.is_err(), "another browser at the same address");
        assert!(sign_in("correct horse", Some("b1:forged:0:ada:00")).await.is_err());
        let next = sign_in("correct horse", Some(&first)).await.unwrap().browser.unwrap();
        assert_eq!(next, first, "the same browser");
        // It has delays of its own.
        while !matches!(sign_in("wrong horse", Some(&first)).await.unwrap_err(), SignInError::Throttled(_)) {}
        assert!(sign_in("correct horse", Some(&first)).await.is_err());
    }
}
