//! Block file reader.

use super::block::{
    BlockError, BlockSummary, END, HEADER, HEADER_SUMMED, MAGIC, OLDEST_VERSION, TRAILER, VERSION,
    block_header,
};
use super::bytes::{CorruptData, Cursor, is_intact};
use super::column;
use super::key::{self, KeyView};
use super::resolution::Resolution;
use crate::StoredSeries;
use crate::selector::CompiledSelector;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Maximum footer size in bytes: some hundred thousand series.
const MAX_FOOTER_BYTES: u64 = 64 << 20;
/// Maximum chunk size of a series in bytes.
const MAX_CHUNK_BYTES: usize = 64 << 20;
/// Maximum number of times.
const MAX_TIMES: usize = 1 << 22;
/// Maximum number of series, and of groups.
const MAX_SERIES: usize = 1 << 22;

/// Which series of a block are found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted<'a> {
    All,
    None,
    Selected(&'a CompiledSelector),
}

impl Wanted<'_> {
    fn decode(self, key: &[u8]) -> Result<Option<StoredSeries>, CorruptData> {
        match self {
            Self::All => key::decode(key).map(Some),
            Self::None => KeyView::new(key).map(|_| None),
            Self::Selected(test) => test.decode(key),
        }
    }
}

/// Open block file.
#[derive(Debug)]
pub(crate) struct Block {
    file: File,
    level: Resolution,
    /// Contents summary.
    pub(crate) contents: BlockSummary,
    /// Times of the groups.
    pub(crate) groups: Vec<Vec<i64>>,
    /// The requested series, sorted by name and labels; in the file `a1` is before `a`.
    pub(crate) chunks: Vec<Chunk>,
}

/// Location of the values of a series.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) series: Arc<StoredSeries>,
    /// Number of its group.
    pub(crate) group: usize,
    offset: u64,
    length: usize,
    sum: u32,
    count: usize,
    /// The last sample.
    pub(crate) last: (i64, f64),
}

/// Times and columns of a series.
pub(crate) type Values = (Vec<i64>, Vec<Vec<f64>>);

