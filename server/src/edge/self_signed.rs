//! Self-signed certificate for servers that other machines reach and that have no certificate yet. It is made once and kept,
//! so that its fingerprint stays the same.

use super::certificate_expiry;
use super::tls::{CertificateFiles, TlsError};
use crate::persist::atomic_file;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use ring::digest::{SHA256, digest};
use std::fs::DirBuilder;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;
use time::OffsetDateTime;
use watchglass_model::Timestamp;

/// Folder in the data directory.
const FOLDER: &str = "tls";
const CERTIFICATE: &str = "self-signed.pem";
const KEY: &str = "self-signed.key";
/// Certificate and key in the data directory.
pub(crate) const FILES: [&str; 2] = ["tls/self-signed.key", "tls/self-signed.pem"];
/// Lifetime. [Apple](https://support.apple.com/en-us/103769) accepts no longer one, even if the user trusts the certificate.
const LIFETIME: Duration = Duration::from_secs(825 * 86_400);
/// A certificate that expires sooner is replaced at the start.
const RENEW_BEFORE: Duration = Duration::from_secs(30 * 86_400);

/// Why no certificate can be made.
#[derive(Debug, Error)]
pub(crate) enum SelfSignedError {
    #[error("{}: the self-signed certificate cannot be kept: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the self-signed certificate cannot be made: {0}")]
    Generate(#[from] rcgen::Error),
}

/// The files of the self-signed certificate in the data directory. It is made for `names` and `addresses` if there is none, or
/// if it is unusable or expires soon.
///
/// # Errors
/// The files cannot be written.
pub(crate) fn self_signed(
    data: &Path,
    names: &[String],
    addresses: &[IpAddr],
    now: Timestamp,
) -> Result<CertificateFiles, SelfSignedError> {
    let folder = data.join(FOLDER);
    let files = CertificateFiles { certificate: folder.join(CERTIFICATE), key: folder.join(KEY) };
    if is_usable(&files, now) {
        return Ok(files);
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| SelfSignedError::File { path, source }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed(&folder))?;
    let (certificate, key) = generate(names, addresses, now)?;
    // The key first: a certificate without its key is replaced at the next start.
    atomic_file::replace(&folder, KEY, key.as_bytes()).map_err(failed(&files.key))?;
    atomic_file::replace(&folder, CERTIFICATE, certificate.as_bytes()).map_err(failed(&files.certificate))?;
    tracing::info!(certificate = %files.certificate.display(), "self-signed certificate created");
    Ok(files)
}

fn is_usable(files: &CertificateFiles, now: Timestamp) -> bool {
    let Ok(found) = files.read() else { return false };
    let expiry = found.cert.first().and_then(|certificate| certificate_expiry::not_after(certificate));
    expiry.is_some_and(|expiry| now + RENEW_BEFORE < expiry)
}

/// Certificate and key as PEM.
fn generate(
    names: &[String],
    addresses: &[IpAddr],
    now: Timestamp,
) -> Result<(String, String), rcgen::Error> {
    let names = names.iter().cloned().chain(addresses.iter().map(IpAddr::to_string));
    let mut parameters = CertificateParams::new(names.collect::<Vec<_>>())?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "Watchglass self-signed");
    parameters.distinguished_name = subject;
    let at = |time: Timestamp| {
        OffsetDateTime::from_unix_timestamp(time.millis() / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    };
    parameters.not_before = at(now);
    parameters.not_after = at(now + LIFETIME);
    let key = KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

impl CertificateFiles {
    /// SHA-256 fingerprint of the server's certificate, as browsers show it: `AB:CD:…`.
    ///
    /// # Errors
    /// The files cannot be read.
    pub(crate) fn fingerprint(&self) -> Result<String, TlsError> {
        let found = self.read()?;
        let bytes = found.cert.first().map(|certificate| digest(&SHA256, certificate));
        let pairs: Vec<String> =
            bytes.iter().flat_map(|digest| digest.as_ref()).map(|byte| format!("{byte:02X}")).collect();
        Ok(pairs.join(":"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn make(data: &Path, now: Timestamp) -> CertificateFiles {
        let names = ["watch".to_owned(), "localhost".to_owned()];
        self_signed(data, &names, &["192.0.2.1".parse().unwrap(), "::1".parse().unwrap()], now).unwrap()
    }

    #[test]
    fn certificate_is_kept_until_it_expires_soon() {
        let data = tempfile::tempdir().unwrap();
        let files = make(data.path(), NOW);
        let first = files.fingerprint().unwrap();
        assert!(FILES.iter().all(|name| data.path().join(name).is_file()));
        assert_eq!((first.len(), first.matches(':').count()), (95, 31), "{first}");
        for (seconds, is_kept) in [(0, true), (794 * 86_400, true), (796 * 86_400, false)] {
            let same = make(data.path(), NOW + Duration::from_secs(seconds)).fingerprint().unwrap() == first;
            assert_eq!(same, is_kept, "after {seconds} s");
        }
        let expiry = certificate_expiry::not_after(files.read().unwrap().cert.first().unwrap()).unwrap();
        assert_eq!(expiry, NOW + Duration::from_secs(796 * 86_400) + LIFETIME);
    }

    #[test]
    fn damaged_or_foreign_files_are_replaced_and_the_key_is_private() {
        let data = tempfile::tempdir().unwrap();
        let files = make(data.path(), NOW);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&files.key), mode(files.key.parent().unwrap())), (0o600, 0o700));
        let other = make(tempfile::tempdir().unwrap().path(), NOW);
        for damage in [
            &(|| fs::write(&files.certificate, "x").unwrap()) as &dyn Fn(),
            &|| fs::remove_file(&files.key).unwrap(),
            &|| {
                fs::write(&files.key, "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n")
                    .unwrap()
            },
        ] {
            damage();
            assert!(files.read().is_err());
            assert_eq!(make(data.path(), NOW), files);
            assert!(files.read().is_ok());
        }
        assert!(other.read().is_err(), "the other folder is gone");
    }
}
