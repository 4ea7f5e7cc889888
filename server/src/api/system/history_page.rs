//! Pages of the system history.

use crate::http::{ApiError, bad_request};
use watchglass_model::{TimeRange, Timestamp};

/// Page size limit, and the default: seven days of minutes.
const MAX_PAGE_SIZE: u64 = 10_080;

/// Page of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    /// From 1.
    pub(super) number: u64,
    pub(super) size: u64,
}

impl Page {
    /// The requested page.
    ///
    /// # Errors
    /// 400 for an invalid number or size.
    pub(super) fn of(number: Option<u64>, size: Option<u64>) -> Result<Self, ApiError> {
        let (number, size) = (number.unwrap_or(1), size.unwrap_or(MAX_PAGE_SIZE));
        if !(1..=MAX_PAGE_SIZE).contains(&size) {
            return Err(bad_request(format!("page_size is {size}: must be from 1 to {MAX_PAGE_SIZE}")));
        }
        if number == 0 {
            return Err(bad_request("page is 0: the first page is 1".to_owned()));
        }
        Ok(Self { number, size })
    }

    /// Its part of a time range; `None` after the last page.
    pub(super) fn range(self, start: Timestamp, end: Timestamp, step: i64) -> Option<TimeRange> {
        let rows = |rows: u64| i64::try_from(rows).ok()?.checked_mul(step);
        let first = start.millis().checked_add(rows((self.number - 1).checked_mul(self.size)?)?)?;
        let last = first.saturating_add(rows(self.size)?).min(end.millis());
        (first < last)
            .then_some(TimeRange { start: Timestamp::from_millis(first), end: Timestamp::from_millis(last) })
    }
}

/// Number of rows of a time range that starts with a step; the last one may be incomplete.
pub(super) fn row_count(start: Timestamp, end: Timestamp, step: i64) -> u64 {
    let millis = end.millis_since(start);
    u64::try_from(millis / step + i64::from(millis % step != 0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_time_range_once() {
        let at = Timestamp::from_millis;
        let page = |number| {
            Page { number, size: 10 }
                .range(at(0), at(250), 10)
                .map(|range| (range.start.millis(), range.end.millis()))
        };
        assert_eq!(
            [page(1), page(2), page(3), page(4)],
            [Some((0, 100)), Some((100, 200)), Some((200, 250)), None]
        );
        assert_eq!(page(u64::MAX), None);
        assert_eq!([row_count(at(0), at(250), 10), row_count(at(0), at(251), 10)], [25, 26]);
    }
}
