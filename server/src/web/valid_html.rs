//! Valid HTML from what Leptos renders. Browsers make the same document of both, so hydration finds what it expects.

use crate::http::ApiError;
use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};

/// Hydration marker of Leptos. Browsers read it as an empty comment, but it is a parse error. It cannot be part of a text or an
/// attribute, where `<` is escaped.
const MARKER: &str = "<!>";
const EMPTY_COMMENT: &str = "<!---->";
const BODY_END: &str = "</body>";
const SCRIPT: &str = "<script";

/// Completes a rendered page.
pub(super) async fn finish(rendered: Response) -> Response {
    let (mut parts, body) = rendered.into_parts();
    // The page is complete in memory: it is rendered before its first byte is sent.
    let text = to_bytes(body, usize::MAX).await.ok().and_then(|bytes| String::from_utf8(bytes.into()).ok());
    let Some(text) = text else { return ApiError::internal().into_response() };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(valid(&text)))
}

/// Moves the scripts behind the end of the document into its body, and replaces hydration markers by comments.
fn valid(html: &str) -> String {
    let (inside, after) = html.split_at(html.find(BODY_END).unwrap_or(html.len()));
    let (end, scripts) = after.split_at(after.find(SCRIPT).unwrap_or(after.len()));
    let comments = |part: &str| part.replace(MARKER, EMPTY_COMMENT);
    [comments(inside), scripts.to_owned(), comments(end)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_comments_and_scripts_are_in_the_body() {
        for (rendered, expected) in [
            ("", ""),
            ("<p>a<!>b<!><!></p>", "<p>a<!---->b<!----><!----></p>"),
            ("<p>&lt;!&gt;</p>", "<p>&lt;!&gt;</p>"),
            ("<body>a</body></html>", "<body>a</body></html>"),
            (
                "<html><body><script>1</script><!></body><!></html><!><script>2</script><script>3</script>",
                "<html><body><script>1</script><!----><script>2</script><script>3</script></body><!----></html><!---->",
            ),
        ] {
            assert_eq!(valid(rendered), expected, "{rendered}");
        }
    }
}
