//! Integration tests: the real binary on a free loopback port, with a data directory of its own.
//!
//! No test sleeps: each waits for a log line, a frame or a response, for as long as it takes. Every stopped server must exit
//! with code 0 and without a panic in its log. A build without a front end is sufficient.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what must not happen ends a test; the functions that several tests share are not known as tests"
)]

mod access;
mod access_matrix;
mod acknowledgements;
mod action_links;
mod alerts;
mod alerts_page;
mod annotations;
mod audit;
mod backup;
mod base_path;
mod channels;
mod cli;
mod closed_requests;
mod data_directory;
mod edge;
mod edge_tls;
mod first_start;
mod full_disk;
mod gone_series;
mod heartbeats;
mod http;
mod ingest;
mod json_errors;
mod layouts;
mod limits;
mod list_pages;
mod load;
mod malformed_requests;
mod many_routes;
mod notifications;
mod pages;
mod panel_data;
mod probe_faults;
mod recorded;
mod rest;
mod rules;
mod saved_changes;
mod search;
mod second_factor;
mod server_functions;
mod shared_alerts;
mod shared_history;
mod shared_rules;
mod shared_sessions;
mod standard_output;
mod start_and_stop;
mod support;
mod suppressed_alerts;
mod trends;
mod users;
mod websocket;
mod websocket_faults;
mod websocket_large;
