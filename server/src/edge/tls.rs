//! TLS with certificate and key from files, which are reloaded when they change: renewals need no restart.

use super::certificate_expiry;
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

/// The largest certificate or key file in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// The shortest time between two checks of the files, whatever the number of connections.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Why certificate and key cannot be used. Never contains parts of a key.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    /// A file cannot be read.
    #[error("{setting}: {} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The setting with the path.
        setting: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A file has no valid certificate or key.
    #[error("{setting}: {} {reason}", .path.display())]
    Invalid {
        /// The setting with the path.
        setting: &'static str,
        path: PathBuf,
        /// What is invalid, and the accepted form.
        reason: String,
    },
    /// The key does not belong to the certificate.
    #[error("tls_cert and tls_key: {} and {} do not match: {reason}", .certificate.display(), .key.display())]
    Mismatch { certificate: PathBuf, key: PathBuf, reason: String },
    /// The TLS library rejected the configuration.
    #[error("TLS setup failed: {0}")]
    Library(rustls::Error),
}

/// Certificate and key files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CertificateFiles {
    /// The chain, the server's own certificate first, as PEM.
    pub(crate) certificate: PathBuf,
    /// The private key, as PEM.
    pub(crate) key: PathBuf,
}

impl CertificateFiles {
    /// Reads the files. Waits for the disk.
    ///
    /// # Errors
    /// What is invalid, and the accepted form.
    pub(crate) fn read(&self) -> Result<CertifiedKey, TlsError> {
        let wrong = |setting, path: &Path, reason: &str| TlsError::Invalid {
            setting,
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let text = contents("tls_cert", &self.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let chain = chain
            .map_err(|error| wrong("tls_cert", &self.certificate, &format!("is not valid PEM: {error}")))?;
        if chain.is_empty() {
            let reason = "has no certificate: it must contain BEGIN CERTIFICATE and END CERTIFICATE lines";
            return Err(wrong("tls_cert", &self.certificate, reason));
        }
        let text = contents("tls_key", &self.key)?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            let reason = "has no key: it must contain BEGIN PRIVATE KEY and END PRIVATE KEY lines, and have no password";
            wrong("tls_key", &self.key, reason)
        })?;
        CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| TlsError::Mismatch {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            reason: error.to_string(),
        })
    }

    /// Versions of both files, to detect changes.
    fn versions(&self) -> [Option<FileVersion>; 2] {
        [&self.certificate, &self.key].map(|path| FileVersion::of(path).ok())
    }
}

fn contents(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let unreadable = |source| TlsError::Unreadable { setting, path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let reason = format!("is longer than {MAX_FILE_BYTES} bytes");
        return Err(TlsError::Invalid { setting, path: path.to_owned(), reason });
    }
    Ok(bytes)
}

/// Metadata that changes when a file is written or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileVersion {
    bytes: u64,
    modified: (i64, i64),
    inode: u64,
}

impl FileVersion {
    fn of(path: &Path) -> io::Result<Self> {
        let found = std::fs::metadata(path)?;
        Ok(Self { bytes: found.len(), modified: (found.mtime(), found.mtime_nsec()), inode: found.ino() })
    }
}

/// TLS with the newest valid certificate.
#[derive(Debug)]
pub(crate) struct Tls {
    files: CertificateFiles,
    current: Arc<CurrentCertificate>,
    config: Arc<ServerConfig>,
    last_check: Mutex<LastCheck>,
}

/// Last check of the files.
#[derive(Debug)]
struct LastCheck {
    at: Instant,
    versions: [Option<FileVersion>; 2],
    /// Why they could not be loaded.
    error: Option<String>,
}

