//! Calendar dates without a time zone database.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The date that is `days` after 1970-01-01 in the Gregorian calendar, without its year: `5 Mar`.
///
/// The algorithm is Howard Hinnant's [`civil_from_days`]: years begin in March, so that the leap day is their last.
/// It holds for any date within millions of years.
///
/// [`civil_from_days`]: https://howardhinnant.github.io/date_algorithms.html#civil_from_days
pub fn date(days: i64) -> String {
    let day_of_era = (days + 719_468).rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = usize::try_from((month_from_march + 2) % 12).unwrap_or_default();
    format!("{day}\u{a0}{}", MONTHS.get(month).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let cases = [
            (0, "1 Jan"),
            (-1, "31 Dec"),
            (58, "28 Feb"),
            (59, "1 Mar"),
            // 2000 was a leap year, 1900 was not, 2024 was.
            (11_016, "29 Feb"),
            (-25_509, "28 Feb"),
            (-25_508, "1 Mar"),
            (19_782, "29 Feb"),
            (19_783, "1 Mar"),
            (20_000, "4 Oct"),
            (20_454, "1 Jan"),
        ];
        for (days, expected) in cases {
            assert_eq!(date(days).replace('\u{a0}', " "), expected, "{days}");
        }
    }

    #[test]
    fn days_of_four_centuries_are_consecutive() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let (mut year, mut month, mut day) = (1970_i64, 0_usize, 1);
        for days in 0..146_097 {
            assert_eq!(date(days), format!("{day}\u{a0}{}", MONTHS[month]), "{days}");
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            day += 1;
            if day > lengths[month] + i64::from(leap && month == 1) {
                (day, month) = (1, (month + 1) % 12);
                year += i64::from(month == 0);
            }
        }
        assert_eq!((year, month, day), (2370, 0, 1));
    }
}
