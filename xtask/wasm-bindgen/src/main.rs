//! The wasm-bindgen command that Trunk calls, built from this workspace's lock file.
//!
//! Building it here costs half of what installing `wasm-bindgen-cli` does, and the lock file keeps its version
//! equal to that of the library in the page. It knows the flags that Trunk 0.21 passes, with their meaning in
//! the [original](https://wasm-bindgen.github.io/wasm-bindgen/reference/cli.html).

mod arguments;
mod generate;

use arguments::Request;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let result = match Request::parse(std::env::args_os().skip(1)) {
        Ok(Request::Version) => {
            // Trunk compares the second word with the version in the lock file.
            let line = format!("wasm-bindgen {}\n", wasm_bindgen_shared::version());
            std::io::stdout().write_all(line.as_bytes()).map_err(|error| error.to_string())
        }
        Ok(Request::Generate(job)) => generate::run(&job),
        Err(error) => Err(error.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nothing is left to do when even the error cannot be written.
            let _ = writeln!(std::io::stderr(), "wasm-bindgen: {message}");
            ExitCode::FAILURE
        }
    }
}
