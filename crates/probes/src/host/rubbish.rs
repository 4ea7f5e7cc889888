//! Whatever a file of `/proc` holds, a probe neither panics nor points at a line that is not there.

use super::any_text;
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
    fn any_text(text in "(?s).*") {
        any_text::read(&text);
    }

    #[test]
    fn words_that_look_almost_right(text in "((cpu|cpu0|cpu MHz|ctxt|some|total=1|total=-|1/2|MemTotal:|eth0:|sda|-|/|ext4|8:1|[0-9]{1,20}|-1|nan|kB)[ \n]){0,60}") {
        any_text::read(&text);
    }

    #[test]
    fn a_real_file_cut_off(file in prop::sample::select(&FILES), end in any::<prop::sample::Index>()) {
        let end = end.index(file.len() + 1);
        any_text::read(&String::from_utf8_lossy(&file.as_bytes()[..end]));
    }

    #[test]
    fn a_real_file_with_a_wrong_byte(
        file in prop::sample::select(&FILES),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = file.as_bytes().to_vec();
        *place.get_mut(&mut bytes) = byte;
        any_text::read(&String::from_utf8_lossy(&bytes));
    }
}
