//! Command names as label values, with bounded length and number.

use crate::text::readable;
use std::borrow::Cow;
use std::collections::HashMap;

/// Name of all commands that are not listed.
pub(super) const OTHER: &str = "other";
/// Maximum name length in characters. The kernel limits programs to 15 bytes.
const MAX_NAME_CHARS: usize = 32;

/// The label value of a command, at most [`MAX_NAME_CHARS`] characters. For kernel threads it is the part before the
/// first slash (`kworker` of `kworker/0:1-events`), because the rest changes constantly.
pub(super) fn command_name(command: &str, is_kernel: bool) -> Cow<'_, str> {
    let name = match command.split_once('/') {
        Some((first, _)) if is_kernel => first,
        _ => command,
    };
    if name.is_empty() {
        return Cow::Borrowed("(no name)");
    }
    readable(name, MAX_NAME_CHARS)
}

/// Set of listed commands, with a limit, because each is a series that is stored for days. Names that have not been listed for
/// a while make room for others.
#[derive(Debug)]
pub(super) struct CommandNames {
    /// Names, and the round in which each was listed last.
    known: HashMap<String, u64>,
    limit: usize,
    /// Rounds without being listed after which a name makes room.
    keep_rounds: u64,
}

impl CommandNames {
    /// An empty set for at most `limit` names.
    pub(super) fn new(limit: usize, keep_rounds: u64) -> Self {
        Self { known: HashMap::new(), limit, keep_rounds }
    }

    /// Whether `name` has a place. Then it is listed in this round.
    pub(super) fn list_known(&mut self, name: &str, round: u64) -> bool {
        self.known.get_mut(name).map(|last| *last = round).is_some()
    }

    /// Gives `name` a place if there is room, and lists it in this round. Returns whether it has one now.
    pub(super) fn admit(&mut self, name: &str, round: u64) -> bool {
        if self.list_known(name, round) {
            return true;
        }
        if self.known.len() >= self.limit {
            self.known.retain(|_, last| round.saturating_sub(*last) <= self.keep_rounds);
        }
        let fits = self.known.len() < self.limit && name != OTHER;
        if fits {
            self.known.insert(name.to_owned(), round);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_readable() {
        let cases = [
            ("nginx", false, "nginx"),
            ("a/b", false, "a/b"),
            ("kworker/u8:2-flush-254:0", true, "kworker"),
            ("kthreadd", true, "kthreadd"),
            ("", false, "(no name)"),
            ("/x", true, "(no name)"),
            ("two\nlines\u{7}", false, "two\u{fffd}lines\u{fffd}"),
            ("(sd-pam) é", false, "(sd-pam) é"),
            ("a-name-that-is-longer-than-the-kernel-allows", false, "a-name-that-is-longer-than-the-k"),
        ];
        for (command, is_kernel, expected) in cases {
            assert_eq!(command_name(command, is_kernel), expected, "{command:?}");
        }
    }

    #[test]
    fn names_beyond_the_limit_are_not_listed() {
        let mut names = CommandNames::new(2, 5);
        let admitted = ["a", "other", "a", "b", "c", "b", "c"].map(|name| names.admit(name, 1));
        assert_eq!(admitted, [true, false, true, true, false, true, false]);
        assert_eq!(["a", "b", "c"].map(|name| names.list_known(name, 1)), [true, true, false]);
    }

    #[test]
    fn names_that_are_no_longer_listed_make_room() {
        let mut names = CommandNames::new(2, 5);
        let rounds = [(1, "a"), (2, "b"), (4, "a"), (7, "c"), (8, "c"), (9, "b"), (9, "a"), (9, "c")];
        let admitted = rounds.map(|(round, name)| names.admit(name, round));
        assert_eq!(admitted, [true, true, true, false, true, false, true, true]);
    }

    proptest! {
        #[test]
        fn label_values_are_short_and_printable(command in "(?s).*", is_kernel in any::<bool>()) {
            let name = command_name(&command, is_kernel);
            prop_assert!((1..=MAX_NAME_CHARS).contains(&name.chars().count()));
            prop_assert!(!name.contains(char::is_control));
        }
    }
}
