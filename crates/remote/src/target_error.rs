//! Error for an invalid server URL.

/// Invalid server URL. Only fixed texts: no part of the URL can leak into the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {product} URL {problem}: {hint}")]
pub struct TargetError {
    /// Product the URL is for.
    pub product: &'static str,
    /// What is invalid.
    pub problem: &'static str,
    /// Accepted form.
    pub hint: &'static str,
}

/// Whether a URL has an `@` but no user: a password was not percent-encoded, and the parsed host or path may contain
/// a part of it.
pub fn has_unescaped_at(url: &str, user_found: bool) -> bool {
    url.contains('@') && !user_found
}
