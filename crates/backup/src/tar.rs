//! Headers of tar, as the pax utility's ustar interchange format has them (IEEE Std 1003.1-2024, pax, "ustar Interchange
//! Format").

/// The first file of an archive: what is in it, as JSON.
pub const MANIFEST: &str = "watchglass-backup.json";
/// The last one: SHA-256 of everything before it.
pub const SEAL: &str = "watchglass-backup.sha256";

/// Everything in a tar file is a multiple of this, in bytes.
pub(crate) const BLOCK: usize = 512;
/// Two empty blocks are its end.
pub(crate) const END: usize = 2 * BLOCK;

/// The header of a plain file for its owner only. A name that is longer than 100 bytes is cut; none is.
pub(crate) fn header(name: &str, size: u64, seconds: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    put(&mut header, 0, 100, name.as_bytes());
    put(&mut header, 100, 8, b"0000600\0");
    put(&mut header, 108, 8, b"0000000\0");
    put(&mut header, 116, 8, b"0000000\0");
    put(&mut header, 124, 12, format!("{size:011o}\0").as_bytes());
    put(&mut header, 136, 12, format!("{seconds:011o}\0").as_bytes());
    // The sum is that of a header with eight spaces in its place.
    put(&mut header, 148, 8, b"        ");
    put(&mut header, 156, 1, b"0");
    put(&mut header, 257, 8, b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    put(&mut header, 148, 8, format!("{sum:06o}\0 ").as_bytes());
    header
}

fn put(header: &mut [u8; BLOCK], at: usize, most: usize, bytes: &[u8]) {
    for (place, byte) in header.iter_mut().skip(at).take(most).zip(bytes) {
        *place = *byte;
    }
}

/// How many empty bytes follow so many.
pub(crate) fn padding(size: u64) -> usize {
    let block = BLOCK as u64;
    usize::try_from((block - size % block) % block).unwrap_or(0)
}

/// Size and time that a header names; `None` where it is not the header of a file of that name.
pub(crate) fn size_and_time(found: &[u8; BLOCK], name: &str) -> Option<(u64, u64)> {
    let number = |at: usize| {
        let text = std::str::from_utf8(found.get(at..at + 11)?).ok()?;
        u64::from_str_radix(text, 8).ok()
    };
    let (size, seconds) = (number(124)?, number(136)?);
    (header(name, size, seconds) == *found).then_some((size, seconds))
}
