//! What the tests share: the program as a child process, and clients that can also do what they must not.

mod config_file;
mod http;
mod proc_folder;
mod program;
mod raw_socket;
mod seed;
mod socket;

pub(crate) use config_file::ConfigFile;
pub(crate) use http::{
    Answer, Connection, data, exchange, get, post, post_form, request, request_text, send,
};
pub(crate) use proc_folder::ProcFolder;
pub(crate) use program::{Finished, Server, run, within};
pub(crate) use raw_socket::{Masking, RawSocket, frame};
pub(crate) use seed::Who;
pub(crate) use socket::{BINARY, JSON, Socket, until};
