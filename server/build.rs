//! Embeds the front end: generates a table of the files in `dist/` and their compressed variants, for `assets.rs`.
//!
//! Without `dist/` the table is empty, so that the server builds and its tests run before the front end is built.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../dist");
    println!("cargo:rerun-if-changed={}", dist.display());
    let mut paths = Vec::new();
    if dist.is_dir() {
        collect_files(&dist, &mut paths)?;
    }
    paths.sort();
    let mut table = String::from("pub(super) static FILES: &[File] = &[\n");
    for path in paths.iter().filter(|path| !is_compressed(path)) {
        let bytes = fs::read(path)?;
        let url = format!("/{}", path.strip_prefix(&dist)?.display());
        writeln!(
            table,
            "File {{ path: {url:?}, media_type: {:?}, etag: \"\\\"{:016x}\\\"\", plain: include_bytes!({path:?}), brotli: {}, gzip: {} }},",
            media_type(path),
            fnv1a(&bytes),
            compressed_variant(path, "br"),
            compressed_variant(path, "gz"),
        )?;
    }
    table.push_str("];\n");
    let index = fs::read_to_string(dist.join("index.html")).unwrap_or_default();
    writeln!(table, "pub(super) static STYLES: &[&str] = &{:?};", stylesheets(&index))?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("files.rs"), table)?;
    Ok(())
}

fn collect_files(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_files(&path, paths)?;
        } else if path.file_name().is_none_or(|name| name != "index.html") {
            // Trunk's page is only read for the hashed file names; the server renders its own.
            paths.push(path);
        }
    }
    Ok(())
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "br" || extension == "gz")
        || path.file_name().is_some_and(|name| name == "index.html")
}

fn compressed_variant(path: &Path, extension: &str) -> String {
    let variant = PathBuf::from(format!("{}.{extension}", path.display()));
    if variant.is_file() { format!("Some(include_bytes!({variant:?}))") } else { "None".to_owned() }
}

/// Style sheets, in the order of the links in Trunk's page.
fn stylesheets(index: &str) -> Vec<&str> {
    let tags = index.split('<').filter(|tag| tag.starts_with("link") && tag.contains("rel=\"stylesheet\""));
    tags.filter_map(|tag| tag.split_once("href=\"")?.1.split_once('"').map(|(href, _)| href)).collect()
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// 64-bit FNV-1a hash (Fowler, Noll, Vo) for ETags; not cryptographic.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
