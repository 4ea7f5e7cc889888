//! Front end files, embedded by `build.rs`. Only the files in this table can be requested.

use app::PageAssets;
use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, Response, StatusCode};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

mod files {
    use super::File;
    include!(concat!(env!("OUT_DIR"), "/files.rs"));
}

/// Assets that every page loads.
pub(crate) static PAGE_ASSETS: LazyLock<PageAssets> = LazyLock::new(page_assets);

/// A file of the front end.
#[derive(Debug)]
pub(crate) struct File {
    path: &'static str,
    media_type: &'static str,
    etag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// File by URL path.
pub(crate) fn find(path: &str) -> Option<&'static File> {
    files::FILES.iter().find(|file| file.path == path)
}

/// Assets with their hashed names.
fn page_assets() -> PageAssets {
    let ending = |ending: &str| files::FILES.iter().map(|file| file.path).find(|path| path.ends_with(ending));
    let program = match (ending(".js"), ending("_bg.wasm")) {
        (Some(script), Some(wasm)) => Some((script.to_owned(), wasm.to_owned())),
        _ => None,
    };
    PageAssets {
        build: build_id(),
        styles: files::STYLES.iter().map(|&style| style.to_owned()).collect(),
        wasm: program,
    }
}

/// Build id: program version and a hash of all files.
fn build_id() -> String {
    let mut hasher = DefaultHasher::new();
    for file in files::FILES {
        (file.path, file.etag).hash(&mut hasher);
    }
    format!("{}-{:016x}", env!("CARGO_PKG_VERSION"), hasher.finish())
}

impl File {
    /// Response with the smallest encoding that the client accepts, or 304 if it has the file.
    pub(crate) fn respond(&self, headers: &HeaderMap) -> Response<Body> {
        let is_cached =
            headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
                value
                    .split(',')
                    .map(str::trim)
                    .any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.etag)
            });
        let (encoding, bytes) = self.encoded(headers);
        let builder = Response::builder()
            .header(CONTENT_TYPE, self.media_type)
            .header(ETAG, self.etag)
            .header(VARY, "Accept-Encoding")
            .header(CACHE_CONTROL, self.cache_control());
        let builder = match encoding {
            Some(encoding) if !is_cached => builder.header(CONTENT_ENCODING, encoding),
            _ => builder,
        };
        let response = if is_cached {
            builder.status(StatusCode::NOT_MODIFIED).body(Body::empty())
        } else {
            builder.body(Body::from(bytes))
        };
        response.unwrap_or_else(|_| Response::new(Body::empty()))
    }

    fn encoded(&self, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let accepted: Vec<&str> =
            accepted.flat_map(|value| value.split(',')).filter(|entry| is_accepted(entry)).collect();
        let takes = |name: &str| {
            accepted.iter().any(|entry| entry.split(';').next().is_some_and(|n| n.trim() == name))
        };
        match (self.brotli, self.gzip) {
            (Some(bytes), _) if takes("br") => (Some("br"), bytes),
            (_, Some(bytes)) if takes("gzip") => (Some("gzip"), bytes),
            _ => (None, self.plain),
        }
    }

    /// Files with a hash in their name never change; all others are revalidated.
    fn cache_control(&self) -> &'static str {
        let hashed = self.path.split(['-', '_', '.', '/']).any(|part| {
            // Trunk does not pad its hashes to 16 digits.
            (12..=16).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        });
        if hashed { "public, max-age=31536000, immutable" } else { "no-cache" }
    }
}

/// Whether an `Accept-Encoding` entry is not disabled by a quality of 0, such as `br;q=0`.
fn is_accepted(entry: &str) -> bool {
    let quality = entry.split(';').skip(1).find_map(|parameter| {
        // Names of parameters are case-insensitive.
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("q").then_some(value)
    });
    quality.and_then(|quality| quality.parse::<f32>().ok()).is_none_or(|quality| quality > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    static FILE: File = File {
        path: "/pkg/app-0123456789abcdef_bg.wasm",
        media_type: "application/wasm",
        etag: "\"e\"",
        plain: b"plain",
        brotli: Some(b"brotli"),
        gzip: Some(b"gzip"),
    };

    fn respond(file: &File, name: &'static str, value: &str) -> (StatusCode, Option<String>) {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        let response = file.respond(&headers);
        let encoding =
            response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned());
        (response.status(), encoding)
    }

    #[test]
    fn smallest_accepted_encoding_is_sent() {
        for (accept, expected) in [
            ("gzip, deflate, br", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("br;Q=0, gzip", Some("gzip")),
            ("identity", None),
            ("brr", None),
        ] {
            assert_eq!(respond(&FILE, "accept-encoding", accept).1.as_deref(), expected, "{accept}");
        }
        let plain = File { brotli: None, gzip: None, ..FILE };
        assert_eq!(respond(&plain, "accept-encoding", "br").1, None);
    }

    #[test]
    fn cached_files_are_not_sent_again() {
        for (tags, expected) in
            [("\"e\"", 304), ("W/\"e\"", 304), ("\"x\", \"e\"", 304), ("*", 304), ("\"x\"", 200)]
        {
            assert_eq!(respond(&FILE, "if-none-match", tags).0.as_u16(), expected, "{tags}");
        }
    }

    #[test]
    fn only_hashed_names_are_immutable() {
        for path in [FILE.path, "/frame-fa81b8201058316.css"] {
            assert!(File { path, ..FILE }.cache_control().contains("immutable"), "{path}");
        }
        assert_eq!(File { path: "/favicon.svg", ..FILE }.cache_control(), "no-cache");
    }
}
