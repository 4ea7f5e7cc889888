//! Writes compressed siblings of the page's files, so that the server never compresses them itself.
//!
//! `compress FOLDER` writes `x.wasm.br` and `x.wasm.gz` beside `x.wasm`, and so on. It is a program of its own
//! because brotli's slowest and best level needs an optimised build, which `cargo xtask` should not wait for.

mod encode;
mod folder;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let result = match arguments.as_slice() {
        [path] => folder::compress(Path::new(path)).map_err(|error| error.to_string()),
        _ => Err("give one folder: compress dist".to_owned()),
    };
    match result {
        Ok(sizes) => {
            let _ = writeln!(std::io::stdout(), "{sizes}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "compress: {message}");
            ExitCode::FAILURE
        }
    }
}
