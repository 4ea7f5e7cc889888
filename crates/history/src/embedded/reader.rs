//! Reads a sealed file: what is in it, and the chunks that are asked for.

use super::bytes::{Cursor, Damage, is_intact};
use super::level::Level;
use super::segment::{Contents, END, HEADER, MAGIC, SegmentError, TRAILER, VERSION};
use super::{column, key};
use crate::StoredSeries;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// The most that a footer takes: some hundred thousand series.
const MOST_FOOTER: u64 = 64 << 20;
/// The most that the chunk of a series takes.
const MOST_CHUNK: usize = 64 << 20;
/// More times than any file has.
const MOST_TIMES: usize = 1 << 22;
/// More series than any file has.
const MOST_SERIES: usize = 1 << 22;

/// A sealed file, open.
#[derive(Debug)]
pub(crate) struct Segment {
    file: File,
    level: Level,
    /// What is in it.
    pub(crate) contents: Contents,
    /// The times that any of its series has.
    pub(crate) times: Vec<i64>,
    /// The series that were asked for, by name and labels: in the file `a1` stands before `a`.
    pub(crate) chunks: Vec<Chunk>,
}

/// Where the values of a series are.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) series: Arc<StoredSeries>,
    offset: u64,
    length: usize,
    sum: u32,
    count: usize,
    /// The last sample.
    pub(crate) last: (i64, f64),
}

/// Times and columns of a series.
pub(crate) type Values = (Vec<i64>, Vec<Vec<f64>>);

impl Segment {
    /// Opens a file and finds the series that are `wanted`.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or is one of another version, level or time.
    pub(crate) fn open(
        path: &Path,
        level: Level,
        index: i64,
        wanted: impl Fn(&StoredSeries) -> bool,
    ) -> Result<Self, SegmentError> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let end = size.checked_sub(TRAILER).filter(|&end| end >= HEADER).ok_or(Damage("it is too short"))?;
        let mut header = [0; HEADER as usize];
        file.read_exact_at(&mut header, 0)?;
        let mut cursor = Cursor(&header);
        if cursor.slice(MAGIC.len())? != MAGIC {
            return Err(Damage("it does not begin as such a file does").into());
        }
        let version = u16::from_le_bytes(cursor.array()?);
        if version != VERSION {
            return Err(SegmentError::Version(version));
        }
        if cursor.byte()? != level.code() {
            return Err(Damage("its level is not the one in its name").into());
        }
        let mut trailer = [0; TRAILER as usize];
        file.read_exact_at(&mut trailer, end)?;
        let mut cursor = Cursor(&trailer);
        let (length, sum) = (u64::from(cursor.u32()?), cursor.u32()?);
        if cursor.0 != END {
            return Err(Damage("its end is missing").into());
        }
        let start = end.checked_sub(length).filter(|&start| start >= HEADER && length <= MOST_FOOTER);
        let start = start.ok_or(Damage("its footer is too long"))?;
        let mut footer = vec![0; usize::try_from(length).map_err(|_| Damage("its footer is too long"))?];
        file.read_exact_at(&mut footer, start)?;
        if !is_intact(&footer, sum) {
            return Err(Damage("the checksum of its footer is wrong").into());
        }
        let mut segment =
            Self { file, level, contents: Contents::default(), times: Vec::new(), chunks: Vec::new() };
        segment.read_footer(Cursor(&footer), index, start, wanted)?;
        segment.contents.bytes = size;
        Ok(segment)
    }

    fn read_footer(
        &mut self,
        mut footer: Cursor<'_>,
        index: i64,
        end: u64,
        wanted: impl Fn(&StoredSeries) -> bool,
    ) -> Result<(), Damage> {
        if footer.signed()? != index {
            return Err(Damage("its time is not the one in its name"));
        }
        self.contents.covered = footer.u32()?;
        let count = footer.count(MOST_TIMES)?;
        self.times = column::decode_times(footer.bytes()?, count)?;
        let start = self.level.start_of(index);
        let is_inside = |time: &i64| self.level.index_of(*time) == index;
        if !self.times.iter().all(is_inside) || !self.times.is_sorted() {
            return Err(Damage("its times are not those of its name"));
        }
        self.contents.oldest = self.times.first().copied().unwrap_or_default();
        self.contents.newest = self.times.last().copied().unwrap_or_default();
        let mut offset = HEADER;
        let mut key = Vec::new();
        for _ in 0..footer.count(MOST_SERIES)? {
            let shared = footer.count(key.len())?;
            key.truncate(shared);
            key.extend_from_slice(footer.bytes()?);
            if key.len() > key::MOST_BYTES {
                return Err(Damage("the name of a series is too long"));
            }
            let length = footer.count(MOST_CHUNK)?;
            let sum = footer.u32()?;
            let count = footer.count(self.times.len())?;
            let last = (start.saturating_add(footer.signed()?), footer.f64()?);
            self.contents.values += count as u64;
            let series = key::decode(&key)?;
            if wanted(&series) {
                self.chunks.push(Chunk { series: Arc::new(series), offset, length, sum, count, last });
            }
            offset += length as u64;
        }
        self.chunks.sort_by(|a, b| a.series.order(&b.series));
        if offset != end || !footer.is_empty() {
            return Err(Damage("its parts do not add up"));
        }
        Ok(())
    }

    /// Times and columns of a series.
    ///
    /// # Errors
    /// Bytes that cannot be read or are not what was written.
    pub(crate) fn read(&self, chunk: &Chunk) -> Result<Values, SegmentError> {
        let mut bytes = vec![0; chunk.length];
        self.file.read_exact_at(&mut bytes, chunk.offset)?;
        if !is_intact(&bytes, chunk.sum) {
            return Err(Damage("the checksum of a series is wrong").into());
        }
        let mut cursor = Cursor(&bytes);
        let times = match cursor.byte()? {
            1 => self.times.clone(),
            0 => {
                let places = column::decode_places(cursor.bytes()?, chunk.count)?;
                if !places.is_sorted_by(|a, b| a < b) {
                    return Err(Damage("the places of a series are out of order").into());
                }
                let time = |place: u32| self.times.get(place as usize).copied();
                let times: Option<Vec<_>> = places.into_iter().map(time).collect();
                times.ok_or(Damage("a series has a place that is none"))?
            }
            _ => return Err(Damage("a series is written in an unknown way").into()),
        };
        if times.len() != chunk.count {
            return Err(Damage("the numbers of a series do not add up").into());
        }
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(self.level.columns());
        for _ in 0..self.level.columns() {
            let bytes = cursor.bytes()?;
            let values = match columns.first() {
                Some(first) if bytes.is_empty() => first.clone(),
                _ => column::decode(bytes, chunk.count)?,
            };
            columns.push(values);
        }
        Ok((times, columns))
    }

    /// The samples of a series, from a file of samples.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn samples(&self, chunk: &Chunk) -> Result<Vec<(i64, f64)>, SegmentError> {
        let (times, columns) = self.read(chunk)?;
        Ok(times.into_iter().zip(columns.into_iter().next().unwrap_or_default()).collect())
    }
}
