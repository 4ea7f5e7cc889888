//! Test support: the server as a child process, and well-behaved and misbehaving clients.

mod config_file;
mod dom;
mod http;
mod proc_folder;
mod program;
mod raw_socket;
mod seed;
mod socket;

pub(crate) use config_file::ConfigFile;
pub(crate) use dom::Dom;
pub(crate) use http::{
    Connection, Response, data, exchange, get, post, post_form, request, request_text, send,
};
pub(crate) use proc_folder::ProcFolder;
pub(crate) use program::{Finished, Server, run, within};
pub(crate) use raw_socket::{Masking, RawSocket, frame};
pub(crate) use seed::TestToken;
pub(crate) use socket::{BINARY, JSON, Socket, until};
