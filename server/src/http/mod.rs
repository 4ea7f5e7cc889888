//! Parts that all HTTP code shares: errors, envelopes, request bodies, query parameters and static HTML documents.

mod blocking;
pub(crate) mod body;
mod body_errors;
mod envelope;
mod error;
mod former_names;
mod headers;
pub(crate) mod html;
mod plain_errors;
mod query;

pub(crate) use blocking::run_blocking;
pub(crate) use body_errors::BodyErrors;
pub(crate) use envelope::{Done, Envelope, Failure};
pub(crate) use error::ApiError;
pub(crate) use former_names::{optional, required};
pub(crate) use headers::{attachment, next_link};
pub(crate) use query::{Parameters, bad_request, flag};
