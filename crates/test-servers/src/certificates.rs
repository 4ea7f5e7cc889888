//! Self-signed test certificates.

use super::process::{find_program, stdout_of};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// Name in the server's certificate, for tests that reach it through a proxy.
pub const SERVER_NAME: &str = "watchglass.test";

/// Certificate of a server at 127.0.0.1 and its CA.
#[derive(Debug)]
pub struct Certificates {
    /// CA certificate.
    pub authority: PathBuf,
    /// Server certificate for 127.0.0.1 and [`SERVER_NAME`].
    pub server: PathBuf,
    /// Private key of the server.
    pub key: PathBuf,
    // Deleted on drop.
    _folder: TempDir,
}

impl Certificates {
    /// Generates new certificates; `None` if OpenSSL is not installed.
    pub fn generate() -> Option<Self> {
        let program = find_program("openssl", &[])?;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("names"), format!("subjectAltName=IP:127.0.0.1,DNS:{SERVER_NAME}\n"))
            .unwrap();
        let run = |words: &str| stdout_of(Command::new(&program).current_dir(&folder).args(words.split(' ')));
        let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        run(&format!("req -x509 {new} -days 2 -subj /CN=authority -keyout authority.key -out authority.pem"));
        run(&format!("req {new} -subj /CN=server -keyout server.key -out server.csr"));
        run("x509 -req -days 2 -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
             -extfile names -out server.pem");
        let file = |name: &str| folder.path().join(name);
        let [authority, server, key] = ["authority.pem", "server.pem", "server.key"].map(file);
        Some(Self { authority, server, key, _folder: folder })
    }
}
