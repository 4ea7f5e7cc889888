//! Compression of the files of a folder.

use crate::encode;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Extensions of files to compress. Images and fonts are compressed formats.
const EXTENSIONS: [&str; 10] =
    ["css", "html", "ico", "js", "json", "map", "svg", "txt", "wasm", "webmanifest"];

/// Total size of all compressible files in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Number of files.
    pub(crate) files: usize,
    /// Uncompressed.
    pub(crate) plain: usize,
    /// For a browser that accepts brotli.
    pub(crate) brotli: usize,
    /// For a browser that accepts gzip only.
    pub(crate) gzip: usize,
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = |bytes: usize| bytes as f64 / 1024.0;
        write!(
            f,
            "{} files: {:.1} KiB, {:.1} KiB in brotli, {:.1} KiB in gzip",
            self.files,
            kib(self.plain),
            kib(self.brotli),
            kib(self.gzip)
        )
    }
}

/// A file or folder that could not be read or written.
#[derive(Debug)]
pub(crate) struct FileError {
    path: PathBuf,
    source: io::Error,
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.source)
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError { path, source }
}

/// Writes `NAME.br` and `NAME.gz` for each compressible file in `folder` and below, if the compressed file is smaller. Removes
/// old compressed files otherwise.
///
/// # Errors
/// A file could not be read or written.
pub(crate) fn compress(folder: &Path) -> Result<Sizes, FileError> {
    let mut sizes = Sizes::default();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.is_dir() {
            let below = compress(&path)?;
            sizes.files += below.files;
            sizes.plain += below.plain;
            sizes.brotli += below.brotli;
            sizes.gzip += below.gzip;
        } else if is_compressible(&path) {
            let content = fs::read(&path).map_err(at(&path))?;
            sizes.files += 1;
            sizes.plain += content.len();
            sizes.brotli += write_compressed(&path, "br", &content, encode::brotli)?;
            sizes.gzip += write_compressed(&path, "gz", &content, encode::gzip)?;
        }
    }
    Ok(sizes)
}

fn is_compressible(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|extension| EXTENSIONS.contains(&extension))
}

/// Writes one compressed file if it is smaller. Returns the size of the file to send.
fn write_compressed(
    path: &Path,
    suffix: &str,
    content: &[u8],
    encode: fn(&[u8]) -> io::Result<Vec<u8>>,
) -> Result<usize, FileError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    let target = PathBuf::from(name);
    let encoded = encode(content).map_err(at(path))?;
    if encoded.len() < content.len() {
        fs::write(&target, &encoded).map_err(at(&target))?;
        return Ok(encoded.len());
    }
    match fs::remove_file(&target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&target)(error)),
        _ => Ok(content.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_compressed_files_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("pkg")).unwrap();
        for (name, content) in [
            ("pkg/app_bg.wasm", "wasm ".repeat(200)),
            ("tiny.css", "a".to_owned()),
            ("tiny.css.br", "old".to_owned()),
            ("picture.png", "png ".repeat(200)),
        ] {
            fs::write(path(name), content).unwrap();
        }
        let sizes = compress(folder.path()).unwrap();
        assert_eq!((sizes.files, sizes.plain), (2, 1001));
        assert!(sizes.brotli < sizes.gzip && sizes.gzip < 100, "{sizes:?}");
        for (name, exists) in [
            ("pkg/app_bg.wasm.br", true),
            ("pkg/app_bg.wasm.gz", true),
            ("tiny.css.br", false),
            ("tiny.css.gz", false),
            ("picture.png.br", false),
        ] {
            assert_eq!(path(name).exists(), exists, "{name}");
        }
        let again = compress(folder.path()).unwrap();
        assert_eq!(again, sizes, "compressed files are not compressed again");
    }

    #[test]
    fn error_names_a_missing_folder() {
        let error = compress(Path::new("no/such/folder")).unwrap_err();
        assert!(error.to_string().starts_with("no/such/folder: "), "{error}");
    }
}
