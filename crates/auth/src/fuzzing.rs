//! Fuzzing entry point for cookies. A panic is a bug.

use crate::BrowserKey;
use watchglass_model::Timestamp;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Reads a text as the cookie of a known browser: as it is, which is rejected, and with a valid signature.
pub fn browser_cookie(text: &str) {
    let key = BrowserKey::new(&[7; 32]);
    let _ = BrowserKey::parse(text);
    assert_eq!(BrowserKey::new(&[8; 32]).verify(text, NOW), None, "a signature was guessed");
    if let Some(browser) = key.verify(&key.sign_text(text.to_owned()), NOW) {
        let cookie = key.sign(&browser);
        assert_eq!(key.verify(&cookie, NOW), Some(browser), "{cookie}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_at_the_limits_are_read() {
        for millis in [i64::MIN, -1, 0, i64::MAX] {
            browser_cookie(&format!("b1:07:{millis}:ada"));
        }
    }

    proptest! {
        #[test]
        fn any_cookie_is_read(text in "(b1:)?[0-9a-f]{0,40}:[0-9]{0,22}:[a-z/@.é]{0,40}(:.{0,9})?|.{0,600}") {
            browser_cookie(&text);
        }
    }
}
