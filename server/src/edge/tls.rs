//! Encryption with a certificate from files, which are read again when they are others: whoever renews certificates need not
//! restart the server.

use super::expiry;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use watchglass_model::Timestamp;

/// A larger file holds no certificates.
const MOST_BYTES: u64 = 1 << 20;
/// The files are not looked at more often than that, however many connect.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is wrong with the files of a certificate. Nothing of a key is in it.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    /// A file cannot be read.
    #[error("{setting}: {} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The setting that names it.
        setting: &'static str,
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is none of certificates or keys.
    #[error("{setting}: {} {reason}", .path.display())]
    Wrong {
        /// The setting that names it.
        setting: &'static str,
        /// Which.
        path: PathBuf,
        /// What it is, and what it must be.
        reason: String,
    },
    /// Certificate and key do not go together.
    #[error("tls_cert and tls_key: {} and {} do not go together: {reason}", .certificate.display(), .key.display())]
    Unfit {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        reason: String,
    },
    /// The library cannot encrypt.
    #[error("connections cannot be encrypted: {0}")]
    Library(rustls::Error),
}

/// The files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CertificateFiles {
    /// The chain, the server's own certificate first, as PEM.
    pub(crate) certificate: PathBuf,
    /// Its key, as PEM.
    pub(crate) key: PathBuf,
}

impl CertificateFiles {
    /// Reads them. Waits for the disk.
    ///
    /// # Errors
    /// What is wrong with them, and what would be right.
    pub(crate) fn read(&self) -> Result<CertifiedKey, TlsError> {
        let wrong = |setting, path: &Path, reason: &str| TlsError::Wrong {
            setting,
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let text = contents("tls_cert", &self.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let chain =
            chain.map_err(|error| wrong("tls_cert", &self.certificate, &format!("is no PEM: {error}")))?;
        if chain.is_empty() {
            let reason = "has no certificate: it must have lines BEGIN CERTIFICATE and END CERTIFICATE";
            return Err(wrong("tls_cert", &self.certificate, reason));
        }
        let text = contents("tls_key", &self.key)?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            let reason = "has no key that can be read: it must have lines BEGIN PRIVATE KEY and END PRIVATE KEY, and no password";
            wrong("tls_key", &self.key, reason)
        })?;
        CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| TlsError::Unfit {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            reason: error.to_string(),
        })
    }

    /// By what it is seen that they have changed.
    fn marks(&self) -> [Option<Mark>; 2] {
        [&self.certificate, &self.key].map(|path| Mark::of(path).ok())
    }
}

fn contents(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let unreadable = |source| TlsError::Unreadable { setting, path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        let reason = format!("is longer than {MOST_BYTES} bytes, the most that is read");
        return Err(TlsError::Wrong { setting, path: path.to_owned(), reason });
    }
    Ok(bytes)
}

/// What is different after a file was written or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    bytes: u64,
    modified: (i64, i64),
    inode: u64,
}

impl Mark {
    fn of(path: &Path) -> io::Result<Self> {
        let found = std::fs::metadata(path)?;
        Ok(Self { bytes: found.len(), modified: (found.mtime(), found.mtime_nsec()), inode: found.ino() })
    }
}

/// Encrypts connections with the newest certificate that is good.
#[derive(Debug)]
pub(crate) struct Tls {
    files: CertificateFiles,
    held: Arc<Held>,
    config: Arc<ServerConfig>,
    looked: Mutex<Looked>,
}

/// The last look at the files.
#[derive(Debug)]
struct Looked {
    at: Instant,
    marks: [Option<Mark>; 2],
    /// What was wrong with them.
    problem: Option<String>,
}

