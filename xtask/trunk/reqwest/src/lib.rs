//! The part of `reqwest` that Trunk calls: its tools are built by `cargo xtask`, and its server is not used here.

use bytes::Bytes;
use futures_util::stream::{self, Empty};
use http::{HeaderMap, StatusCode};
use std::convert::Infallible;
use std::fmt;

pub use url::Url;

/// Nothing is ever asked of another server.
#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this Trunk was built without an HTTP client")
    }
}

impl std::error::Error for Error {}

/// Makes clients.
#[derive(Debug, Default)]
pub struct ClientBuilder;

impl ClientBuilder {
    /// One without settings.
    pub fn new() -> Self {
        Self
    }

    /// The same.
    pub fn http1_only(self) -> Self {
        self
    }

    /// The same.
    pub fn redirect(self, _: redirect::Policy) -> Self {
        self
    }

    /// The same.
    pub fn no_proxy(self) -> Self {
        self
    }

    /// A client that reaches nobody.
    ///
    /// # Errors
    /// None.
    pub fn build(self) -> Result<Client, Error> {
        Ok(Client)
    }
}

/// A client that reaches nobody.
#[derive(Clone, Debug)]
pub struct Client;

impl Client {
    /// Prepares a question.
    pub fn get<U>(&self, _: U) -> Request {
        Request
    }

    /// Asks nobody.
    ///
    /// # Errors
    /// Always.
    pub async fn execute(&self, request: Request) -> Result<Response, Error> {
        request.send().await
    }
}

/// What would be asked.
#[derive(Debug)]
pub struct Request;

impl Request {
    /// Asks nobody.
    ///
    /// # Errors
    /// Always.
    pub async fn send(self) -> Result<Response, Error> {
        Err(Error)
    }
}

impl TryFrom<http::Request<Body>> for Request {
    type Error = Error;

    fn try_from(_: http::Request<Body>) -> Result<Self, Error> {
        Ok(Self)
    }
}

/// What would be sent.
#[derive(Debug)]
pub struct Body;

impl From<Bytes> for Body {
    fn from(_: Bytes) -> Self {
        Self
    }
}

/// An answer, of which there is none.
#[derive(Debug)]
pub struct Response(Infallible);

impl Response {
    /// Its status.
    pub fn status(&self) -> StatusCode {
        match self.0 {}
    }

    /// Its headers.
    pub fn headers(&self) -> &HeaderMap {
        match self.0 {}
    }

    /// Its body.
    pub fn bytes_stream(self) -> Empty<Result<Bytes, Error>> {
        stream::empty()
    }
}

/// Following other addresses.
pub mod redirect {
    /// Whether to.
    #[derive(Debug, Default)]
    pub struct Policy;

    impl Policy {
        /// No.
        pub fn none() -> Self {
            Self
        }
    }
}