impl Block {
    /// Opens a file and finds the `wanted` series.
    ///
    /// # Errors
    /// The file is unreadable, damaged, or has another version, resolution or time.
    pub(crate) fn open(
        path: &Path,
        level: Resolution,
        index: i64,
        wanted: Wanted<'_>,
    ) -> Result<Self, BlockError> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let end =
            size.checked_sub(TRAILER).filter(|&end| end >= HEADER).ok_or(CorruptData("file too short"))?;
        let mut header = [0; HEADER as usize];
        file.read_exact_at(&mut header, 0)?;
        let version = read_version(&header, level)?;
        let mut trailer = [0; TRAILER as usize];
        file.read_exact_at(&mut trailer, end)?;
        let mut cursor = Cursor(&trailer);
        let (length, sum) = (u64::from(cursor.u32()?), cursor.u32()?);
        if cursor.0 != END {
            return Err(CorruptData("missing trailer").into());
        }
        let start = end.checked_sub(length).filter(|&start| start >= HEADER && length <= MAX_FOOTER_BYTES);
        let start = start.ok_or(CorruptData("its footer is too long"))?;
        let mut footer = vec![0; usize::try_from(length).map_err(|_| CorruptData("its footer is too long"))?];
        file.read_exact_at(&mut footer, start)?;
        if !is_intact(&footer, sum) {
            return Err(CorruptData("footer checksum mismatch").into());
        }
        let mut segment =
            Self { file, level, contents: BlockSummary::default(), groups: Vec::new(), chunks: Vec::new() };
        segment.read_footer(Cursor(&footer), (version, index), start, wanted)?;
        segment.contents.bytes = size;
        Ok(segment)
    }

    fn read_footer(
        &mut self,
        mut footer: Cursor<'_>,
        (version, index): (u16, i64),
        end: u64,
        wanted: Wanted<'_>,
    ) -> Result<(), CorruptData> {
        if footer.signed()? != index {
            return Err(CorruptData("time does not match the file name"));
        }
        self.contents.covered = footer.u32()?;
        let start = self.level.start_of(index);
        let groups = if version == 1 { 1 } else { footer.count(MAX_SERIES)? };
        let mut count = 0;
        for _ in 0..groups {
            let length = footer.count(MAX_TIMES - count)?;
            count += length;
            let times = column::decode_times(footer.bytes()?, length)?;
            let is_inside = |time: &i64| self.level.index_of(*time) == index;
            if !times.iter().all(is_inside) || !times.is_sorted() {
                return Err(CorruptData("times do not match the file name"));
            }
            self.groups.push(times);
        }
        self.contents.oldest =
            self.groups.iter().filter_map(|times| times.first()).min().copied().unwrap_or_default();
        self.contents.newest =
            self.groups.iter().filter_map(|times| times.last()).max().copied().unwrap_or_default();
        let mut offset = HEADER;
        let mut key = Vec::new();
        for _ in 0..footer.count(MAX_SERIES)? {
            let shared = footer.count(key.len())?;
            key.truncate(shared);
            key.extend_from_slice(footer.bytes()?);
            if key.len() > key::MAX_KEY_BYTES {
                return Err(CorruptData("series key too long"));
            }
            let group = if version == 1 { 0 } else { footer.count(MAX_SERIES)? };
            let times = self.groups.get(group).ok_or(CorruptData("group number out of range"))?;
            let length = footer.count(MAX_CHUNK_BYTES)?;
            let sum = footer.u32()?;
            let count = footer.count(times.len())?;
            let last = (start.saturating_add(footer.signed()?), footer.f64()?);
            self.contents.values += count as u64;
            if let Some(series) = wanted.decode(&key)? {
                self.chunks.push(Chunk { series: Arc::new(series), group, offset, length, sum, count, last });
            }
            offset += length as u64;
        }
        self.chunks.sort_by(|a, b| a.series.order(&b.series));
        if offset != end || !footer.is_empty() {
            return Err(CorruptData("section lengths do not add up"));
        }
        Ok(())
    }

    /// Reads times and columns of a series.
    ///
    /// # Errors
    /// Unreadable or corrupt bytes.
    pub(crate) fn read(&self, chunk: &Chunk) -> Result<Values, BlockError> {
        let mut bytes = vec![0; chunk.length];
        self.file.read_exact_at(&mut bytes, chunk.offset)?;
        if !is_intact(&bytes, chunk.sum) {
            return Err(CorruptData("series checksum mismatch").into());
        }
        let mut cursor = Cursor(&bytes);
        let all = self.groups.get(chunk.group).map_or(&[][..], Vec::as_slice);
        let times = match cursor.byte()? {
            1 => all.to_vec(),
            0 => {
                let places = column::decode_places(cursor.bytes()?, chunk.count)?;
                if !places.is_sorted_by(|a, b| a < b) {
                    return Err(CorruptData("row indices out of order").into());
                }
                let time = |place: u32| all.get(place as usize).copied();
                let times: Option<Vec<_>> = places.into_iter().map(time).collect();
                times.ok_or(CorruptData("row index out of range"))?
            }
            _ => return Err(CorruptData("unknown series encoding").into()),
        };
        if times.len() != chunk.count {
            return Err(CorruptData("value counts do not add up").into());
        }
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(self.level.columns());
        for _ in 0..self.level.columns() {
            let bytes = cursor.bytes()?;
            let values = match columns.first() {
                Some(first) if bytes.is_empty() => first.clone(),
                _ if self.level == Resolution::Raw => column::decode(bytes, chunk.count)?,
                _ => column::decode_finite(bytes, chunk.count)?,
            };
            columns.push(values);
        }
        Ok((times, columns))
    }

    /// The raw samples of a series.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn samples(&self, chunk: &Chunk) -> Result<Vec<(i64, f64)>, BlockError> {
        let (times, columns) = self.read(chunk)?;
        Ok(times.into_iter().zip(columns.into_iter().next().unwrap_or_default()).collect())
    }
}

/// Version of a block with this header. A changed byte in it costs nothing: the name of the file has the level as well, and
/// the checksum of the footer tells whether this is a block.
fn read_version(header: &[u8], level: Resolution) -> Result<u16, BlockError> {
    let summed = Cursor(header).slice(HEADER_SUMMED)?;
    let mut cursor = Cursor(header);
    let is_block = cursor.slice(MAGIC.len())? == MAGIC;
    let version = u16::from_le_bytes(cursor.array()?);
    let (code, sum) = (cursor.byte()?, cursor.u32()?);
    let is_first = version == OLDEST_VERSION && sum == 0;
    let is_later = version > OLDEST_VERSION && is_intact(summed, sum);
    if is_block && is_later && version > VERSION {
        return Err(BlockError::Version(version));
    }
    if is_block && (is_first || is_later) && code != level.code() {
        return Err(CorruptData("resolution does not match the file name").into());
    }
    let expected = block_header(level);
    let is_written_now = expected.get(HEADER_SUMMED..) == header.get(HEADER_SUMMED..);
    Ok(match (sum, version) {
        (0, _) => OLDEST_VERSION,
        _ if is_written_now => VERSION,
        (_, OLDEST_VERSION..=VERSION) => version,
        _ => VERSION,
    })
}
