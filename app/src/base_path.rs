//! Base path: where the server is below the root of its host, as browsers see it.
//!
//! Routes, redirects and parameters inside the program have paths of the server, such as `/alerts`. [`url`] is the only place
//! that makes a URL of one, at the last moment: in an attribute, a request or a header.

use std::sync::OnceLock;

/// There is one server in a process, and one page in a browser window: set once, before the first page.
static BASE_PATH: OnceLock<String> = OnceLock::new();

/// The base path, such as `/watchglass`; empty at the root of the host.
pub fn base_path() -> &'static str {
    BASE_PATH.get().map_or("", String::as_str)
}

/// Sets the base path. A second call has no effect.
pub fn set_base_path(path: &str) {
    let _ = BASE_PATH.set(path.to_owned());
}

/// URL for browsers of a path of this server, with or without a query. A path that is already below the base path, a relative
/// URL and one with a host stay as they are: no path of the server begins with the base path, because the configuration is
/// checked for it.
pub fn url(path: impl AsRef<str>) -> String {
    below(base_path(), path.as_ref())
}

/// The path of this server in a URL: the inverse of [`url`].
#[cfg(feature = "ssr")]
pub fn path_of_url(url: &str) -> &str {
    strip(base_path(), url).unwrap_or(url)
}

fn below(base: &str, path: &str) -> String {
    let is_path = path.starts_with('/') && !path.starts_with("//");
    if is_path && strip(base, path).is_none() { format!("{base}{path}") } else { path.to_owned() }
}

/// The rest of `path` below `base`: a path, or empty if it is `base` itself; `None` if it is not below it.
fn strip<'p>(base: &str, path: &'p str) -> Option<&'p str> {
    let rest = path.strip_prefix(base)?;
    (!base.is_empty() && (rest.is_empty() || rest.starts_with(['/', '?', '#']))).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_server_are_put_below_the_base_path_once() {
        for (base, path, expected) in [
            ("", "/", "/"),
            ("", "/alerts?view=rules#a", "/alerts?view=rules#a"),
            ("/watch", "/", "/watch/"),
            ("/watch", "/alerts?view=rules#a", "/watch/alerts?view=rules#a"),
            ("/ops/watch", "/api/live", "/ops/watch/api/live"),
            // Already below it.
            ("/watch", "/watch", "/watch"),
            ("/watch", "/watch/", "/watch/"),
            ("/watch", "/watch?a", "/watch?a"),
            ("/watch", "/watch/alerts", "/watch/alerts"),
            // Not below it, although it begins alike.
            ("/watch", "/watchers", "/watch/watchers"),
            ("/al", "/alerts", "/al/alerts"),
            // No path of this server.
            ("/watch", "?log=cpu", "?log=cpu"),
            ("/watch", "", ""),
            ("/watch", "#main", "#main"),
            ("/watch", "//other.example/", "//other.example/"),
            ("/watch", "https://other.example/watch", "https://other.example/watch"),
        ] {
            assert_eq!(below(base, path), expected, "{base} {path}");
            assert_eq!(below(base, &below(base, path)), expected, "{base} {path}");
        }
    }

    #[test]
    fn base_path_is_taken_off_whole_segments() {
        for (base, path, expected) in [
            ("", "/alerts", None),
            ("/watch", "/alerts", None),
            ("/watch", "/watchers", None),
            ("/watch", "/watch", Some("")),
            ("/watch", "/watch/", Some("/")),
            ("/watch", "/watch/alerts?a", Some("/alerts?a")),
        ] {
            assert_eq!(strip(base, path), expected, "{base} {path}");
        }
    }
}
