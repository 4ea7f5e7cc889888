//! Parts that all HTTP code shares: errors, envelopes, request bodies, query parameters and static HTML documents.

pub(crate) mod body;
mod body_errors;
mod envelope;
mod error;
mod former_names;
pub(crate) mod html;
mod query;
mod query_limit;

pub(crate) use body_errors::BodyErrors;
pub(crate) use envelope::{Done, Envelope, Failure};
pub(crate) use error::ApiError;
pub(crate) use former_names::{optional, required};
pub(crate) use query::{Parameters, bad_request};
pub(crate) use query_limit::{QueryLimiter, run_blocking};
