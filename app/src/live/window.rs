//! Time window of the charts of a page, as in the URL.

use watchglass_model::{TimeRange, Timestamp};

/// Minimum length of a past range, in milliseconds.
const MIN_RANGE_MILLIS: i64 = 10_000;
/// Maximum length of a past range, in milliseconds: the retention of seven days and one more day.
const MAX_RANGE_MILLIS: i64 = 8 * 86_400_000;
/// Latest time in a URL, in milliseconds since the Unix epoch: the year 2286.
const MAX_TIME_MILLIS: i64 = 9_999_999_999_999;

/// Time window of charts: `?window=15m`, which ends with the newest values, or a past range
/// `?from=1794970800000&to=1794974400000`, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Window {
    /// Five minutes.
    #[default]
    FiveMinutes,
    /// 15 minutes.
    QuarterHour,
    /// One hour.
    Hour,
    /// One day.
    Day,
    /// One week.
    Week,
    /// A past range in whole seconds.
    Past {
        /// Start, in milliseconds since the Unix epoch.
        start: i64,
        /// End, in milliseconds since the Unix epoch.
        end: i64,
    },
}

/// Error message for an invalid past range.
const INVALID_RANGE: &str = "Invalid time range: from and to are milliseconds since 1970, from before \
                             to, at least 10 seconds and at most 8 days apart.";

/// The time range of these query parameters; the last five minutes when there are none.
///
/// # Errors
/// A message for the user when the range is invalid.
#[cfg(feature = "ssr")]
pub fn parse_range_query(
    window: Option<&str>,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<crate::api::RangeQuery, &'static str> {
    match Window::from_query(Window::default(), window, from, to) {
        (window, "") => Ok(crate::api::RangeQuery {
            seconds: window.seconds(),
            end: window.end().map(Timestamp::from_millis),
        }),
        (_, problem) => Err(problem),
    }
}

impl Window {
    /// The query parameters of the window.
    pub(crate) fn to_query(self) -> String {
        match self {
            Self::Past { start, end } => format!("from={start}&to={end}"),
            named => format!("window={}", named.name()),
        }
    }

    /// Choices on pages with live charts.
    pub(crate) const LIVE: [Self; 3] = [Self::FiveMinutes, Self::QuarterHour, Self::Hour];
    /// Choices on the trends page.
    pub(crate) const TRENDS: [Self; 3] = [Self::Hour, Self::Day, Self::Week];
    const NAMED: [Self; 5] = [Self::FiveMinutes, Self::QuarterHour, Self::Hour, Self::Day, Self::Week];

    /// Value of the parameter `window`; empty for a past range.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::QuarterHour => "15m",
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Past { .. } => "",
        }
    }

    /// Description for screen readers.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::FiveMinutes => "the last 5 minutes",
            Self::QuarterHour => "the last 15 minutes",
            Self::Hour => "the last hour",
            Self::Day => "the last 24 hours",
            Self::Week => "the last 7 days",
            Self::Past { .. } => "a past time range",
        }
    }

    /// Length in seconds.
    pub(crate) fn seconds(self) -> u32 {
        match self {
            Self::FiveMinutes => 300,
            Self::QuarterHour => 900,
            Self::Hour => 3600,
            Self::Day => 86_400,
            Self::Week => 604_800,
            Self::Past { start, end } => ((end - start) / 1000) as u32,
        }
    }

    /// The range, if it is in the past.
    pub(crate) fn past(self) -> Option<TimeRange> {
        let Self::Past { start, end } = self else { return None };
        Some(TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) })
    }

    /// End in milliseconds since the Unix epoch; `None` for a window that ends with the newest values.
    pub(crate) fn end(self) -> Option<i64> {
        self.past().map(|range| range.end.millis())
    }

    /// The window of the query parameters `window`, `from` and `to`; `default` when there are none or they are invalid, the
    /// latter with an error message.
    pub(crate) fn from_query(
        default: Self,
        name: Option<&str>,
        from: Option<&str>,
        to: Option<&str>,
    ) -> (Self, &'static str) {
        if from.is_some() || to.is_some() {
            return match Self::between(from, to) {
                Some(window) => (window, ""),
                None => (default, INVALID_RANGE),
            };
        }
        let Some(name) = name else { return (default, "") };
        match Self::NAMED.into_iter().find(|window| window.name() == name) {
            Some(window) => (window, ""),
            None => (default, "Unknown time range: use 5m, 15m, 1h, 24h or 7d."),
        }
    }

    fn between(from: Option<&str>, to: Option<&str>) -> Option<Self> {
        let parse =
            |text: Option<&str>| text?.parse().ok().filter(|time| (0..=MAX_TIME_MILLIS).contains(time));
        let (from, to): (i64, i64) = (parse(from)?, parse(to)?);
        let is_valid = (MIN_RANGE_MILLIS..=MAX_RANGE_MILLIS).contains(&to.checked_sub(from)?);
        // Rounded outwards to whole seconds, so that the requested ends are visible.
        is_valid.then_some(Self::Past { start: from / 1000 * 1000, end: (to + 999) / 1000 * 1000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(query: &str) -> (Window, &'static str) {
        let get = |name: &str| {
            query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)
        };
        let value = |name| get(name).map(|(_, value)| value);
        Window::from_query(Window::Hour, value("window"), value("from"), value("to"))
    }

    #[test]
    fn valid_windows_are_parsed() {
        for (query, expected, length) in [
            ("", Window::Hour, 3600),
            ("window=5m", Window::FiveMinutes, 300),
            ("window=7d", Window::Week, 604_800),
            ("from=1000&to=11000", Window::Past { start: 1000, end: 11_000 }, 10),
            ("from=1999&to=12001", Window::Past { start: 1000, end: 13_000 }, 12),
            ("window=5m&from=0&to=691200000", Window::Past { start: 0, end: 691_200_000 }, 691_200),
        ] {
            assert_eq!(asked(query), (expected, ""), "{query}");
            assert_eq!(expected.seconds(), length, "{query}");
        }
    }

    #[test]
    fn invalid_windows_are_reported() {
        for query in [
            "from=1000",
            "to=1000",
            "from=1000&to=10999",
            "from=2000&to=1000",
            "from=0&to=691200001",
            "from=-1&to=20000",
            "from=x&to=20000",
            "from=0&to=99999999999999",
            "from=&to=",
            "from=9223372036854775807&to=9223372036854775807",
        ] {
            assert_eq!(asked(query), (Window::Hour, INVALID_RANGE), "{query}");
        }
        let (window, problem) = asked("window=6m");
        assert!(window == Window::Hour && problem.contains("5m, 15m, 1h"), "{problem}");
    }

    proptest! {
        #[test]
        fn any_parameters_give_a_window_or_an_error(from in ".{0,20}|-?[0-9]{1,20}", to in ".{0,20}|-?[0-9]{1,20}") {
            let (window, problem) = Window::from_query(Window::Hour, None, Some(&from), Some(&to));
            match window.past() {
                Some(range) => {
                    prop_assert!((10..=691_202).contains(&window.seconds()));
                    prop_assert!(range.start < range.end && problem.is_empty());
                }
                None => prop_assert_eq!(problem, INVALID_RANGE),
            }
        }
    }
}
