//! Texts of several pages.

/// Number with its noun: `1 rule`, `2 rules`.
pub(crate) fn pluralize(number: usize, one: &str, many: &str) -> String {
    format!("{number}\u{a0}{}", if number == 1 { one } else { many })
}
