//! What was asked for on the command line.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// One call of the tool.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `--version`.
    Version,
    /// Everything else.
    Generate(Job),
}

/// The kind of module to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Target {
    /// For bundlers such as webpack; what the original does unless told otherwise.
    #[default]
    Bundler,
    /// A module that a browser can import as it is.
    Web,
    /// A plain script for a browser.
    NoModules,
    /// For Node.js.
    Node,
    /// For Deno.
    Deno,
}

/// A wasm file to work on, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Job {
    /// The file as the compiler wrote it.
    pub(crate) input: PathBuf,
    /// Folder for what is written.
    pub(crate) out_dir: PathBuf,
    /// First part of the names of what is written; the input's name when absent.
    pub(crate) out_name: Option<String>,
    /// The kind of module.
    pub(crate) target: Target,
    /// Keep debug information and names.
    pub(crate) keep_debug: bool,
    /// Leave symbol names as the compiler mangled them.
    pub(crate) no_demangle: bool,
    /// Write no `.d.ts` file.
    pub(crate) no_typescript: bool,
}

/// A command line that makes no sense.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ArgumentError {
    /// A flag that this tool does not know.
    Unknown(String),
    /// A flag that came without its value, and the form it should have.
    NoValue(&'static str),
    /// A target that does not exist.
    UnknownTarget(String),
    /// An argument that is not UTF-8 where text is needed.
    NotText(&'static str),
    /// More than one input file; the second one.
    SecondInput(PathBuf),
    /// No input file.
    NoInput,
    /// No folder to write to.
    NoOutDir,
}

impl std::error::Error for ArgumentError {}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(flag) => write!(
                f,
                "unknown flag {flag}; known are --version, --target=, --out-dir=, --out-name=, --keep-debug, \
                 --no-demangle, --reference-types, --weak-refs and --no-typescript"
            ),
            Self::NoValue(form) => write!(f, "a flag lacks its value; write {form}"),
            Self::UnknownTarget(name) => {
                write!(f, "unknown target {name:?}; known are bundler, web, no-modules, nodejs and deno")
            }
            Self::NotText(flag) => write!(f, "the value of {flag} is not UTF-8 text"),
            Self::SecondInput(path) => write!(f, "{} is a second input file; give one", path.display()),
            Self::NoInput => {
                write!(f, "no input file; write wasm-bindgen --target=web --out-dir=DIR FILE.wasm")
            }
            Self::NoOutDir => write!(f, "no folder to write to; add --out-dir=DIR"),
        }
    }
}

impl Request {
    /// Reads the arguments behind the program's name. A flag's value follows `=` or is the next argument.
    ///
    /// # Errors
    /// See [`ArgumentError`].
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, ArgumentError> {
        let mut job = Job::default();
        let mut input = None;
        let mut out_dir = None;
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            let Some(flag) = argument.to_str().filter(|text| text.starts_with('-')) else {
                let path = PathBuf::from(argument);
                if input.is_some() {
                    return Err(ArgumentError::SecondInput(path));
                }
                input = Some(path);
                continue;
            };
            let (name, attached) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(OsString::from(value))),
                None => (flag, None),
            };
            let mut value =
                |form| attached.clone().or_else(|| rest.next()).ok_or(ArgumentError::NoValue(form));
            match name {
                "-V" | "--version" => return Ok(Self::Version),
                "--target" => job.target = target(&text(value("--target=web")?, "--target")?)?,
                "--out-dir" => out_dir = Some(PathBuf::from(value("--out-dir=DIR")?)),
                "--out-name" => job.out_name = Some(text(value("--out-name=NAME")?, "--out-name")?),
                "--keep-debug" => job.keep_debug = true,
                "--no-demangle" => job.no_demangle = true,
                "--no-typescript" => job.no_typescript = true,
                // The original finds these out by itself, and takes the flags for old callers.
                "--reference-types" | "--weak-refs" => {}
                _ => return Err(ArgumentError::Unknown(flag.to_owned())),
            }
        }
        job.input = input.ok_or(ArgumentError::NoInput)?;
        job.out_dir = out_dir.ok_or(ArgumentError::NoOutDir)?;
        Ok(Self::Generate(job))
    }
}

fn text(value: OsString, flag: &'static str) -> Result<String, ArgumentError> {
    value.into_string().map_err(|_| ArgumentError::NotText(flag))
}

fn target(name: &str) -> Result<Target, ArgumentError> {
    match name {
        "bundler" => Ok(Target::Bundler),
        "web" => Ok(Target::Web),
        "no-modules" => Ok(Target::NoModules),
        "nodejs" => Ok(Target::Node),
        "deno" => Ok(Target::Deno),
        other => Err(ArgumentError::UnknownTarget(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, ArgumentError> {
        Request::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn understands_what_trunk_passes() {
        let expected = Job {
            input: "a/app.wasm".into(),
            out_dir: "out".into(),
            out_name: Some("app".to_owned()),
            target: Target::Web,
            no_typescript: true,
            ..Job::default()
        };
        for line in [
            "--target=web --out-dir=out --out-name=app a/app.wasm --no-typescript",
            "--target web --out-dir out --out-name app --no-typescript --weak-refs a/app.wasm",
        ] {
            assert_eq!(parse(line), Ok(Request::Generate(expected.clone())), "{line}");
        }
        let all = Job { keep_debug: true, no_demangle: true, ..expected };
        let line = "--target=web --out-dir=out --out-name=app a/app.wasm --keep-debug --no-demangle \
                    --reference-types --weak-refs --no-typescript";
        assert_eq!(parse(line), Ok(Request::Generate(all)));
        assert_eq!(parse("--version"), Ok(Request::Version));
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, reason) in [
            ("--tarjet=web --out-dir=o a.wasm", "unknown flag --tarjet=web"),
            ("--target=wep --out-dir=o a.wasm", "unknown target \"wep\""),
            ("--target", "write --target=web"),
            ("--out-dir=o a.wasm b.wasm", "b.wasm is a second input file"),
            ("--out-dir=o", "no input file"),
            ("a.wasm", "add --out-dir=DIR"),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }

    #[test]
    fn the_package_has_the_version_of_what_it_wraps() {
        assert_eq!(wasm_bindgen_shared::version(), env!("CARGO_PKG_VERSION"));
    }
}
