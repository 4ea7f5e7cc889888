//! The part of `hickory-resolver` that Trunk calls: its server, which is not used here, prints names of this machine.

use std::io::{self, ErrorKind};
use std::net::IpAddr;

/// A resolver that there never is.
#[derive(Debug)]
pub struct TokioResolver;

/// What would make one.
#[derive(Debug)]
pub struct Builder;

impl TokioResolver {
    /// Makes none.
    ///
    /// # Errors
    /// Always.
    pub fn builder_tokio() -> io::Result<Builder> {
        Err(io::Error::new(ErrorKind::Unsupported, "this Trunk was built without looking up names"))
    }

    /// The names of an address: none.
    ///
    /// # Errors
    /// None.
    pub async fn reverse_lookup(&self, _: IpAddr) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }
}

impl Builder {
    /// The resolver.
    pub fn build(self) -> TokioResolver {
        TokioResolver
    }
}
