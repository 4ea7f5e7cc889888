//! Makes the JavaScript and the final wasm file.

use crate::arguments::{Job, Target};
use wasm_bindgen_cli_support::Bindgen;

/// Reads `job.input` and writes `OUT_NAME.js`, `OUT_NAME_bg.wasm` and snippets into `job.out_dir`.
///
/// # Errors
/// Names the file, and says with all causes why it could not be read, understood or written.
pub(crate) fn run(job: &Job) -> Result<(), String> {
    configured(job)
        .and_then(|mut bindgen| bindgen.generate(&job.out_dir).map_err(|error| format!("{error:#}")))
        .map_err(|reason| format!("{}: {reason}", job.input.display()))
}

fn configured(job: &Job) -> Result<Bindgen, String> {
    let mut bindgen = Bindgen::new();
    match job.target {
        Target::Bundler => bindgen.bundler(true),
        Target::Web => bindgen.web(true),
        Target::NoModules => bindgen.no_modules(true),
        Target::Node => bindgen.nodejs(true),
        Target::Deno => bindgen.deno(true),
    }
    .map_err(|error| format!("{error:#}"))?;
    bindgen
        .input_path(&job.input)
        .keep_debug(job.keep_debug)
        .demangle(!job.no_demangle)
        .typescript(!job.no_typescript)
        // Names are for debuggers and profilers; with --keep-debug they stay.
        .remove_name_section(!job.keep_debug)
        .remove_producers_section(!job.keep_debug);
    if let Some(name) = &job.out_name {
        bindgen.out_name(name);
    }
    Ok(bindgen)
}
