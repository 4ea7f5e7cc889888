//! Headers of responses.

use axum::http::header::{CONTENT_DISPOSITION, LINK};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponseParts, ResponseParts};

/// Headers that a handler adds.
pub(crate) struct Added(HeaderMap);

impl IntoResponseParts for Added {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.headers_mut().extend(self.0);
        Ok(parts)
    }
}

/// `Content-Disposition` of a file to save. `name` has letters, digits, hyphens, underscores and dots only.
pub(crate) fn attachment(name: &str) -> Added {
    of(CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""))
}

/// `Link` to the next page: `query` is its query string, with the question mark.
pub(crate) fn next_link(query: &str) -> Added {
    of(LINK, &format!("<{query}>; rel=\"next\""))
}

fn of(name: axum::http::HeaderName, value: &str) -> Added {
    // Neither is invalid as long as callers keep to the above.
    Added(HeaderValue::from_str(value).map(|value| (name, value)).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn headers_are_added() {
        let response = (attachment("watchglass-a.csv"), next_link("?page=2&x=%22"), "text").into_response();
        let header = |name| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header(CONTENT_DISPOSITION), "attachment; filename=\"watchglass-a.csv\"");
        assert_eq!(header(LINK), "<?page=2&x=%22>; rel=\"next\"");
    }
}
