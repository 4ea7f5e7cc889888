//! Responses of all routes with a body, for the API description.

use super::Failure;
use utoipa::IntoResponses;

/// Errors of reading a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes responses")]
pub(crate) enum BodyErrors {
    /// The body did not arrive within 10 s
    #[response(status = 408)]
    Timeout(Failure),
    /// The body is too long
    #[response(status = 413)]
    TooLong(Failure),
    /// Unsupported Content-Type
    #[response(status = 415)]
    ContentType(Failure),
}
