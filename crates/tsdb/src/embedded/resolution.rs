//! Resolutions of stored data, and the time range of their files.

use crate::head::HOUR;

/// Resolution of stored data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resolution {
    /// Raw samples; one file per hour.
    Raw,
    /// Downsampled to one minute; one file per day.
    Minute,
    /// Downsampled to 15 minutes; one file per day.
    Quarter,
}

impl Resolution {
    /// All resolutions, finest first.
    pub(crate) const ALL: [Self; 3] = [Self::Raw, Self::Minute, Self::Quarter];
    /// Downsampled resolutions, finest first.
    pub(crate) const ROLLUPS: [Self; 2] = [Self::Minute, Self::Quarter];

    /// Prefix of file names.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Minute => "minute",
            Self::Quarter => "quarter",
        }
    }

    /// Row interval in milliseconds; 1 for raw samples.
    pub(crate) const fn width(self) -> i64 {
        match self {
            Self::Raw => 1,
            Self::Minute => 60_000,
            Self::Quarter => 900_000,
        }
    }

    /// Time range of a file in milliseconds.
    pub(crate) const fn span(self) -> i64 {
        match self {
            Self::Raw => HOUR,
            Self::Minute | Self::Quarter => 24 * HOUR,
        }
    }

    /// Values stored per time.
    pub(crate) const fn columns(self) -> usize {
        match self {
            Self::Raw => 1,
            Self::Minute | Self::Quarter => 5,
        }
    }

    /// Code in the file format.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Raw => 0,
            Self::Minute => 1,
            Self::Quarter => 2,
        }
    }

    /// File index of a time, from the Unix epoch.
    pub(crate) fn index_of(self, millis: i64) -> i64 {
        millis.div_euclid(self.span())
    }

    /// Start time of a file.
    pub(crate) fn start_of(self, index: i64) -> i64 {
        index.saturating_mul(self.span())
    }

    /// File name: resolution and start in Unix seconds, so that `date -d @…` shows the time.
    pub(crate) fn file_name(self, index: i64) -> String {
        format!("{}-{}.seg", self.name(), self.start_of(index) / 1000)
    }

    /// Parses a file name to resolution and index.
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
    fn file_names() {
        for (level, index, name) in [
            (Resolution::Raw, 1, "raw-3600.seg"),
            (Resolution::Raw, -1, "raw--3600.seg"),
            (Resolution::Minute, 2, "minute-172800.seg"),
            (Resolution::Quarter, 0, "quarter-0.seg"),
        ] {
            assert_eq!(level.file_name(index), name);
            assert_eq!(Resolution::parse(name), Some((level, index)));
        }
        for name in [
            "raw-3601.seg",
            "raw-x.seg",
            "raw-.seg",
            "day-0.seg",
            "raw-0.seg.tmp",
            "raw-9223372036854775807.seg",
        ] {
            assert_eq!(Resolution::parse(name), None, "{name}");
        }
    }
}
