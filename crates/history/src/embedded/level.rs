//! How coarse stored data is, and which stretch of time one file holds.

use crate::head::HOUR;

/// How coarse stored data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Samples as they were measured; a file for each hour.
    Raw,
    /// Rollups of a minute; a file for each day.
    Minute,
    /// Rollups of a quarter of an hour; a file for each day.
    Quarter,
}

impl Level {
    /// All levels, finest first.
    pub(crate) const ALL: [Self; 3] = [Self::Raw, Self::Minute, Self::Quarter];
    /// The levels that hold rollups, finest first.
    pub(crate) const ROLLUPS: [Self; 2] = [Self::Minute, Self::Quarter];

    /// Begin of the names of its files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Minute => "minute",
            Self::Quarter => "quarter",
        }
    }

    /// Milliseconds of a rollup; 1 for samples.
    pub(crate) const fn width(self) -> i64 {
        match self {
            Self::Raw => 1,
            Self::Minute => 60_000,
            Self::Quarter => 900_000,
        }
    }

    /// Milliseconds that one file holds.
    pub(crate) const fn span(self) -> i64 {
        match self {
            Self::Raw => HOUR,
            Self::Minute | Self::Quarter => 24 * HOUR,
        }
    }

    /// Numbers that are stored for each time.
    pub(crate) const fn columns(self) -> usize {
        match self {
            Self::Raw => 1,
            Self::Minute | Self::Quarter => 5,
        }
    }

    /// How it is written in a file.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Raw => 0,
            Self::Minute => 1,
            Self::Quarter => 2,
        }
    }

    /// The file, counted from the Unix epoch, that a time belongs to.
    pub(crate) fn index_of(self, millis: i64) -> i64 {
        millis.div_euclid(self.span())
    }

    /// The first moment of a file.
    pub(crate) fn start_of(self, index: i64) -> i64 {
        index.saturating_mul(self.span())
    }

    /// Name of a file: the level and the first second in it, so that `date -d @…` tells when it is.
    pub(crate) fn file_name(self, index: i64) -> String {
        format!("{}-{}.seg", self.name(), self.start_of(index) / 1000)
    }

    /// The level and index that a file name stands for.
    pub(crate) fn parse(name: &str) -> Option<(Self, i64)> {
        let (level, rest) = Self::ALL
            .into_iter()
            .find_map(|level| Some((level, name.strip_prefix(level.name())?.strip_prefix('-')?)))?;
        let millis = rest.strip_suffix(".seg")?.parse::<i64>().ok()?.checked_mul(1000)?;
        let index = level.index_of(millis);
        (level.file_name(index) == name).then_some((level, index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        for (level, index, name) in [
            (Level::Raw, 1, "raw-3600.seg"),
            (Level::Raw, -1, "raw--3600.seg"),
            (Level::Minute, 2, "minute-172800.seg"),
            (Level::Quarter, 0, "quarter-0.seg"),
        ] {
            assert_eq!(level.file_name(index), name);
            assert_eq!(Level::parse(name), Some((level, index)));
        }
        for name in [
            "raw-3601.seg",
            "raw-x.seg",
            "raw-.seg",
            "day-0.seg",
            "raw-0.seg.tmp",
            "raw-9223372036854775807.seg",
        ] {
            assert_eq!(Level::parse(name), None, "{name}");
        }
    }
}
