//! Tests of the whole program: the real binary on a free loopback port, with a data folder of its own.
//!
//! No test waits for time to pass: each waits for a line, a frame or an answer, for as long as it takes. Every server
//! that is stopped must end with exit code 0 and without a panic in its log. A build without a front end will do.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what must not happen ends a test; the functions that several tests share are not known as tests"
)]

mod access;
mod access_matrix;
mod alerts;
mod alerts_page;
mod annotations;
mod arrange;
mod audit;
mod backup;
mod cli;
mod deeds;
mod edge;
mod edge_tls;
mod faults;
mod functions;
mod hostile_requests;
mod http;
mod ingest;
mod limits;
mod list_pages;
mod load;
mod pages;
mod panel_data;
mod people;
mod rest;
mod rules;
mod second_factor;
mod shared_alerts;
mod shared_history;
mod shared_rules;
mod shared_sessions;
mod start_and_stop;
mod support;
mod telling;
mod trends;
mod websocket;
mod websocket_faults;
