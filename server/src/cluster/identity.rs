//! Identity of this server and its host in the cluster.

use crate::persist::atomic_file;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;

/// File in the data directory.
pub(crate) const FILE: &str = "server-id";

/// Id of the server of this data directory: 32 hexadecimal digits, generated at the first start.
///
/// # Errors
/// The folder cannot be read or written.
pub(super) fn id(folder: &Path) -> io::Result<String> {
    if let Some(text) = atomic_file::read(folder, FILE)? {
        if is_id(text.trim()) {
            return Ok(text.trim().to_owned());
        }
        atomic_file::quarantine(folder, FILE, "invalid server id: it must be 32 hexadecimal digits")?;
    }
    // The hashers of the standard library have random keys.
    let random = || RandomState::new().build_hasher().finish();
    let id = format!("{:016x}{:016x}", random(), random());
    atomic_file::replace(folder, FILE, format!("{id}\n").as_bytes())?;
    Ok(id)
}

/// Whether a text is a valid server id.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Identity of the host: the same for all servers that share `localhost` (boot id and network namespace). If it cannot be
/// determined, the id of the server.
pub(super) fn machine(id: &str) -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let network = std::fs::read_link("/proc/self/ns/net");
    match (boot, network) {
        (Ok(boot), Ok(network)) => format!("{} {}", boot.trim(), network.display()),
        _ => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_generated_once_and_replaced_if_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let first = id(folder.path()).unwrap();
        assert!(is_id(&first), "{first}");
        assert_eq!(id(folder.path()).unwrap(), first);
        std::fs::write(folder.path().join(FILE), "garbage").unwrap();
        let second = id(folder.path()).unwrap();
        assert!(is_id(&second) && second != first, "{second}");
        assert_eq!(machine(&first), machine(&second), "the machine is the same");
    }
}
