//! Tar headers in the ustar interchange format (IEEE Std 1003.1-2024, pax, "ustar Interchange Format").

/// First file of an archive: the manifest, as JSON.
pub const MANIFEST: &str = "watchglass-backup.json";
/// Last file of an archive: the SHA-256 of everything before it.
pub const CHECKSUM: &str = "watchglass-backup.sha256";

/// Block size of a tar file, in bytes.
pub(crate) const BLOCK: usize = 512;
/// End of the archive: two zero blocks.
pub(crate) const END: usize = 2 * BLOCK;

/// Header of a regular file with mode 0600. Names have less than 100 bytes; a longer one would be truncated.
pub(crate) fn header(name: &str, size: u64, seconds: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    put(&mut header, 0, 100, name.as_bytes());
    put(&mut header, 100, 8, b"0000600\0");
    put(&mut header, 108, 8, b"0000000\0");
    put(&mut header, 116, 8, b"0000000\0");
    put(&mut header, 124, 12, format!("{size:011o}\0").as_bytes());
    put(&mut header, 136, 12, format!("{seconds:011o}\0").as_bytes());
    // The checksum is computed with eight spaces in its field.
    put(&mut header, 148, 8, b"        ");
    put(&mut header, 156, 1, b"0");
    put(&mut header, 257, 8, b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    put(&mut header, 148, 8, format!("{sum:06o}\0 ").as_bytes());
    header
}

fn put(header: &mut [u8; BLOCK], at: usize, limit: usize, bytes: &[u8]) {
    for (target, byte) in header.iter_mut().skip(at).take(limit).zip(bytes) {
        *target = *byte;
    }
}

/// Padding after `size` bytes.
pub(crate) fn padding(size: u64) -> usize {
    let block = BLOCK as u64;
    usize::try_from((block - size % block) % block).unwrap_or(0)
}

/// Size and time of a header; `None` if it is not the expected header for this name.
pub(crate) fn size_and_time(found: &[u8; BLOCK], name: &str) -> Option<(u64, u64)> {
    let number = |at: usize| {
        let text = std::str::from_utf8(found.get(at..at + 11)?).ok()?;
        u64::from_str_radix(text, 8).ok()
    };
    let (size, seconds) = (number(124)?, number(136)?);
    (header(name, size, seconds) == *found).then_some((size, seconds))
}
