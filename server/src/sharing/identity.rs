//! Who this server is among others, and which of them are on the same machine.

use crate::files;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;

/// The file in the data folder.
const FILE: &str = "server-id";

/// The id of the server that has this data folder: 32 hexadecimal digits, made up at the first start.
///
/// # Errors
/// The folder cannot be read or written to.
pub(super) fn id(folder: &Path) -> io::Result<String> {
    if let Some(text) = files::read(folder, FILE)? {
        if is_id(text.trim()) {
            return Ok(text.trim().to_owned());
        }
        files::set_aside(folder, FILE, "it is not 32 hexadecimal digits")?;
    }
    // Each hasher of the standard library begins with a random key.
    let random = || RandomState::new().build_hasher().finish();
    let id = format!("{:016x}{:016x}", random(), random());
    files::replace(folder, FILE, format!("{id}\n").as_bytes())?;
    Ok(id)
}

/// Whether a text can be the id of a server.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The same for all servers for which `localhost` is the same: the kernel since it was started, and the network namespace.
/// Where the system does not tell, that is this server alone.
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
    fn an_id_is_made_once_and_a_damaged_one_anew() {
        let folder = tempfile::tempdir().unwrap();
        let first = id(folder.path()).unwrap();
        assert!(is_id(&first), "{first}");
        assert_eq!(id(folder.path()).unwrap(), first);
        std::fs::write(folder.path().join(FILE), "rubbish").unwrap();
        let second = id(folder.path()).unwrap();
        assert!(is_id(&second) && second != first, "{second}");
        assert_eq!(machine(&first), machine(&second), "this is one machine");
    }
}
