//! What is wrong with the URL of a server.

/// What is wrong with the URL of a server. It is made of fixed words alone: nothing of the URL can get into it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {product} URL {wrong}: {right}")]
pub struct TargetError {
    /// What kind of server the URL is for.
    pub product: &'static str,
    /// What is wrong.
    pub wrong: &'static str,
    /// What would be right.
    pub right: &'static str,
}

/// Whether a URL has an `@` although it names no user: then a password in it was not written in percent form,
/// and what was taken for a host or a path may be a part of it.
pub fn hides_user(url: &str, user_found: bool) -> bool {
    url.contains('@') && !user_found
}
