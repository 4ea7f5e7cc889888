//! Compresses the page's files at build time, so that the server need not compress them.
//!
//! `compress FOLDER` writes `x.wasm.br` and `x.wasm.gz` next to `x.wasm`, and so on. It is a separate program because the
//! best level of brotli needs an optimised build, which `cargo xtask` should not wait for.

mod encode;
mod folder;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let result = match arguments.as_slice() {
        [path] => folder::compress(Path::new(path)).map_err(|error| error.to_string()),
        _ => Err("expected one folder, for example: compress dist".to_owned()),
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