#[derive(Debug)]
struct CurrentCertificate(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    /// Loads the files for the first time. `now` is from a monotonic clock, like everywhere in this file.
    ///
    /// # Errors
    /// What is invalid, and the accepted form.
    pub(crate) fn open(files: CertificateFiles, now: Instant) -> Result<Self, TlsError> {
        // Taken before reading: a write in between is seen at the next check.
        let versions = files.versions();
        let current = Arc::new(CurrentCertificate(RwLock::new(Arc::new(files.read()?))));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Library)?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let last_check = Mutex::new(LastCheck { at: now, versions, error: None });
        Ok(Self { files, current, config: Arc::new(config), last_check })
    }

    /// Acceptor for the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Whether the next check of the files is due.
    pub(super) fn is_check_due(&self, now: Instant) -> bool {
        let check = self.last_check.lock().unwrap_or_else(PoisonError::into_inner);
        now.saturating_duration_since(check.at) >= CHECK_INTERVAL
    }

    /// Reloads the files if they have changed since the last check. If they are invalid, the current certificate stays in use.
    /// Waits for the disk.
    pub(crate) fn reload_if_changed(&self, now: Instant) {
        let mut check = self.last_check.lock().unwrap_or_else(PoisonError::into_inner);
        check.at = now;
        let versions = self.files.versions();
        if versions == check.versions {
            return;
        }
        check.versions = versions;
        match self.files.read() {
            Ok(key) => {
                *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                check.error = None;
                tracing::info!(certificate = %self.files.certificate.display(), "TLS certificate reloaded");
            }
            Err(error) => {
                let message = format!("using the previous certificate: {error}");
                tracing::error!(%error, "TLS certificate reload failed; keeping the current one");
                check.error = Some(message);
            }
        }
    }

    /// When the certificate in use expires; `None` if it cannot be parsed.
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        let key = Arc::clone(&self.current.0.read().unwrap_or_else(PoisonError::into_inner));
        certificate_expiry::not_after(key.cert.first()?)
    }

    /// Why the last reload failed, if it did.
    pub(crate) fn reload_error(&self) -> Option<String> {
        self.last_check.lock().unwrap_or_else(PoisonError::into_inner).error.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_test_servers::Certificates;

    fn files(folder: &Path) -> CertificateFiles {
        CertificateFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") }
    }

    /// Replaces the file by a new one: two writes at the same moment may have the same metadata.
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
        tls.current.0.read().unwrap().cert[0].to_vec()
    }

    #[test]
    fn valid_files_are_reloaded_and_invalid_ones_are_not() {
        // Certificates are made with OpenSSL; skip the test without it.
        let (Some(one), Some(two)) = (Certificates::generate(), Certificates::generate()) else { return };
        let folder = tempfile::tempdir().unwrap();
        let (files, now) = (files(folder.path()), Instant::now());
        install(&one, &files);
        let tls = Tls::open(files.clone(), now).unwrap();
        let first = certificate(&tls);
        assert!(!tls.is_check_due(now) && tls.is_check_due(now + CHECK_INTERVAL));
        tls.reload_if_changed(now);
        assert_eq!((certificate(&tls), tls.reload_error()), (first.clone(), None));
        // The new certificate is installed, its key not yet.
        replace(&two.server, &files.certificate);
        tls.reload_if_changed(now);
        let problem = tls.reload_error().unwrap();
        assert!(problem.contains("do not match") && problem.contains("key.pem"), "{problem}");
        assert_eq!(certificate(&tls), first);
        install(&two, &files);
        tls.reload_if_changed(now);
        assert_eq!(tls.reload_error(), None);
        assert_ne!(certificate(&tls), first);
        std::fs::remove_file(&files.key).unwrap();
        tls.reload_if_changed(now);
        assert!(tls.reload_error().unwrap().contains("tls_key"));
        assert_ne!(certificate(&tls), first);
    }

    #[test]
    fn tls_file_errors_name_setting_and_path_but_not_the_key() {
        let Some(made) = Certificates::generate() else { return };
        let Some(other) = Certificates::generate() else { return };
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
        check(None, Some(&foreign), &["cert.pem", "key.pem do not match"]);
    }
}