#[derive(Debug)]
struct Held(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Held {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    /// Reads the files for the first time. `now` is by a clock that never steps back, as it is everywhere here.
    ///
    /// # Errors
    /// What is wrong with them, and what would be right.
    pub(crate) fn open(files: CertificateFiles, now: Instant) -> Result<Self, TlsError> {
        // Before they are read: what is written meanwhile is seen at the next look.
        let marks = files.marks();
        let held = Arc::new(Held(RwLock::new(Arc::new(files.read()?))));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Library)?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::clone(&held) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let looked = Mutex::new(Looked { at: now, marks, problem: None });
        Ok(Self { files, held, config: Arc::new(config), looked })
    }

    /// What encrypts the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Whether the last look is so long ago that the next is worth it.
    pub(super) fn is_time(&self, now: Instant) -> bool {
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        now.saturating_duration_since(looked.at) >= LOOK_EVERY
    }

    /// Reads the files again if they are others than at the last look. Where they are no good, the certificate of before stays.
    /// Waits for the disk.
    pub(super) fn look(&self, now: Instant) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.at = now;
        let marks = self.files.marks();
        if marks == looked.marks {
            return;
        }
        looked.marks = marks;
        match self.files.read() {
            Ok(key) => {
                *self.held.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                looked.problem = None;
                tracing::info!(certificate = %self.files.certificate.display(), "connections have the new certificate");
            }
            Err(error) => {
                let problem = format!("the certificate of before is used: {error}");
                tracing::error!(%error, "connections keep the certificate of before");
                looked.problem = Some(problem);
            }
        }
    }

    /// When the certificate that is used ends, if it says so.
    pub(super) fn ends(&self) -> Option<Timestamp> {
        let key = Arc::clone(&self.held.0.read().unwrap_or_else(PoisonError::into_inner));
        expiry::ends(key.cert.first()?)
    }

    /// What is wrong with the files, if they have become wrong.
    pub(crate) fn problem(&self) -> Option<String> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).problem.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_test_servers::Certificates;

    fn files(folder: &Path) -> CertificateFiles {
        CertificateFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") }
    }

    /// Another file each time: two that are written in the same moment may look the same.
    fn replace(from: &Path, to: &Path) {
        let new = to.with_extension("new");
        std::fs::copy(from, &new).unwrap();
        std::fs::rename(new, to).unwrap();
    }

    fn install(made: &Certificates, files: &CertificateFiles) {
        replace(&made.server, &files.certificate);
        replace(&made.key, &files.key);
    }

    fn certificate(tls: &Tls) -> Vec<u8> {
        tls.held.0.read().unwrap().cert[0].to_vec()
    }

    #[test]
    fn new_files_count_and_broken_ones_do_not() {
        // Without OpenSSL there is nothing to test with.
        let (Some(one), Some(two)) = (Certificates::make(), Certificates::make()) else { return };
        let folder = tempfile::tempdir().unwrap();
        let (files, now) = (files(folder.path()), Instant::now());
        install(&one, &files);
        let tls = Tls::open(files.clone(), now).unwrap();
        let first = certificate(&tls);
        assert!(!tls.is_time(now) && tls.is_time(now + LOOK_EVERY));
        tls.look(now);
        assert_eq!((certificate(&tls), tls.problem()), (first.clone(), None));
        // The new certificate is there and its key is not yet.
        replace(&two.server, &files.certificate);
        tls.look(now);
        let problem = tls.problem().unwrap();
        assert!(problem.contains("do not go together") && problem.contains("key.pem"), "{problem}");
        assert_eq!(certificate(&tls), first);
        install(&two, &files);
        tls.look(now);
        assert_eq!(tls.problem(), None);
        assert_ne!(certificate(&tls), first);
        std::fs::remove_file(&files.key).unwrap();
        tls.look(now);
        assert!(tls.problem().unwrap().contains("tls_key"));
        assert_ne!(certificate(&tls), first);
    }

    #[test]
    fn what_is_wrong_with_files_is_said_with_setting_and_path_and_without_the_key() {
        let Some(made) = Certificates::make() else { return };
        let Some(other) = Certificates::make() else { return };
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let key = std::fs::read_to_string(&made.key).unwrap();
        let secret = key.lines().nth(1).unwrap().to_owned();
        let check = |certificate: Option<&[u8]>, key: Option<&[u8]>, expected: &[&str]| {
            install(&made, &files);
            for (path, text) in [(&files.certificate, certificate), (&files.key, key)] {
                match text {
                    Some(b"") => std::fs::remove_file(path).unwrap(),
                    Some(text) => std::fs::write(path, text).unwrap(),
                    None => {}
                }
            }
            let error = files.read().unwrap_err().to_string();
            for part in expected {
                assert!(error.contains(part), "{part}: {error}");
            }
            assert!(!error.contains(&secret), "{error}");
        };
        check(Some(b""), None, &["tls_cert", "cert.pem cannot be read"]);
        check(None, Some(b""), &["tls_key", "key.pem cannot be read"]);
        check(Some(b"hello"), None, &["cert.pem has no certificate", "BEGIN CERTIFICATE"]);
        check(Some(key.as_bytes()), None, &["cert.pem has no certificate"]);
        check(None, Some(b"hello"), &["key.pem has no key", "BEGIN PRIVATE KEY", "no password"]);
        check(None, Some(&vec![b'x'; (1 << 20) + 1]), &["key.pem is longer than 1048576 bytes"]);
        let foreign = std::fs::read(&other.key).unwrap();
        check(None, Some(&foreign), &["cert.pem", "key.pem do not go together"]);
    }
}
