//! Property tests of malformed `/proc` files: parsers never panic, and errors name an existing line.

use super::all_parsers;
use proptest::prelude::*;

const FILES: [&str; 12] = [
    include_str!("../../fixtures/vm-with-steal/stat.before"),
    include_str!("../../fixtures/linux-6.18/meminfo"),
    include_str!("../../fixtures/linux-6.18/diskstats"),
    include_str!("../../fixtures/linux-6.18/1/net/dev"),
    include_str!("../../fixtures/linux-6.18/loadavg"),
    include_str!("../../fixtures/mountinfo/workstation"),
    include_str!("../../fixtures/linux-6.18/stat"),
    include_str!("../../fixtures/linux-6.18/pressure/memory"),
    include_str!("../../fixtures/linux-6.18/sys/fs/file-nr"),
    include_str!("../../fixtures/linux-6.18/uptime"),
    include_str!("../../fixtures/linux-6.18/cpuinfo"),
    include_str!("../../fixtures/process/kworker.stat"),
];

proptest! {
    #[test]
    fn arbitrary_text(text in "(?s).*") {
        all_parsers::parse_with_all(&text);
    }

    #[test]
    fn almost_valid_words(text in "((cpu|cpu0|cpu MHz|ctxt|some|total=1|total=-|1/2|MemTotal:|eth0:|sda|-|/|ext4|8:1|[0-9]{1,20}|-1|nan|kB)[ \n]){0,60}") {
        all_parsers::parse_with_all(&text);
    }

    #[test]
    fn truncated_files(file in prop::sample::select(&FILES), end in any::<prop::sample::Index>()) {
        let end = end.index(file.len() + 1);
        all_parsers::parse_with_all(&String::from_utf8_lossy(&file.as_bytes()[..end]));
    }

    #[test]
    fn files_with_a_wrong_byte(
        file in prop::sample::select(&FILES),
        index in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = file.as_bytes().to_vec();
        *index.get_mut(&mut bytes) = byte;
        all_parsers::parse_with_all(&String::from_utf8_lossy(&bytes));
    }
}
