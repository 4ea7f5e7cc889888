//! REST API, ingest, metrics and the live connection: handlers for programs. `routes` has their paths and permissions.

pub(crate) mod alerts;
pub(crate) mod annotations;
pub(crate) mod audit;
pub(crate) mod channels;
pub(crate) mod handshake;
pub(crate) mod heartbeats;
pub(crate) mod ingest;
pub(crate) mod live;
pub(crate) mod liveness;
pub(crate) mod processes;
pub(crate) mod rules;
pub(crate) mod scrape;
pub(crate) mod silences;
pub(crate) mod system;
pub(crate) mod tokens;
pub(crate) mod users;
