//! The stretch of time that the charts of a page show, as its address has it.

use watchglass_model::{TimeRange, Timestamp};

/// The shortest past stretch, in milliseconds.
const SHORTEST: i64 = 10_000;
/// The longest past stretch, in milliseconds: what is kept, and a day more.
const LONGEST: i64 = 8 * 86_400_000;
/// Moments of addresses lie between 1970 and the year 2286, in milliseconds.
const LATEST: i64 = 9_999_999_999_999;

/// How far back charts look: `?window=15m`, which ends with the newest values; or which past they show:
/// `?from=1794970800000&to=1794974400000`, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Window {
    /// Five minutes.
    #[default]
    FiveMinutes,
    /// A quarter of an hour.
    QuarterHour,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// What was, in whole seconds.
    Past {
        /// Its start, in milliseconds since the Unix epoch.
        start: i64,
        /// Its end.
        end: i64,
    },
}

/// What is said of an address that names no stretch of time.
const NOT_A_RANGE: &str = "The address names no stretch of time: from and to are milliseconds since 1970, from before \
                           to, at least 10 seconds and at most 8 days apart.";

/// The stretch that an address asks for by these parameters; the last five minutes where it names none.
///
/// # Errors
/// What is wrong with it, as a sentence.
#[cfg(feature = "ssr")]
pub fn asked_stretch(
    window: Option<&str>,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<crate::api::Stretch, &'static str> {
    match Window::asked(Window::default(), window, from, to) {
        (window, "") => Ok(crate::api::Stretch {
            seconds: window.seconds(),
            end: window.end().map(Timestamp::from_millis),
        }),
        (_, problem) => Err(problem),
    }
}

impl Window {
    /// As the parameters of an address have it.
    pub(crate) fn query(self) -> String {
        match self {
            Self::Past { start, end } => format!("from={start}&to={end}"),
            named => format!("window={}", named.name()),
        }
    }

    /// Those that pages with live charts offer.
    pub(crate) const LIVE: [Self; 3] = [Self::FiveMinutes, Self::QuarterHour, Self::Hour];
    /// Those that trends offer.
    pub(crate) const TRENDS: [Self; 3] = [Self::Hour, Self::Day, Self::Week];
    const NAMED: [Self; 5] = [Self::FiveMinutes, Self::QuarterHour, Self::Hour, Self::Day, Self::Week];

    /// As the address has it; that of a past stretch is no name.
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

    /// In words, for those who hear the page.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::FiveMinutes => "the last 5 minutes",
            Self::QuarterHour => "the last 15 minutes",
            Self::Hour => "the last hour",
            Self::Day => "the last 24 hours",
            Self::Week => "the last 7 days",
            Self::Past { .. } => "a stretch of the past",
        }
    }

    /// Its length.
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

    /// The stretch, where it is past.
    pub(crate) fn past(self) -> Option<TimeRange> {
        let Self::Past { start, end } = self else { return None };
        Some(TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) })
    }

    /// When it ended; `None` for one that ends with the newest values.
    pub(crate) fn end(self) -> Option<i64> {
        self.past().map(|range| range.end.millis())
    }

    /// The window that an address names, by its parameters `window`, `from` and `to`. Where it names none, `usual`; and a
    /// sentence where it names one that cannot be.
    pub(crate) fn asked(
        usual: Self,
        name: Option<&str>,
        from: Option<&str>,
        to: Option<&str>,
    ) -> (Self, &'static str) {
        if from.is_some() || to.is_some() {
            return match Self::between(from, to) {
                Some(window) => (window, ""),
                None => (usual, NOT_A_RANGE),
            };
        }
        let Some(name) = name else { return (usual, "") };
        match Self::NAMED.into_iter().find(|window| window.name() == name) {
            Some(window) => (window, ""),
            None => (usual, "The address names no window that there is: 5m, 15m, 1h, 24h or 7d."),
        }
    }

    fn between(from: Option<&str>, to: Option<&str>) -> Option<Self> {
        let moment = |text: Option<&str>| text?.parse().ok().filter(|moment| (0..=LATEST).contains(moment));
        let (from, to): (i64, i64) = (moment(from)?, moment(to)?);
        let is_possible = (SHORTEST..=LONGEST).contains(&to.checked_sub(from)?);
        // Whole seconds: the ends of what is asked for lie within what is shown.
        is_possible.then_some(Self::Past { start: from / 1000 * 1000, end: (to + 999) / 1000 * 1000 })
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
        Window::asked(Window::Hour, value("window"), value("from"), value("to"))
    }

    #[test]
    fn an_address_names_a_window() {
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
    fn an_address_that_names_none_is_told_of() {
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
            assert_eq!(asked(query), (Window::Hour, NOT_A_RANGE), "{query}");
        }
        let (window, problem) = asked("window=6m");
        assert!(window == Window::Hour && problem.contains("5m, 15m, 1h"), "{problem}");
    }

    proptest! {
        #[test]
        fn any_two_texts_are_a_window_or_a_sentence(from in ".{0,20}|-?[0-9]{1,20}", to in ".{0,20}|-?[0-9]{1,20}") {
            let (window, problem) = Window::asked(Window::Hour, None, Some(&from), Some(&to));
            match window.past() {
                Some(range) => {
                    prop_assert!((10..=691_202).contains(&window.seconds()));
                    prop_assert!(range.start < range.end && problem.is_empty());
                }
                None => prop_assert_eq!(problem, NOT_A_RANGE),
            }
        }
    }
}
