//! Names of commands as label values: readable, and few.

use crate::text::readable;
use std::borrow::Cow;
use std::collections::HashSet;

/// The name that stands for all commands without one of their own.
pub(super) const OTHER: &str = "other";
/// The longest name, in characters. The kernel allows programs 15 bytes.
const LONGEST: usize = 32;

/// The name under which a command is counted, of [`LONGEST`] characters at most. Of a thread of the kernel it is
/// the part before the first slash (`kworker` of `kworker/0:1-events`): what follows changes all the time.
pub(super) fn command_name(command: &str, is_kernel: bool) -> Cow<'_, str> {
    let name = match command.split_once('/') {
        Some((first, _)) if is_kernel => first,
        _ => command,
    };
    if name.is_empty() {
        return Cow::Borrowed("(no name)");
    }
    readable(name, LONGEST)
}

/// The commands that have been named so far. There is an end to them, because each is a series that is kept for
/// days.
#[derive(Debug)]
pub(super) struct CommandNames {
    known: HashSet<String>,
    limit: usize,
}

impl CommandNames {
    /// Room for `limit` names.
    pub(super) fn new(limit: usize) -> Self {
        Self { known: HashSet::new(), limit }
    }

    /// Whether `name` was named before.
    pub(super) fn has(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    /// Takes `name` in, if there is room. Returns whether it is now among those that are named.
    pub(super) fn admit(&mut self, name: &str) -> bool {
        if self.has(name) {
            return true;
        }
        let has_room = self.known.len() < self.limit && name != OTHER;
        if has_room {
            self.known.insert(name.to_owned());
        }
        has_room
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
    fn when_the_room_is_taken_old_names_stay_and_new_ones_wait_for_ever() {
        let mut names = CommandNames::new(2);
        let admitted = ["a", "other", "a", "b", "c", "b", "c"].map(|name| names.admit(name));
        assert_eq!(admitted, [true, false, true, true, false, true, false]);
        assert!(names.has("a") && names.has("b") && !names.has("c"));
    }

    proptest! {
        #[test]
        fn any_name_is_short_and_has_no_control_characters(command in "(?s).*", is_kernel in any::<bool>()) {
            let name = command_name(&command, is_kernel);
            prop_assert!((1..=LONGEST).contains(&name.chars().count()));
            prop_assert!(!name.contains(char::is_control));
        }
    }
}
