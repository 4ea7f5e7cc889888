//! Which files to merge.

use std::ops::Range;

/// Minimum number of files that are merged into one.
const MIN_FILES: usize = 4;
/// Maximum number of them.
const MAX_FILES: usize = 64;
/// A merged file is at least so many times larger than the largest of its parts: a record is rewritten a few times only.
const GROWTH: u64 = 3;

/// What the plan needs to know of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// Size of its records before compression.
    pub(crate) content_bytes: u64,
    /// Whether it may be merged with the file before.
    pub(crate) is_adjacent: bool,
}

/// Adjacent files to merge: the smallest ones first. `None` if there are none, or they would be larger than `file_bytes`.
pub(crate) fn merge(files: &[Candidate], file_bytes: u64) -> Option<Range<usize>> {
    let runs = (0..files.len()).filter_map(|start| run(files.get(start..)?, start, file_bytes));
    runs.min_by_key(|(total, _)| *total).map(|(_, run)| run)
}

/// The shortest run of files at a start that can be merged, and its size.
fn run(files: &[Candidate], start: usize, file_bytes: u64) -> Option<(u64, Range<usize>)> {
    let (mut total, mut largest) = (0_u64, 0);
    for (count, file) in (1..=MAX_FILES).zip(files) {
        total += file.content_bytes;
        largest = largest.max(file.content_bytes);
        if total > file_bytes || (count > 1 && !file.is_adjacent) {
            return None;
        }
        if count >= MIN_FILES && total >= GROWTH * largest {
            return Some((total, start..start + count));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sizes: &[u64]) -> Vec<Candidate> {
        sizes.iter().map(|&content_bytes| Candidate { content_bytes, is_adjacent: true }).collect()
    }

    #[test]
    fn adjacent_files_of_similar_size_are_merged() {
        let (small, large) = (1000, 600_000);
        let mut sizes = vec![large, large, large, small, small, small];
        assert_eq!(merge(&files(&sizes), u64::MAX), Some(0..4));
        sizes.push(small);
        assert_eq!(merge(&files(&sizes), u64::MAX), Some(3..7), "the smallest ones first");
        assert_eq!(merge(&files(&sizes), 4 * small), Some(3..7));
        assert_eq!(merge(&files(&sizes), 4 * small - 1), None);
        assert_eq!(
            merge(&files(&[large, small, small, small]), u64::MAX),
            None,
            "no large one with small ones"
        );
        let mut gap = files(&[small; 7]);
        gap[3].is_adjacent = false;
        assert_eq!(merge(&gap, u64::MAX), Some(3..7));
        gap[4].is_adjacent = false;
        assert_eq!(merge(&gap, u64::MAX), None);
        assert_eq!(merge(&[], u64::MAX), None);
    }

    #[test]
    fn records_are_rewritten_a_few_times() {
        let (mut sizes, mut written) = (Vec::<u64>::new(), 0);
        for number in 0..4096 {
            // Every seventh file is large.
            sizes.push(if number % 7 == 0 { 400_000 } else { 10_000 + number });
            while let Some(range) = merge(&files(&sizes), 64 << 20) {
                let total = sizes[range.clone()].iter().sum();
                written += total;
                sizes.splice(range, [total]);
            }
        }
        assert!(sizes.len() < 40, "{sizes:?}");
        assert!(written <= 5 * sizes.iter().sum::<u64>(), "{written}");
    }
}
